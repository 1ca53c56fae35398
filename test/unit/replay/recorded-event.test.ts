/** A recorded event is read as its pod had it: what it was, what was answered, and when Redis was asked. */
import { describe, expect, it } from 'vitest';
import type { DecisionRecord } from '../../../src/domain/decision.ts';
import { momentsOf } from '../../../src/replay/moments.ts';
import { readRecordedEvent, standingOf } from '../../../src/replay/recorded-event.ts';
import { decision, decisionCoupon } from '../../support/decisions.ts';
import { afterNoon, NOON_MS } from '../../support/replay/answers.ts';

const MARGIN_MS = 100;
const AGE_MS = 90_000;
const MAX_AGE_MS = 900_000;
type Changes = { readonly [Field in keyof DecisionRecord]?: unknown };
const read = (changes: Changes = {}) => readRecordedEvent(decision(changes), MARGIN_MS);
/** Ms from noon on. */
const since = ({ fromMs, untilMs }: { readonly fromMs: number; readonly untilMs: number }) => [
  fromMs - NOON_MS,
  untilMs - NOON_MS,
];

describe('the event', () => {
  it('is what its record says of it', () => {
    const { event } = read({
      event: {
        ...decision().event,
        merchantId: 'm-1',
        locale: 'de-DE',
        accuracyMeters: 7,
        hasAccuracy: true,
      },
    });
    expect(event).toEqual({
      ...{ eventId: 'e-1', userId: 'u-1', occurredAtMs: NOON_MS - AGE_MS, latitude: 0, longitude: 0 },
      ...{ trigger: 'enter', pushConsent: true, merchantId: 'm-1', accuracyMeters: 7 },
      ...{ timeZone: 'Europe/Berlin', locale: 'de-DE' },
    });
  });

  it('has no merchant, locale or accuracy where it says none', () => {
    expect(read({ event: { ...decision().event, merchantId: '', locale: '' } }).event).toMatchObject({
      ...{ merchantId: undefined, locale: undefined, accuracyMeters: undefined },
    });
  });
});

describe('its coupons', () => {
  const only = (changes: Parameters<typeof decisionCoupon>[0]) =>
    read({ coupons: [decisionCoupon(changes)] }).coupons[0];

  it('are what they were, with their merchants', () => {
    expect(
      only({
        ...{ body: 'Only today', category: 'food', deepLink: 'app://c-1' },
        ...{ validFrom: afterNoon(-60), validUntil: afterNoon(60) },
        merchant: {
          ...{ merchantId: 'm-1', known: true, name: 'Café', tier: 'gold', category: 'food' },
          ...{ timeZone: 'Europe/Berlin', active: false },
        },
      }),
    ).toEqual({
      ...{ couponId: 'c-1', merchantId: 'm-1', title: 'A coffee for two', body: 'Only today' },
      ...{ category: 'food', deepLink: 'app://c-1', discountPercent: 20, distanceMeters: 120.5 },
      ...{ validFromMs: NOON_MS - 60_000, validUntilMs: NOON_MS + 60_000 },
      merchant: {
        ...{ merchantId: 'm-1', name: 'Café', tier: 'gold', category: 'food' },
        ...{ timeZone: 'Europe/Berlin', active: false },
      },
    });
  });

  it('have nothing that was not said of them', () => {
    const silent = { hasDiscountPercent: false, hasLocation: false, validFrom: '', validUntil: undefined };
    expect(only({ ...silent, body: '', category: undefined, deepLink: '' })).toMatchObject({
      ...{ body: undefined, category: undefined, deepLink: undefined, discountPercent: undefined },
      ...{ distanceMeters: undefined, validFromMs: undefined, validUntilMs: undefined },
    });
  });

  it('are of no merchant where rules knew none, and of one without a name where it had none', () => {
    const merchant = { merchantId: 'm-1', known: false, active: true };
    expect(only({ merchant })?.merchant).toBeUndefined();
    expect(only({ merchant: { ...merchant, known: true } })?.merchant).toStrictEqual({
      ...{ merchantId: 'm-1', active: true },
    });
  });

  it('are none where there was no answer, and stand in the event alone', () => {
    expect(read({ couponApi: 'failed', coupons: undefined }).coupons).toEqual([]);
    expect(read().record).not.toHaveProperty('coupons');
  });
});

describe('the pod’s clock', () => {
  it('is told before the coupon call and after it, with what it was ahead', () => {
    const { askedAtMs, atMs, podAheadMs } = read({ askedAt: afterNoon(-2), podAheadMs: 40 });
    expect([askedAtMs - NOON_MS, atMs - NOON_MS, podAheadMs]).toEqual([-2000, 0, 40]);
  });

  it('is one where there was no call, and agrees with Redis’s where nothing else is said', () => {
    const { askedAtMs, atMs, podAheadMs } = read();
    expect([askedAtMs - NOON_MS, atMs - NOON_MS, podAheadMs]).toEqual([0, 0, 0]);
  });
});

describe('when Redis was asked', () => {
  const moments = (changes: Changes) => {
    const { recall, claim } = momentsOf(decision(changes), MARGIN_MS);
    return { recall: since(recall), claim: since(claim) };
  };

  it('is known where it is recorded', () => {
    expect(moments({ recalledAt: afterNoon(-3), claimedAt: afterNoon(1) })).toEqual({
      ...{ recall: [-3000, -3000], claim: [1000, 1000] },
    });
  });

  it('lies up to a second before the filters were asked, by as much as clocks may differ', () => {
    expect(moments({ askedAt: afterNoon(-5) }).recall).toEqual([-6100, -4900]);
    expect(moments({ askedAt: afterNoon(-5), podAheadMs: 40 }).recall).toEqual([-6140, -4940]);
    expect(moments({ podAheadMs: -40 }).recall).toEqual([-1060, 140]);
  });

  it('for a claim that was not made is between the recall and the end of the coupon call', () => {
    expect(moments({ recalledAt: afterNoon(-3), podAheadMs: 40 }).claim).toEqual([-3000, 60]);
    expect(moments({ recalledAt: afterNoon(9) }).claim).toEqual([9000, 9000]);
  });

  it('for a claim after a call that was not made is any time until the event is too old', () => {
    const missing = {
      couponApi: 'not_asked',
      outcome: 'filtered',
      reason: 'cooldown',
      recalledAt: afterNoon(0),
    };
    const staleMs = MAX_AGE_MS - AGE_MS;
    expect(moments(missing).claim).toEqual([0, staleMs + MARGIN_MS]);
    expect(moments({ ...missing, podAheadMs: 40 }).claim).toEqual([0, staleMs + MARGIN_MS]);
    // By the clock that is behind.
    expect(moments({ ...missing, podAheadMs: -40 }).claim).toEqual([0, staleMs + 40 + MARGIN_MS]);
    const long = { ...missing, maxEventAgeMs: 1000 };
    expect(moments(long).claim).toEqual([0, MARGIN_MS]);
  });

  it('for the claim of an earlier run is any time before', () => {
    const { claim } = moments({ couponApi: 'not_asked', coupons: undefined, recalledAt: afterNoon(-3) });
    expect(claim).toEqual([-Infinity, -3000]);
  });
});

describe('among the records of its user', () => {
  it('an event stands where it was claimed, in its pod’s order of recalls', () => {
    const event = read({ recalledAt: afterNoon(-3), claimedAt: afterNoon(1) });
    expect(standingOf(event)).toEqual({
      ...{ userId: 'u-1', atMs: NOON_MS + 1000, pod: 'pod-1', turnMs: NOON_MS - 3000 },
    });
  });

  it('has no turn where its recall is not recorded', () => {
    expect(standingOf(read({ claimedAt: afterNoon(1) })).turnMs).toBeUndefined();
  });

  it('that an earlier run claimed stands where it was found again', () => {
    const resumed = read({ couponApi: 'not_asked', coupons: undefined, recalledAt: afterNoon(-3) });
    expect(standingOf(resumed).atMs).toBe(NOON_MS - 3000);
  });
});
