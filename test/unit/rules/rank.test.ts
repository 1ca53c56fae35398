/** Built-in limits, rules in their order, and the score: each section of a document has a test that it decides. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { distanceMeters } from '../../../src/rules/distance.ts';
import { createRank } from '../../../src/rules/rank.ts';
import { coupon, excluded, NOW, rank, ranked, rules } from './documents.ts';

const HOUR = 3_600_000;
/** North of the event, in metres. */
function away(meters: number) {
  return { latitude: 52.52 + meters / 111_195, longitude: 13.405 };
}

describe('merchants', () => {
  const coupons = ['m-1', 'm-2', 'm-3'].map((merchantId) => coupon(merchantId, { merchantId }));

  it('deny', () => {
    expect(excluded(rules('merchants: { deny: [m-2] }'), coupons)).toEqual({ 'm-2': 'merchants.deny' });
  });

  it('allow', () => {
    expect(excluded(rules('merchants: { allow: [m-2] }'), coupons)).toEqual({
      'm-1': 'merchants.allow',
      'm-3': 'merchants.allow',
    });
  });

  it('an empty allow list allows all', () => {
    expect(ranked(rules('merchants: { allow: [], deny: [] }'), coupons)).toHaveLength(3);
  });

  it('deny wins over allow', () => {
    expect(excluded(rules('merchants: { allow: [m-1, m-2, m-3], deny: [m-2] }'), coupons)).toEqual({
      'm-2': 'merchants.deny',
    });
  });

  it('an inactive merchant is out, one without a record is not', () => {
    const merchants = [{ merchantId: 'm-1', active: false }];
    expect(excluded(rules(), coupons, { merchants })).toEqual({ 'm-1': 'merchant.active' });
  });
});

describe('a coupon’s own dates', () => {
  it.each([
    [{ validFromMs: NOW + 1 }, 'coupon.validFrom'],
    [{ validFromMs: NOW }, undefined],
    [{ validUntilMs: NOW }, 'coupon.validUntil'],
    [{ validUntilMs: NOW + 1 }, undefined],
  ])('%j', (dates, rule) => {
    expect(excluded(rules(), [coupon('c', dates)])['c']).toBe(rule);
  });
});

describe('coupon limits', () => {
  it.each([
    ['minDiscountPercent: 10', { discountPercent: 9.9 }, 'coupon.minDiscountPercent'],
    ['minDiscountPercent: 10', { discountPercent: 10 }, undefined],
    ['maxDistanceMeters: 1500', away(1501), 'coupon.maxDistanceMeters'],
    ['maxDistanceMeters: 1500', away(1499), undefined],
    ['maxDistanceMeters: 1500', {}, undefined],
    ['minRemaining: 30m', { validUntilMs: NOW + HOUR / 2 - 1 }, 'coupon.minRemaining'],
    ['minRemaining: 30m', { validUntilMs: NOW + HOUR / 2 }, undefined],
    ['minRemaining: 30m', {}, undefined],
  ])('%s with %j', (limit, changes, rule) => {
    expect(excluded(rules(`coupon: { ${limit} }`), [coupon('c', changes)])['c']).toBe(rule);
  });

  it('no discount given counts as 0', () => {
    const bare = { couponId: 'c', merchantId: 'm', title: 't' };
    expect(excluded(rules('coupon: { minDiscountPercent: 1 }'), [bare])).toEqual({
      c: 'coupon.minDiscountPercent',
    });
    expect(ranked(rules('coupon: { minDiscountPercent: 0 }'), [bare])).toEqual(['c']);
  });

  it('a coupon exactly as far away as is allowed passes', () => {
    const place = away(1500);
    const meters = distanceMeters({ latitude: 52.52, longitude: 13.405 }, place);
    const limit = rules(`coupon: { maxDistanceMeters: ${String(meters)} }`);
    expect(ranked(limit, [coupon('c', place)])).toEqual(['c']);
  });
});

describe('the score', () => {
  it('is discount plus boosts minus distance in km', () => {
    const ruleset = rules(`
rules:
  - { id: gold, when: 'merchant.tier == "gold"', then: boost, by: 20 }
  - { id: far, when: 'coupon.distanceMeters > 1000', then: boost, by: -7.5 }
`);
    const merchants = [{ merchantId: 'm-1', tier: 'gold', active: true }];
    const { candidates } = rank(ruleset, [coupon('c', { discountPercent: 15, ...away(2000) })], {
      merchants,
    });
    expect(candidates[0]?.score).toBeCloseTo(15 + 20 - 7.5 - 2, 2);
  });

  it('ranks the best first, ties by couponId', () => {
    const coupons = [coupon('b'), coupon('a'), coupon('B'), coupon('best', { discountPercent: 21 })];
    expect(ranked(rules(), coupons)).toEqual(['best', 'B', 'a', 'b']);
  });

  it('the nearer of two equal coupons wins', () => {
    expect(ranked(rules(), [coupon('a', away(900)), coupon('z', away(100))])).toEqual(['z', 'a']);
  });

  it('is the same order however the partner lists them', () => {
    const coupons = Array.from({ length: 8 }, (_, index) =>
      coupon(`c-${String(index)}`, { discountPercent: index % 3 }),
    );
    const expected = ranked(rules(), coupons);
    fc.assert(
      fc.property(fc.shuffledSubarray(coupons, { minLength: coupons.length }), (shuffled) => {
        expect(ranked(rules(), shuffled)).toEqual(expected);
      }),
    );
  });
});

describe('rules in their order', () => {
  it('the first exclusion is the one that is named', () => {
    const ruleset = rules(`
rules:
  - { id: boosted, when: 'true', then: boost, by: 5 }
  - { id: first, when: 'coupon.discountPercent > 1', then: exclude }
  - { id: second, when: 'true', then: exclude }
`);
    expect(excluded(ruleset, [coupon('c')])).toEqual({ c: 'first' });
  });

  it('a rule that could not be compiled is no rule to skip: nothing is made of the document', () => {
    const caps = [{ per: 'user', max: 1, window: '24h' }] as const;
    const broken = { id: 'mine', when: 'coupon.categry == "x"', then: 'exclude' } as const;
    expect(() => createRank({ version: 'v1', caps: [...caps], rules: [broken] }, () => undefined)).toThrow(
      /^rule mine: there is no field "categry"/,
    );
  });

  it('what a rule that failed has to say is told in its first 300 characters', () => {
    const ruleset = rules('rules: [{ id: it, when: \'{"tea": 1}[coupon.category] > 3\', then: exclude }]');
    const { exclusions } = rank(ruleset, [coupon('c', { category: 'x'.repeat(4000) })]);
    expect(exclusions).toEqual([{ couponId: 'c', rule: 'it', error: `No such key: ${'x'.repeat(287)}` }]);
  });

  it('built-in limits come before them', () => {
    const ruleset = rules(`
coupon: { minDiscountPercent: 50 }
rules: [{ id: mine, when: 'true', then: exclude }]`);
    expect(excluded(ruleset, [coupon('c')])).toEqual({ c: 'coupon.minDiscountPercent' });
  });

  it('a merchant’s condition judges each coupon by its own merchant', () => {
    const ruleset = rules('rules: [{ id: gold, when: \'merchant.tier == "gold"\', then: boost, by: 20 }]');
    const merchants = [{ merchantId: 'm-2', tier: 'gold', active: true }];
    expect(ranked(ruleset, [coupon('a'), coupon('z', { merchantId: 'm-2' })], { merchants })).toEqual([
      'z',
      'a',
    ]);
  });
});

describe('the local time that rules see', () => {
  const early = 'rules: [{ id: early, when: "event.localHour == 0", then: exclude }]';

  it('is none where the time zone is unknown and quiet hours keep silent then', () => {
    const silent = `quietHours: { from: "21:00", to: "08:00", unknownTimeZone: suppress }\n${early}`;
    expect(excluded(rules(silent), [coupon('c')], { timeZone: undefined })).toEqual({ c: 'early' });
    expect(ranked(rules(silent), [coupon('c')], { timeZone: 'Europe/Berlin' })).toEqual(['c']);
  });
});

describe('distance', () => {
  it('is right for known places', () => {
    const berlin = { latitude: 52.52, longitude: 13.405 };
    expect(distanceMeters(berlin, { latitude: 48.1372, longitude: 11.5755 })).toBeCloseTo(504_400, -3);
    expect(
      distanceMeters({ latitude: 0, longitude: 179.9995 }, { latitude: 0, longitude: -179.9995 }),
    ).toBeCloseTo(111.2, 0);
    expect(distanceMeters(berlin, berlin)).toBe(0);
  });

  it('never fails between any two places', () => {
    const place = fc.record({
      latitude: fc.double({ min: -90, max: 90, noNaN: true }),
      longitude: fc.double({ min: -180, max: 180, noNaN: true }),
    });
    fc.assert(
      fc.property(place, place, (a, b) => {
        const distance = distanceMeters(a, b);
        expect(distance >= 0 && distance <= 20_020_000).toBe(true);
        expect(Math.abs(distance - distanceMeters(b, a))).toBeLessThan(1e-3);
      }),
    );
  });
});
