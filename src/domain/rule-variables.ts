/**
 * The variables that rules see, by name and type: `event`, `coupon` and `merchant`. CEL knows no null: an absent text is
 * "", an absent number 0, and a `has…` variable says which. A field that is added to an event, a coupon or a merchant
 * compiles only once it is said here under which names rules see it. `rules/language/variables.ts` gives them values.
 */
import type { Coupon } from './coupon.ts';
import type { LocationEvent } from './event.ts';
import type { Merchant } from './merchant.ts';

export type VariableType = 'string' | 'double' | 'bool';
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
} as const satisfies Readonly<Record<EventVariable, VariableType>>;

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
} as const satisfies Readonly<Record<CouponVariable, VariableType>>;

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
} as const satisfies Readonly<Record<MerchantVariable, VariableType>>;

/** Doubles are all numbers that there are. */
export const VARIABLES = {
  event: EVENT_VARIABLES,
  coupon: COUPON_VARIABLES,
  merchant: MERCHANT_VARIABLES,
} as const;

/** The values of an object's variables. */
export type VariableValues<Table extends Readonly<Record<string, VariableType>>> = {
  readonly [Name in keyof Table]: { string: string; double: number; bool: boolean }[Table[Name]];
};
