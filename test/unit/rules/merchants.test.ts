/** The merchants document: tolerant of what is new, strict about what would make two pods decide differently. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseMerchants } from '../../../src/rules/document/merchants.ts';

function parse(merchants: unknown, version: unknown = 'v1') {
  return parseMerchants(JSON.stringify({ version, merchants }));
}

it('finds a merchant with what is known of it', () => {
  const full = {
    merchantId: 'm-1',
    name: 'A',
    tier: 'gold',
    category: 'books',
    timeZone: 'Asia/Tokyo',
    active: true,
  };
  const parsed = parse([full, { merchantId: 'm-2' }]);
  if (!parsed.ok) expect.fail('refused');
  expect(parsed.merchants).toMatchObject({ version: 'v1', count: 2 });
  expect(parsed.merchants.find('m-1')).toEqual(full);
  expect(parsed.merchants.find('m-2')).toEqual({ merchantId: 'm-2', active: true });
  expect(parsed.merchants.find('m-3')).toBeUndefined();
  expect(parsed.merchants.find('__proto__')).toBeUndefined();
});

it('ignores unknown keys, nulls and a time zone that is none', () => {
  const parsed = parse([{ merchantId: 'm-1', tier: null, active: null, timeZone: 'Mars/Base', rating: 5 }]);
  expect(parsed.ok && parsed.merchants.find('m-1')).toEqual({ merchantId: 'm-1', active: true });
});

it.each([
  [[{ merchantId: 'm-1' }, { merchantId: 'm-1' }], 'merchants[1].merchantId', /there twice/],
  [[{ merchantId: 1 }], 'merchants[0].merchantId', /a text/],
  [[{}], 'merchants[0].merchantId', /a text/],
  [[{ merchantId: 'm', active: 'no' }], 'merchants[0].active', /true or false/],
  [{ 'm-1': {} }, 'merchants', /a list/],
])('%j is refused', (merchants, path, message) => {
  const parsed = parse(merchants);
  if (parsed.ok) expect.fail('accepted');
  expect(parsed.problems).toMatchObject([{ path }]);
  expect(parsed.problems[0]?.message).toMatch(message);
});

it.each(['', 'null', '[]', '{', '"x"', '{"merchants":[]}'])('%j is refused', (text) => {
  expect(parseMerchants(text).ok).toBe(false);
});

it('any text is answered', () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => void parseMerchants(text)));
});
