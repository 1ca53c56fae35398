/**
 * What an expression sees: the values of the variables in `domain/rule-variables.ts`, every one always there. Of a
 * partner's or a merchant's text its first 4,096 characters are seen: a rule's cost goes by them.
 */
import type { Coupon } from '../../domain/coupon.ts';
import type { LocationEvent } from '../../domain/event.ts';
import type { Merchant } from '../../domain/merchant.ts';
import type { VARIABLES, VariableValues } from '../../domain/rule-variables.ts';
import type { LocalTime } from '../../domain/civil.ts';
import { instantText } from '../../runtime/instant-text.ts';

/** CEL tells types apart by their constructor; each value names its own, the cheapest way to have one. */
export const BRANDS = {
  event: (): 'event' => 'event',
  coupon: (): 'coupon' => 'coupon',
  merchant: (): 'merchant' => 'merchant',
} as const;

/** Those of one object, with what CEL tells its type by. */
type Seen<Name extends keyof typeof VARIABLES> = VariableValues<(typeof VARIABLES)[Name]> & {
  readonly constructor: () => string;
};
export type EventVariables = Seen<'event'>;
type CouponVariables = Seen<'coupon'>;
type MerchantVariables = Seen<'merchant'>;

export interface Variables {
  readonly event: EventVariables;
  readonly coupon: CouponVariables;
  readonly merchant: MerchantVariables;
}

const MAX_TEXT_LENGTH = 4096;

function seen(text: string | undefined): string {
  if (text === undefined) return '';
  return text.length > MAX_TEXT_LENGTH ? text.slice(0, MAX_TEXT_LENGTH) : text;
}

/** Where no time zone serves, hour and weekday are 0. */
export function eventVariables(
  event: LocationEvent,
  moment: { readonly nowMs: number; readonly timeZoneKnown: boolean; readonly local: LocalTime | undefined },
): EventVariables {
  return {
    constructor: BRANDS.event,
    userId: event.userId,
    merchantId: event.merchantId ?? '',
    trigger: event.trigger,
    latitude: event.latitude,
    longitude: event.longitude,
    accuracyMeters: event.accuracyMeters ?? 0,
    hasAccuracy: event.accuracyMeters !== undefined,
    ageSeconds: Math.max(0, moment.nowMs - event.occurredAtMs) / 1000,
    localHour: moment.local?.hour ?? 0,
    localWeekday: moment.local?.weekday ?? 0,
    timeZoneKnown: moment.timeZoneKnown,
    locale: event.locale ?? '',
  };
}

/** @param distanceMeters undefined where the coupon has no location. */
export function couponVariables(
  coupon: Coupon,
  distanceMeters: number | undefined,
  nowMs: number,
): CouponVariables {
  const { validFromMs, validUntilMs } = coupon;
  return {
    constructor: BRANDS.coupon,
    couponId: coupon.couponId,
    merchantId: coupon.merchantId,
    title: seen(coupon.title),
    body: seen(coupon.body),
    category: seen(coupon.category),
    deepLink: seen(coupon.deepLink),
    discountPercent: coupon.discountPercent ?? 0,
    hasDiscountPercent: coupon.discountPercent !== undefined,
    latitude: coupon.latitude ?? 0,
    longitude: coupon.longitude ?? 0,
    hasLocation: distanceMeters !== undefined,
    distanceMeters: distanceMeters ?? 0,
    validFrom: validFromMs === undefined ? '' : instantText(validFromMs),
    hasValidFrom: validFromMs !== undefined,
    validUntil: validUntilMs === undefined ? '' : instantText(validUntilMs),
    hasValidUntil: validUntilMs !== undefined,
    remainingSeconds: validUntilMs === undefined ? 0 : (validUntilMs - nowMs) / 1000,
  };
}

/** A merchant without a record is not `known`, and not inactive either. */
export function merchantVariables(merchantId: string, merchant: Merchant | undefined): MerchantVariables {
  return {
    constructor: BRANDS.merchant,
    merchantId,
    known: merchant !== undefined,
    name: seen(merchant?.name),
    tier: seen(merchant?.tier),
    category: seen(merchant?.category),
    timeZone: merchant?.timeZone ?? '',
    active: merchant?.active ?? true,
  };
}
