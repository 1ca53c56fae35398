import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseCoupons } from '../../../../src/partners/coupon/coupon-schema.ts';

const coupon = { couponId: 'c-1', merchantId: 'm-1', title: 'Ten percent' };
const answer = (...coupons: readonly unknown[]): Buffer => Buffer.from(JSON.stringify({ coupons }));
const one = (fields: object): unknown => {
  const parsed = parseCoupons(answer({ ...coupon, ...fields }));
  return parsed.ok ? parsed.coupons[0] : parsed;
};

describe('a coupon', () => {
  test('with every field', () => {
    expect(
      one({
        body: 'b',
        category: 'food',
        deepLink: 'app://x',
        discountPercent: 12.5,
        latitude: 52.5,
        longitude: 13.4,
        validFrom: '2026-11-22T10:00:00+01:00',
        validUntil: '2026-11-23T10:00:00Z',
        unknown: 'ignored',
      }),
    ).toEqual({
      ...coupon,
      body: 'b',
      category: 'food',
      deepLink: 'app://x',
      discountPercent: 12.5,
      latitude: 52.5,
      longitude: 13.4,
      validFromMs: Date.parse('2026-11-22T09:00:00Z'),
      validUntilMs: Date.parse('2026-11-23T10:00:00Z'),
    });
  });

  test('null in an optional field is absent', () => {
    expect(one({ body: null, discountPercent: null, validFrom: null, latitude: null })).toEqual(coupon);
  });

  test.each([{ latitude: 1 }, { longitude: 1 }, { latitude: 1, longitude: null }])(
    'half a position is none: %j',
    (position) => {
      expect(one(position)).toEqual(coupon);
    },
  );

  test.each([
    { couponId: undefined },
    { couponId: '' },
    { couponId: 7 },
    { couponId: '\ud800' },
    { couponId: 'x'.repeat(513) },
    { merchantId: null },
    { title: '' },
    { title: 'x'.repeat(65_537) },
    { body: 1 },
    { category: {} },
    { discountPercent: '10' },
    { discountPercent: -1 },
    { discountPercent: 100.5 },
    { latitude: 91, longitude: 0 },
    { latitude: 0, longitude: -181 },
    { validFrom: 'tomorrow' },
    { validUntil: '2026-11-22T10:00:00' },
    { validUntil: 1_700_000_000 },
  ])('that breaks the schema is left out and counted, its neighbours are used: %j', (fields) => {
    const parsed = parseCoupons(answer({ ...coupon, ...fields }, { ...coupon, couponId: 'good' }, null, 'x'));
    expect(parsed).toEqual({ ok: true, coupons: [{ ...coupon, couponId: 'good' }], invalid: 3 });
  });
});

describe('the envelope', () => {
  test('an empty list is no coupons', () => {
    expect(parseCoupons(answer())).toEqual({ ok: true, coupons: [], invalid: 0 });
  });

  test.each([
    '',
    'null',
    '[]',
    '7',
    '"coupons"',
    '{}',
    '{"coupons":null}',
    '{"coupons":{}}',
    '{"coupons":[',
    '<html>',
  ])('is no such JSON: %j', (body) => {
    expect(parseCoupons(Buffer.from(body)).ok).toBe(false);
  });

  test('that inherits its coupons is none', () => {
    expect(parseCoupons(Buffer.from('{"__proto__":{"coupons":[]}}')).ok).toBe(false);
  });

  test('a byte order mark is overlooked, broken UTF-8 is not', () => {
    expect(parseCoupons(Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), answer()])).ok).toBe(true);
    expect(parseCoupons(Buffer.from('7b22636f75706f6e73223a5b22ff225d7d', 'hex')).ok).toBe(false);
  });

  test('the error is short, one line, and shows nothing of the body', () => {
    const parsed = parseCoupons(Buffer.from('{"secret-payload\n'.repeat(1000)));
    expect(parsed).toEqual({ ok: false, error: 'the body is not JSON' });
  });
});

describe('fuzz', () => {
  test('no bytes make it throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(typeof parseCoupons(Buffer.from(bytes)).ok).toBe('boolean');
      }),
    );
  });

  test('of any JSON in a list every item is used or counted, and what is used keeps to the schema', () => {
    const item = fc.oneof(
      fc.jsonValue(),
      fc.record(
        {
          couponId: fc.oneof(fc.string(), fc.jsonValue()),
          merchantId: fc.string(),
          title: fc.string(),
          discountPercent: fc.oneof(fc.double(), fc.constant(null)),
          latitude: fc.double(),
          longitude: fc.double(),
          validFrom: fc.oneof(
            fc.string(),
            fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
          ),
        },
        { requiredKeys: ['merchantId', 'title'] },
      ),
    );
    fc.assert(
      fc.property(fc.array(item, { maxLength: 8 }), (items) => {
        const parsed = parseCoupons(answer(...items));
        if (!parsed.ok) throw new Error('a list is an envelope');
        expect(parsed.coupons.length + parsed.invalid).toBe(items.length);
        for (const used of parsed.coupons) {
          expect(used.couponId.length * used.merchantId.length * used.title.length).toBeGreaterThan(0);
          expect(used.latitude === undefined).toBe(used.longitude === undefined);
          expect(Number.isNaN(used.validFromMs)).toBe(false);
        }
      }),
    );
  });
});
