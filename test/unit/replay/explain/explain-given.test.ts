/** Every way in which an event ends is explained: what was asked, with its values, and what would have had to differ. */
import { describe, expect, it } from 'vitest';
import { FILTER_REASONS, type FilterReason } from '../../../../src/domain/outcome.ts';
import { checkOf, explained } from './explained.ts';

const BERLIN = 'event: { timeZone: Europe/Berlin }';
type Case = readonly [FilterReason, string, string, summary: string, needs: string];
const CASES: readonly Case[] = [
  ['disabled', '', 'enabled: false', 'enabled: the rules are switched off', 'enabled: true in the rules'],
  ['no_consent', 'event: { pushConsent: false }', '', 'pushConsent: the event says', 'pushConsent: true'],
  [
    'stale',
    'event: { occurredAt: -16m }',
    '',
    'MAX_EVENT_AGE_MS: the event is 16m old, at most 15m',
    'a decision by 2026-11-24 11:59:00 UTC, or a higher MAX_EVENT_AGE_MS',
  ],
  [
    'stale',
    'event: { occurredAt: -6m }',
    'event: { maxAge: 5m }',
    'event.maxAge: the event is 6m old, at most 5m',
    'a decision by 2026-11-24 11:59:00 UTC, or a higher event.maxAge',
  ],
  [
    'trigger',
    'event: { trigger: exit }',
    'event: { triggers: [enter, dwell] }',
    'event.triggers: the trigger is exit, and enter or dwell count',
    'the trigger enter or dwell, or exit in event.triggers',
  ],
  [
    'inaccurate',
    'event: { accuracyMeters: 80 }',
    'event: { maxAccuracyMeters: 50 }',
    'event.maxAccuracyMeters: the position is accurate to 80 m, at most 50 m',
    'an accuracy of 50 m or better',
  ],
  [
    'not_in_rollout',
    'event: { userId: user-160 }',
    'rollout: { percent: 99, salt: launch }',
    'rollout: user-160 stands at 99.407 of 100, and 99 % take part',
    'rollout.percent above 99.407, or another salt',
  ],
  [
    'quiet_hours',
    BERLIN,
    'quietHours: { from: "13:00", to: "14:00" }',
    'quietHours: it is 13:00 in Europe/Berlin, quiet from 13:00 to 14:00; they begin next at 2026-11-25 13:00:00 in Europe/Berlin',
    'a decision from 14:00 on',
  ],
  [
    'quiet_hours',
    '',
    'quietHours: { from: "13:00", to: "14:00", unknownTimeZone: Europe/Berlin }',
    'it is 13:00 in Europe/Berlin (quietHours.unknownTimeZone)',
    'a decision from 14:00 on',
  ],
  [
    'quiet_hours',
    '',
    'quietHours: { from: "13:00", to: "14:00" }',
    'nobody knows the user’s time zone',
    'a time zone in the event or of its merchant, or quietHours.unknownTimeZone',
  ],
  [
    'cooldown',
    'pushes: [-1h]',
    '',
    'caps[0]: 1 push counts, at most 1 per user in 24h; pushed at 2026-11-24 11:00:00 UTC',
    'a decision from 2026-11-25 11:00:00 UTC on, if nothing else is pushed',
  ],
  ['no_coupons', 'coupons: []', '', 'coupons: the API has none for this place', 'a coupon for this place'],
  [
    'rules_excluded',
    'coupon: { discountPercent: 9 }',
    'coupon: { minDiscountPercent: 10 }',
    'the only coupon coupon-1 is excluded by coupon.minDiscountPercent: a discount of 9 %, at least 10 %',
    'a discount of 10 % or more',
  ],
  [
    'rules_excluded',
    `${BERLIN}\ncoupon: { category: wine }`,
    'rules: [{ id: dry, when: coupon.category == "wine" && event.localHour < 14, then: exclude }]',
    'the only coupon coupon-1 is excluded by dry (coupon.category == "wine" && event.localHour < 14): coupon.category is "wine", event.localHour is 13',
    'coupon.category != "wine" or event.localHour >= 14',
  ],
  [
    'rules_excluded',
    '',
    'rules: [{ id: bad, when: int(coupon.title) > 1, then: exclude }]',
    'coupon-1 is excluded by bad, which failed, and nothing is pushed on what nobody could judge: ',
    'a condition that does not fail',
  ],
];

describe('an event without a push', () => {
  it.each(CASES)('%s: %s · %s', async (reason, lines, sections, says, needs) => {
    const { outcome, summary, needs: needed } = await explained(lines, sections);
    expect(outcome).toMatchObject({ kind: 'filtered', reason });
    expect(summary).toMatch(/^No push: /);
    expect(summary).toContain(says);
    expect(needed).toContain(needs);
  });

  it('is explained for every reason that there is', () => {
    expect(new Set(CASES.map(([reason]) => reason))).toEqual(new Set(Object.keys(FILTER_REASONS)));
  });

  it('says that what stands behind was not asked', async () => {
    const { checks, coupons } = await explained('event: { trigger: exit }', 'event: { triggers: [enter] }');
    const verdicts = checks.map(({ name, verdict }) => `${name} ${verdict}`);
    expect(verdicts).toEqual([
      ...['validation passed', 'enabled passed', 'pushConsent passed', 'MAX_EVENT_AGE_MS passed'],
      ...['event.triggers stopped', 'event.maxAccuracyMeters not_asked', 'rollout not_asked'],
      ...['quietHours not_asked', 'caps[0] not_asked', 'coupons not_asked'],
    ]);
    expect(coupons).toEqual([]);
  });

  it('tells of many coupons what each fell by', async () => {
    const { summary } = await explained(
      'coupons: [{ couponId: a, discountPercent: 1 }, { couponId: b, merchantId: m-x }]',
      'coupon: { minDiscountPercent: 10 }\nmerchants: { deny: [m-x] }',
    );
    expect(summary).toBe(
      'No push: none of 2 coupons is left: a is excluded by coupon.minDiscountPercent: a discount of 1 %, at least 10 %; b is excluded by merchants.deny: m-x is denied',
    );
  });
});

describe('a coupon', () => {
  it('shows its score, its place and where its words come from', async () => {
    const { coupons, summary, push } = await explained(
      `event: { locale: de-AT }
coupon: { discountPercent: 20, distanceMeters: 500 }
merchants: [{ merchantId: merchant-1, tier: gold }]`,
      `rules: [{ id: gold, when: merchant.tier == "gold", then: boost, by: 20 }]
push: { title: T, locales: { de: { body: ["{{merchant.name}}", "Nah"] } } }`,
    );
    expect(coupons).toMatchObject([
      {
        ...{ verdict: 'pushed', place: 1, merchant: 'tier gold, active' },
        score: '39.5 = 20 % discount + 20 boosts − 0.5 km',
        texts: [
          'title: push.title',
          'body: push.locales.de.body[1], as push.locales.de.body[0] lacks {{merchant.name}}',
          'locale: de-AT',
        ],
      },
    ]);
    expect(checkOf(coupons[0]!.checks, 'gold').says).toBe('boosts by 20');
    expect(summary).toBe('A push: coupon coupon-1 of merchant-1, to be sent by 2026-11-24 12:30:00 UTC');
    expect(push).toEqual({ title: 'T', body: 'Nah' });
  });

  it('without texts of the document is said to bring its own', async () => {
    const { coupons } = await explained('coupon: { body: "B" }');
    expect(coupons[0]?.texts).toEqual([
      'title: the coupon’s own',
      'body: the coupon’s own',
      'locale: the event has none',
    ]);
  });

  it('that is not the best comes behind, in its order', async () => {
    const { coupons } = await explained(
      'coupons: [{ couponId: a, discountPercent: 5 }, { couponId: b, discountPercent: 9 }, { couponId: c, discountPercent: 5 }]',
    );
    expect(coupons.map(({ couponId, verdict, place, says }) => [couponId, verdict, place, says])).toEqual([
      ['b', 'pushed', 1, 'is pushed'],
      ['a', 'behind', 2, 'comes after b, which is pushed'],
      ['c', 'behind', 3, 'comes after b, which is pushed'],
    ]);
  });

  it('without room under its caps leaves the push to the next one', async () => {
    const { coupons } = await explained(
      `coupons: [{ couponId: a, merchantId: m-1, discountPercent: 9 }, { couponId: b, merchantId: m-2 }]
pushes: [{ at: -2h, merchantId: m-1 }]`,
      '',
      '[{ per: user+merchant, max: 1, window: 7d }]',
    );
    expect(coupons.map(({ couponId, verdict }) => `${couponId} ${verdict}`)).toEqual([
      'a no_room',
      'b pushed',
    ]);
    expect(coupons[0]).toMatchObject({
      says: 'has no room under caps[0]',
      needs: 'a decision from 2026-12-01 10:00:00 UTC on, if nothing else is pushed',
    });
  });

  it.each([
    ['coupon: { validFrom: +1h }', '', 'coupon.validFrom', 'valid from 2026-11-24 13:00:00 UTC'],
    ['coupon: { validUntil: -1h }', '', 'coupon.validUntil', 'valid until 2026-11-24 11:00:00 UTC'],
    [
      '',
      'coupon: { minDiscountPercent: 1 }',
      'coupon.minDiscountPercent',
      'no discount, which counts as 0 %, at least 1 %',
    ],
    [
      'coupon: { distanceMeters: 612 }',
      'coupon: { maxDistanceMeters: 500 }',
      'coupon.maxDistanceMeters',
      '612 m away, at most 500 m',
    ],
    [
      'coupon: { validUntil: +20m }',
      'coupon: { minRemaining: 30m }',
      'coupon.minRemaining',
      'ends in 20m, at least 30m',
    ],
    [
      '',
      'merchants: { allow: [m-9] }',
      'merchants.allow',
      'only 1 merchant is allowed, and merchant-1 is none of them',
    ],
    ['', 'merchants: { deny: [merchant-1] }', 'merchants.deny', 'merchant-1 is denied'],
    [
      'merchants: [{ merchantId: merchant-1, active: false }]',
      '',
      'merchant.active',
      'the merchant is inactive',
    ],
  ])('%s · %s is stopped by %s', async (lines, sections, name, says) => {
    const { outcome, coupons } = await explained(lines, sections);
    expect(outcome).toMatchObject({ reason: 'rules_excluded', rule: name });
    const check = checkOf(coupons[0]!.checks, name);
    expect(check).toMatchObject({ verdict: 'stopped', says });
    expect(check.needs).not.toBe('');
  });

  it('passes limits with the values that let it pass', async () => {
    const { coupons } = await explained(
      'coupon: { discountPercent: 10, validUntil: +2h }',
      'coupon: { minDiscountPercent: 10, maxDistanceMeters: 500, minRemaining: 30m }\nmerchants: { allow: [merchant-1] }',
    );
    expect(coupons[0]!.checks.map(({ name, says }) => `${name}: ${says}`)).toEqual([
      'merchants.allow: only 1 merchant is allowed, and merchant-1 is one of them',
      'merchant.active: the merchant is active',
      'coupon.validUntil: valid until 2026-11-24 14:00:00 UTC',
      'coupon.minDiscountPercent: a discount of 10 %, at least 10 %',
      'coupon.maxDistanceMeters: the coupon has no location, at most 500 m',
      'coupon.minRemaining: ends in 2h, at least 30m',
      'caps[0]: 0 pushes count, at most 1 per user in 24h',
    ]);
  });
});

describe('a condition', () => {
  const needsOf = async (when: string, then = 'exclude'): Promise<string | undefined> => {
    const rule = `rules: [{ id: r, when: '${when}', then: ${then} }]`;
    const { coupons } = await explained('coupon: { category: wine, discountPercent: 20 }', rule);
    return checkOf(coupons[0]!.checks, 'r').needs;
  };
  it.each([
    ['coupon.category == "wine"', 'coupon.category != "wine"'],
    ['!merchant.known', 'merchant.known'],
    ['coupon.category in ["wine"]', '!(coupon.category in ["wine"])'],
    ['merchant.active', '!merchant.active'],
    ['merchant.active && coupon.discountPercent > 10', '!merchant.active or coupon.discountPercent <= 10'],
    ['merchant.known || merchant.active', '!merchant.active'],
    ['merchant.active || merchant.known', '!merchant.active and !merchant.known'],
    ['!(merchant.known && merchant.active)', 'merchant.known and merchant.active'],
    ['merchant.known ? merchant.known : merchant.active', '!merchant.active'],
    [
      'merchant.active && (coupon.discountPercent > 10 || merchant.active)',
      '!merchant.active or (coupon.discountPercent <= 10 and !merchant.active)',
    ],
  ])('%s would not hold with %s', async (when, needs) => {
    expect(await needsOf(when)).toBe(needs);
  });

  it('of a boost that is not given says what would give it', async () => {
    expect(await needsOf('merchant.known && coupon.discountPercent > 30', 'boost, by: 3')).toBe(
      'merchant.known and coupon.discountPercent > 30',
    );
  });

  it('shows what each of its clauses came to', async () => {
    const rule = `rules: [{ id: r, when: 'merchant.known && coupon.category == "wine" && event.localHour < 3', then: exclude }]`;
    const { coupons } = await explained('coupon: { category: wine }', rule);
    expect(checkOf(coupons[0]!.checks, 'r').clauses).toMatchObject([
      {
        value: 'false',
        clauses: [
          { text: 'merchant.known', value: 'false' },
          { text: 'coupon.category == "wine"', value: 'not asked', says: '' },
          { text: 'event.localHour < 3', value: 'not asked' },
        ],
      },
    ]);
  });
});
