/** One event in a given situation ends as a pod would end it; what was seen on the way is told. */
import { describe, expect, it } from 'vitest';
import type { Coupon } from '../../../src/domain/coupon.ts';
import type { LocationEvent } from '../../../src/domain/event.ts';
import type { CouponAnswer, Ruleset } from '../../../src/pipeline/ports.ts';
import { decide, type Situation } from '../../../src/replay/decide.ts';
import { coupon, NOW, rules } from '../rules/documents.ts';

const HOUR_MS = 3_600_000;
const answer = (...coupons: readonly Coupon[]): CouponAnswer => ({ kind: 'coupons', coupons });

function situation(
  changes: Partial<Situation> & { readonly about?: Partial<LocationEvent> } = {},
): Situation {
  const { about, ...rest } = changes;
  return {
    rules: rules(),
    findMerchant: () => undefined,
    nowMs: NOW,
    event: {
      ...{ eventId: 'e-1', userId: 'u-1', occurredAtMs: NOW - 60_000, latitude: 52.52, longitude: 13.405 },
      ...{ trigger: 'enter', pushConsent: true, ...about },
    },
    coupons: answer(coupon('c-1')),
    pushes: [],
    maxEventAgeMs: 900_000,
    ...rest,
  };
}
const push = (hoursAgo: number, merchantId = 'm-1', couponId = 'c-1') => ({
  ...{ atMs: NOW - hoursAgo * HOUR_MS, merchantId, couponId },
});

describe('an event that nothing stops', () => {
  it('is queued with the best coupon, its text and the end of its time', async () => {
    const { outcome, push: queued } = await decide(
      situation({
        rules: rules('push: { title: "Now: {{coupon.title}}", ttl: 10m }'),
        coupons: answer(coupon('c-1'), coupon('c-2', { discountPercent: 30, deepLink: 'app://c-2' })),
      }),
    );
    expect(outcome).toMatchObject({ kind: 'queued', couponId: 'c-2', merchantId: 'm-1', rulesVersion: 'v1' });
    expect(queued).toStrictEqual({
      ...{ title: 'Now: Title of c-2', deepLink: 'app://c-2', expiresAtMs: NOW + 600_000 },
    });
  });

  it.each([
    ['its coupon ends', '', { validUntilMs: NOW + 60_000 }, NOW + 60_000],
    ['quiet hours begin', 'quietHours: { from: "13:20", to: "14:00" }', {}, NOW + 20 * 60_000],
  ])('has a push that ends where %s before its ttl', async (_what, sections, about, expiresAtMs) => {
    const { push: queued } = await decide(
      situation({
        rules: rules(sections),
        coupons: answer(coupon('c-1', about)),
        about: { timeZone: 'Europe/Berlin' },
      }),
    );
    expect(queued).toMatchObject({ expiresAtMs });
  });
});

describe('an event that is filtered', () => {
  const named = (sections: string): { readonly rules: Ruleset } => ({ rules: rules(sections) });
  it.each<[string, string, Parameters<typeof situation>[0]]>([
    ['disabled', 'enabled', named('enabled: false')],
    ['no_consent', 'pushConsent', { about: { pushConsent: false } }],
    ['stale', 'event.maxAge', named('event: { maxAge: 59s }')],
    ['stale', 'MAX_EVENT_AGE_MS', { maxEventAgeMs: 59_999 }],
    ['trigger', 'event.triggers', named('event: { triggers: [exit] }')],
    [
      'inaccurate',
      'event.maxAccuracyMeters',
      { ...named('event: { maxAccuracyMeters: 9 }'), about: { accuracyMeters: 10 } },
    ],
    ['not_in_rollout', 'rollout', named('rollout: { percent: 0 }')],
    ['quiet_hours', 'quietHours', named('quietHours: { from: "21:00", to: "08:00" }')],
    ['cooldown', 'caps[0]', { pushes: [push(23)] }],
    ['no_coupons', 'couponApi.empty', { coupons: answer() }],
    ['no_coupons', 'couponApi.invalid', { coupons: { kind: 'coupons', coupons: [], invalid: 1 } }],
    ['stale', 'MAX_EVENT_AGE_MS', { coupons: { kind: 'stale' } }],
    [
      'rules_excluded',
      'dear',
      named('rules: [{ id: dear, when: coupon.discountPercent < 30, then: exclude }]'),
    ],
  ])('ends as %s by %s, without a push', async (reason, rule, changes) => {
    const decided = await decide(situation(changes));
    expect(decided.outcome).toMatchObject({ kind: 'filtered', reason, rule });
    expect(decided.push).toBeUndefined();
  });

  it.each([
    ['rejected', 'coupon_api_rejected'],
    ['failed', 'coupon_api_failed'],
  ] as const)('or dead-lettered where the coupon API %s it', async (kind, reason) => {
    const { outcome } = await decide(situation({ coupons: { kind, error: 'answered 400' } }));
    expect(outcome).toMatchObject({ kind: 'dead_lettered', reason, error: 'answered 400' });
  });
});

describe('what was seen', () => {
  it('are all coupons, with their scores and with what excluded them', async () => {
    const sections = 'rules: [{ id: not-2, when: coupon.couponId == "c-2", then: exclude }]';
    const { ranking } = await decide(
      situation({ rules: rules(sections), coupons: answer(coupon('c-1'), coupon('c-2')) }),
    );
    expect(ranking?.candidates.map(({ coupon: { couponId }, score }) => [couponId, score])).toEqual([
      ['c-1', 20],
    ]);
    expect(ranking?.exclusions).toEqual([{ couponId: 'c-2', rule: 'not-2' }]);
  });

  it('is no ranking where the coupons were not judged', async () => {
    expect((await decide(situation({ pushes: [push(1)] }))).ranking).toBeUndefined();
  });

  it('are the coupons of an answer that takes turns to judge, too', async () => {
    const many = Array.from({ length: 20_000 }, (_, index) => coupon(`c-${String(index)}`));
    const heavy = 'rules: [{ id: gift, when: coupon.title.matches("(?i)gift ?card"), then: exclude }]';
    const { ranking } = await decide(situation({ rules: rules(heavy), coupons: answer(...many) }));
    expect(ranking?.candidates).toHaveLength(many.length);
  });

  it('is each cap that was asked: for the user, and for a coupon', async () => {
    const two = {
      ...rules(),
      caps: [
        { per: 'user', max: 2, windowMs: 24 * HOUR_MS },
        { per: 'user+merchant', max: 1, windowMs: 48 * HOUR_MS },
      ] as const,
    };
    const coupons = answer(coupon('c-1'), coupon('c-2', { merchantId: 'm-2' }));
    const decided = await decide(situation({ rules: two, coupons, pushes: [push(23), push(30, 'm-2')] }));
    expect(decided.outcome).toMatchObject({ reason: 'cooldown', rule: 'caps[1]' });
    const user = { cap: 0, couponId: undefined, counted: 1 };
    for (const { counted, pushes } of decided.caps) expect(pushes).toHaveLength(counted);
    expect(decided.caps.map(({ pushes: _, ...asked }) => asked)).toEqual([
      user,
      user,
      { cap: 0, couponId: 'c-1', counted: 1 },
      { cap: 1, couponId: 'c-1', counted: 1 },
      { cap: 0, couponId: 'c-2', counted: 1 },
      { cap: 1, couponId: 'c-2', counted: 1 },
    ]);
  });
});
