/** Records of the decision topic: valid ones, in which a test changes what it is about. */
import type { DecisionCoupon, DecisionRecord } from '../../src/domain/decision.ts';

type Changes<T> = { readonly [Field in keyof T]?: unknown };

/** @param changes put in as they are, also where they break the format; undefined: left out. */
export function decision(changes: Changes<DecisionRecord> = {}): DecisionRecord {
  return stripped({
    kind: 'decision',
    v: 1,
    userId: 'u-1',
    eventId: 'e-1',
    at: '2026-11-22T12:00:00.000Z',
    event: {
      trigger: 'enter',
      accuracyMeters: 0,
      hasAccuracy: false,
      ageSeconds: 90,
      localHour: 13,
      localWeekday: 7,
      timeZoneKnown: true,
      occurredAt: '2026-11-22T11:58:30.000Z',
      timeZone: 'Europe/Berlin',
      pushConsent: true,
    },
    maxEventAgeMs: 900_000,
    couponApi: 'answered',
    coupons: [decisionCoupon()],
    outcome: 'queued',
    couponId: 'c-1',
    merchantId: 'm-1',
    rulesVersion: '1',
    rulesHash: '0123456789ab',
    pod: 'pod-1',
    ...changes,
  } as DecisionRecord);
}

export function decisionCoupon(changes: Changes<DecisionCoupon> = {}): DecisionCoupon {
  return stripped({
    couponId: 'c-1',
    merchantId: 'm-1',
    title: 'A coffee for two',
    discountPercent: 20,
    hasDiscountPercent: true,
    hasLocation: true,
    distanceMeters: 120.5,
    hasValidFrom: false,
    hasValidUntil: false,
    remainingSeconds: 0,
    merchant: { merchantId: 'm-1', known: true, name: 'Café', tier: 'gold', active: true },
    ...changes,
  } as DecisionCoupon);
}

function stripped<T extends object>(record: T): T {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as T;
}
