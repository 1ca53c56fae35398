/** Each built-in limit tells what it saw, and what would have let the coupon pass. */
import { describe, expect, it } from 'vitest';
import { explainLimits } from '../../../../src/replay/explain/explain-limits.ts';
import { parseRules } from '../../../../src/rules/document/parse-rules.ts';
import { coupon, document, NOW } from '../../rules/documents.ts';

const LIMITS = `merchants: { deny: [m-1, m-2], allow: [m-1, m-3] }
coupon: { minDiscountPercent: 30, maxDistanceMeters: 500.5, minRemaining: 30m }`;
const HOUR = 3_600_000;
type Scene = Parameters<typeof explainLimits>[1];

function explain(path: string, isBroken: boolean, changes: Partial<Scene> = {}, sections = LIMITS) {
  const parsed = parseRules(document(sections));
  if (!parsed.ok) expect.fail(parsed.problems[0]?.message);
  return explainLimits([{ path, isBroken }], {
    ...{ document: parsed.document, zone: undefined, nowMs: NOW, merchant: undefined },
    ...{ coupon: coupon('c-1'), distanceMeters: 612.3456 },
    ...changes,
  });
}
const ending = (ms: number): Partial<Scene> => ({ coupon: coupon('c-1', { validUntilMs: NOW + ms }) });

describe('a limit that excludes the coupon', () => {
  it.each<[string, Partial<Scene>, says: string, needs: string]>([
    ['merchants.deny', {}, 'm-1 is denied', 'merchants.deny without m-1'],
    [
      'merchants.allow',
      { coupon: coupon('c-1', { merchantId: 'm-9' }) },
      'only 2 merchants are allowed, and m-9 is none of them',
      'merchants.allow with m-9',
    ],
    [
      'merchant.active',
      { merchant: { merchantId: 'm-1', active: false } },
      'the merchant is inactive',
      'active: true in the merchants document',
    ],
    [
      'coupon.validFrom',
      { coupon: coupon('c-1', { validFromMs: NOW + HOUR }) },
      'valid from 2026-11-22 13:00:00 UTC',
      'a decision from 2026-11-22 13:00:00 UTC on',
    ],
    [
      'coupon.validUntil',
      ending(-HOUR),
      'valid until 2026-11-22 11:00:00 UTC',
      'a decision before 2026-11-22 11:00:00 UTC',
    ],
    ['coupon.minDiscountPercent', {}, 'a discount of 20 %, at least 30 %', 'a discount of 30 % or more'],
    [
      'coupon.minDiscountPercent',
      { coupon: coupon('c-1', { discountPercent: undefined }) },
      'no discount, which counts as 0 %, at least 30 %',
      'a discount of 30 % or more',
    ],
    [
      'coupon.maxDistanceMeters',
      {},
      '612.346 m away, at most 500.5 m',
      'an event within 500.5 m of the coupon',
    ],
    [
      'coupon.minRemaining',
      ending(HOUR / 3),
      'ends in 20m, at least 30m',
      'a decision by 2026-11-22 11:50:00 UTC',
    ],
  ])('%s', (path, changes, says, needs) => {
    expect(explain(path, true, changes)).toEqual([{ name: path, verdict: 'stopped', says, needs }]);
  });

  it('tells moments by the clock of the zone', () => {
    const zone = 'Europe/Berlin';
    const of = (path: string, changes: Partial<Scene>) => explain(path, true, { ...changes, zone })[0];
    expect(of('coupon.validFrom', { coupon: coupon('c-1', { validFromMs: NOW }) })).toMatchObject({
      ...{ says: 'valid from 2026-11-22 13:00:00 in Europe/Berlin' },
      ...{ needs: 'a decision from 2026-11-22 13:00:00 in Europe/Berlin on' },
    });
    expect(of('coupon.validUntil', ending(0))).toMatchObject({
      ...{ says: 'valid until 2026-11-22 13:00:00 in Europe/Berlin' },
      ...{ needs: 'a decision before 2026-11-22 13:00:00 in Europe/Berlin' },
    });
    expect(of('coupon.minRemaining', ending(0))?.needs).toMatch(/12:30:00 in Europe\/Berlin$/);
  });
});

describe('a limit that lets the coupon pass', () => {
  it.each<[string, Partial<Scene>, says: string]>([
    ['merchants.deny', { coupon: coupon('c-1', { merchantId: 'm-9' }) }, 'm-9 is not denied'],
    ['merchants.allow', {}, 'only 2 merchants are allowed, and m-1 is one of them'],
    ['merchant.active', {}, 'the merchant is active'],
    [
      'coupon.maxDistanceMeters',
      { distanceMeters: undefined },
      'the coupon has no location, at most 500.5 m',
    ],
    ['coupon.minRemaining', {}, 'the coupon never ends, at least 30m'],
    ['coupon.minRemaining', ending(2 * HOUR), 'ends in 2h, at least 30m'],
  ])('%s', (path, changes, says) => {
    expect(explain(path, false, changes)).toEqual([{ name: path, verdict: 'passed', says }]);
  });

  it.each(['merchants.deny', 'merchants.allow', 'coupon.validFrom', 'coupon.validUntil'])(
    '%s is not told where there is nothing to ask',
    (path) => {
      expect(explain(path, false, {}, '')).toEqual([]);
    },
  );

  it('is told by its name alone where nobody has words for it', () => {
    expect(explain('coupon.colour', false)).toEqual([{ name: 'coupon.colour', verdict: 'passed', says: '' }]);
  });
});
