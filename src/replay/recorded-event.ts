/** A recorded decision as the pipeline takes it: the event, what was answered, and the clocks that it was decided by. */
import type { DecisionCoupon, DecisionMerchant, DecisionRecord } from '../domain/decision.ts';
import type { Coupon } from '../domain/coupon.ts';
import type { LocationEvent } from '../domain/event.ts';
import type { Merchant } from '../domain/merchant.ts';
import { isResumed, momentsOf, type Moments } from './moments.ts';
import type { Standing } from './reorder.ts';

/** Its place is not known, its distance from the event is. */
export interface RecordedCoupon extends Coupon {
  /** Metres; undefined where the coupon has no location. */
  readonly distanceMeters: number | undefined;
  readonly merchant: Merchant | undefined;
}

export interface RecordedEvent extends Moments {
  /** Without its coupons. */
  readonly record: DecisionRecord;
  readonly event: LocationEvent;
  /** Empty where there was no answer. */
  readonly coupons: readonly RecordedCoupon[];
  /** Epoch ms: the pod's clock before the coupon call. */
  readonly askedAtMs: number;
  /** … and after it, where there was one. */
  readonly atMs: number;
  /** Ms; negative where the pod's clock was behind Redis's. */
  readonly podAheadMs: number;
}

/** @param marginMs by which clocks may be wrong. */
export function readRecordedEvent(whole: DecisionRecord, marginMs: number): RecordedEvent {
  const { coupons = [], ...record } = whole;
  const { event: seen } = record;
  const atMs = Date.parse(record.at);
  const askedAtMs = record.askedAt === undefined ? atMs : Date.parse(record.askedAt);
  return {
    record,
    event: {
      eventId: record.eventId,
      userId: record.userId,
      occurredAtMs: Date.parse(seen.occurredAt),
      // Nobody reads them: distances are recorded, and a condition that asks for one of them is told of.
      latitude: 0,
      longitude: 0,
      trigger: seen.trigger,
      pushConsent: seen.pushConsent,
      merchantId: given(seen.merchantId),
      accuracyMeters: seen.hasAccuracy ? seen.accuracyMeters : undefined,
      timeZone: seen.timeZone,
      locale: given(seen.locale),
    },
    coupons: coupons.map(readCoupon),
    askedAtMs,
    atMs,
    podAheadMs: record.podAheadMs ?? 0,
    ...momentsOf(record, marginMs),
  };
}

/** Among the records of its user: by its claim, as far as that is known. */
export function standingOf({ record, recall, claim }: RecordedEvent): Standing {
  return {
    userId: record.userId,
    atMs: isResumed(record) ? recall.fromMs : claim.fromMs,
    pod: record.pod,
    turnMs: record.recalledAt === undefined ? undefined : recall.fromMs,
  };
}

function readCoupon(seen: DecisionCoupon): RecordedCoupon {
  return {
    couponId: seen.couponId,
    merchantId: seen.merchantId,
    title: seen.title,
    body: given(seen.body),
    category: given(seen.category),
    deepLink: given(seen.deepLink),
    discountPercent: seen.hasDiscountPercent ? seen.discountPercent : undefined,
    validFromMs: instant(seen.validFrom),
    validUntilMs: instant(seen.validUntil),
    distanceMeters: seen.hasLocation ? seen.distanceMeters : undefined,
    merchant: readMerchant(seen.merchant),
  };
}

function readMerchant(seen: DecisionMerchant): Merchant | undefined {
  if (!seen.known) return undefined;
  const { merchantId, name, tier, category, timeZone, active } = seen;
  return {
    merchantId,
    ...(name !== undefined && { name }),
    ...(tier !== undefined && { tier }),
    ...(category !== undefined && { category }),
    ...(timeZone !== undefined && { timeZone }),
    active,
  };
}

function given(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}

function instant(text: string | undefined): number | undefined {
  return text === undefined || text === '' ? undefined : Date.parse(text);
}
