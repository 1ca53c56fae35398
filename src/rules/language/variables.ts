/**
 * What an expression sees: `event`, `coupon` and `merchant`, with every field always there and of one type, because
 * CEL knows no null. An absent string is "", an absent number 0, and a `has…` field says which. Numbers are doubles.
 * Of a partner's or a merchant's text its first 4,096 characters are seen: a rule's cost goes by them.
 */
import type { Coupon } from '../../domain/coupon.ts';
import type { LocationEvent } from '../../domain/event.ts';
import type { Merchant } from '../../domain/merchant.ts';

type CelType = 'string' | 'double' | 'bool';
/** The variables of an object whose fields are said to be seen in them; every field must be named, `never`: not seen. */
type SeenIn<T, Fields extends Readonly<Record<keyof T, string>>> = Fields[keyof T];

type EventVariable = SeenIn<
  LocationEvent,
  {
    eventId: never;
    userId: 'userId';
    occurredAtMs: 'ageSeconds';
    latitude: 'latitude';
    longitude: 'longitude';
    merchantId: 'merchantId';
    trigger: 'trigger';
    accuracyMeters: 'accuracyMeters' | 'hasAccuracy';
    timeZone: 'timeZoneKnown' | 'localHour' | 'localWeekday';
    locale: 'locale';
    pushConsent: never;
  }
>;
const EVENT_VARIABLES = {
  userId: 'string',
  merchantId: 'string',
  trigger: 'string',
  latitude: 'double',
  longitude: 'double',
  accuracyMeters: 'double',
  hasAccuracy: 'bool',
  ageSeconds: 'double',
  localHour: 'double',
  localWeekday: 'double',
  timeZoneKnown: 'bool',
  locale: 'string',
} as const satisfies Readonly<Record<EventVariable, CelType>>;

type CouponVariable = SeenIn<
  Coupon,
  {
    couponId: 'couponId';
    merchantId: 'merchantId';
    title: 'title';
    body: 'body';
    category: 'category';
    deepLink: 'deepLink';
    discountPercent: 'discountPercent' | 'hasDiscountPercent';
    latitude: 'latitude' | 'hasLocation' | 'distanceMeters';
    longitude: 'longitude' | 'hasLocation' | 'distanceMeters';
    validFromMs: 'validFrom' | 'hasValidFrom';
    validUntilMs: 'validUntil' | 'hasValidUntil' | 'remainingSeconds';
  }
>;
const COUPON_VARIABLES = {
  couponId: 'string',
  merchantId: 'string',
  title: 'string',
  body: 'string',
  category: 'string',
  deepLink: 'string',
  discountPercent: 'double',
  hasDiscountPercent: 'bool',
  latitude: 'double',
  longitude: 'double',
  hasLocation: 'bool',
  distanceMeters: 'double',
  validFrom: 'string',
  hasValidFrom: 'bool',
  validUntil: 'string',
  hasValidUntil: 'bool',
  remainingSeconds: 'double',
} as const satisfies Readonly<Record<CouponVariable, CelType>>;

type MerchantVariable =
  | 'known'
  | SeenIn<
      Merchant,
      {
        merchantId: 'merchantId';
        name: 'name';
        tier: 'tier';
        category: 'category';
        timeZone: 'timeZone';
        active: 'active';
      }
    >;
const MERCHANT_VARIABLES = {
  merchantId: 'string',
  known: 'bool',
  name: 'string',
  tier: 'string',
  category: 'string',
  timeZone: 'string',
  active: 'bool',
} as const satisfies Readonly<Record<MerchantVariable, CelType>>;

export const VARIABLES = {
  event: EVENT_VARIABLES,
  coupon: COUPON_VARIABLES,
  merchant: MERCHANT_VARIABLES,
} as const;

/** CEL tells types apart by their constructor; each value names its own, the cheapest way to have one. */
export const BRANDS = {
  event: (): 'event' => 'event',
  coupon: (): 'coupon' => 'coupon',
  merchant: (): 'merchant' => 'merchant',
} as const;

type Values<Fields extends Readonly<Record<string, CelType>>> = {
  readonly [Name in keyof Fields]: { string: string; double: number; bool: boolean }[Fields[Name]];
} & { readonly constructor: () => string };
export type EventVariables = Values<typeof EVENT_VARIABLES>;
type CouponVariables = Values<typeof COUPON_VARIABLES>;
type MerchantVariables = Values<typeof MERCHANT_VARIABLES>;

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

export interface LocalTime {
  /** 0–23; 0 where no time zone serves. */
  readonly hour: number;
  /** 1–7 from Monday; 0 where no time zone serves. */
  readonly weekday: number;
}

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
    validFrom: validFromMs === undefined ? '' : new Date(validFromMs).toISOString(),
    hasValidFrom: validFromMs !== undefined,
    validUntil: validUntilMs === undefined ? '' : new Date(validUntilMs).toISOString(),
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
