/** A merchant is judged by one function, whether its coupon is decided or its claimed push is about to be sent. */
import { describe, expect, it } from 'vitest';
import type { Merchant } from '../../../src/domain/merchant.ts';
import { withdrawalOf } from '../../../src/rules/merchant-limit.ts';
import { coupon, excluded, rules } from './documents.ts';

const ACTIVE: Merchant = { merchantId: 'm-1', active: true };
const CLOSED: Merchant = { merchantId: 'm-1', active: false };

const CASES: readonly [document: string, merchant: Merchant | undefined, limit: string | undefined][] = [
  ['', undefined, undefined],
  ['', ACTIVE, undefined],
  ['', CLOSED, 'merchant.active'],
  ['merchants: { deny: [m-1] }', ACTIVE, 'merchants.deny'],
  ['merchants: { deny: [m-2] }', ACTIVE, undefined],
  ['merchants: { allow: [m-1] }', ACTIVE, undefined],
  ['merchants: { allow: [m-2] }', ACTIVE, 'merchants.allow'],
  ['merchants: { allow: [], deny: [] }', ACTIVE, undefined],
  ['merchants: { allow: [m-1], deny: [m-1] }', ACTIVE, 'merchants.deny'],
  ['merchants: { allow: [m-1] }', CLOSED, 'merchant.active'],
];

describe.each(CASES)('%j with the record %j', (document, merchant, limit) => {
  it(`breaks ${String(limit)}`, () => {
    expect(rules(document).merchantLimit('m-1', merchant)).toBe(limit);
  });

  it('is judged so when the event is decided', () => {
    const merchants = merchant === undefined ? [] : [merchant];
    const found = excluded(rules(document), [coupon('c', { merchantId: 'm-1' })], { merchants });
    expect(found).toEqual(limit === undefined ? {} : { c: limit });
  });

  it('is judged so when the push is about to be sent', () => {
    const withdrawn = withdrawalOf({ merchantId: 'm-1' }, rules(document), () => merchant);
    expect(withdrawn).toBe(limit === undefined ? undefined : 'merchant');
  });
});

describe('a claimed push', () => {
  it('is withdrawn by the document’s kill switch, whoever the merchant is', () => {
    expect(withdrawalOf({ merchantId: 'm-1' }, rules('enabled: false'), () => ACTIVE)).toBe('kill switch');
  });

  it('is judged by the record of its own merchant', () => {
    const asked: string[] = [];
    withdrawalOf({ merchantId: 'm-7' }, rules(), (merchantId) => {
      asked.push(merchantId);
      return undefined;
    });
    expect(asked).toEqual(['m-7']);
  });

  it('is not withdrawn before rules are known', () => {
    expect(withdrawalOf({ merchantId: 'm-1' }, undefined, () => CLOSED)).toBeUndefined();
  });
});
