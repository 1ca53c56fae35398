/**
 * What one decision saw, as a record of the decision topic and as a line of a recording (NDJSON): enough to decide the
 * event again by other rules. No coordinates, which say where a person was: distances stand for them. What is recorded
 * of the rules' variables follows from their tables: a variable that is added compiles only once it is named here.
 */
import type { DeliveryOutcome } from './delivery.ts';
import type { Trigger } from './event.ts';
import type { DeadLetterReason, FilterReason, Outcome } from './outcome.ts';
import type { VARIABLES } from './rule-variables.ts';
import type { VariableValues } from './rule-variables.ts';

/** `given`: a text that is left out where it is ''. `never`: not recorded, or under another name. */
type Recorded = 'always' | 'given' | 'never';

const EVENT = {
  userId: 'never',
  latitude: 'never',
  longitude: 'never',
  merchantId: 'given',
  trigger: 'always',
  accuracyMeters: 'always',
  hasAccuracy: 'always',
  ageSeconds: 'always',
  localHour: 'always',
  localWeekday: 'always',
  timeZoneKnown: 'always',
  locale: 'given',
} as const satisfies Readonly<Record<keyof typeof VARIABLES.event, Recorded>>;

const COUPON = {
  couponId: 'always',
  merchantId: 'always',
  title: 'always',
  body: 'given',
  category: 'given',
  deepLink: 'given',
  discountPercent: 'always',
  hasDiscountPercent: 'always',
  latitude: 'never',
  longitude: 'never',
  hasLocation: 'always',
  distanceMeters: 'always',
  validFrom: 'given',
  hasValidFrom: 'always',
  validUntil: 'given',
  hasValidUntil: 'always',
  remainingSeconds: 'always',
} as const satisfies Readonly<Record<keyof typeof VARIABLES.coupon, Recorded>>;

const MERCHANT = {
  merchantId: 'always',
  known: 'always',
  name: 'given',
  tier: 'given',
  category: 'given',
  timeZone: 'given',
  active: 'always',
} as const satisfies Readonly<Record<keyof typeof VARIABLES.merchant, Recorded>>;

/** By object: which of its variables a record has. */
export const RECORDED = { event: EVENT, coupon: COUPON, merchant: MERCHANT } as const;

type Names<Object extends keyof typeof RECORDED, How extends Recorded> = {
  [Name in keyof (typeof RECORDED)[Object]]: (typeof RECORDED)[Object][Name] extends How ? Name : never;
}[keyof (typeof RECORDED)[Object]];

type RecordedOf<Object extends keyof typeof RECORDED> = Pick<
  VariableValues<(typeof VARIABLES)[Object]>,
  Names<Object, 'always'> & keyof (typeof VARIABLES)[Object]
> &
  Readonly<Partial<Record<Names<Object, 'given'>, string>>>;

export type DecisionMerchant = RecordedOf<'merchant'>;
export type DecisionCoupon = RecordedOf<'coupon'> & {
  /** As rules saw it. */
  readonly merchant: DecisionMerchant;
};
export type DecisionEvent = Omit<RecordedOf<'event'>, 'trigger'> & {
  readonly trigger: Trigger;
  /** RFC 3339. */
  readonly occurredAt: string;
  /** The event's own, else its merchant's. */
  readonly timeZone?: string;
  readonly pushConsent: boolean;
};

/** Of `answered` there are coupons, which may be none. `not_asked`: the event had ended before. */
export const COUPON_ANSWERS = ['not_asked', 'answered', 'too_large', 'stale', 'rejected', 'failed'] as const;
/**
 * `too_large`: answered, but the topic takes no record with so many coupons. The others are what the coupon side said
 * instead of coupons.
 */
export type RecordedAnswer = (typeof COUPON_ANSWERS)[number];

interface Common {
  /** 1. A later version only adds fields. */
  readonly v: 1;
  readonly userId: string;
  readonly eventId: string;
}

/**
 * An event that was redelivered has a record for each of its runs. A `queued` one whose coupons were `not_asked` had been
 * decided by an earlier run: an earlier record says what was seen, unless its pod died before it was written.
 */
export interface DecisionRecord extends Common {
  readonly kind: 'decision';
  /**
   * RFC 3339 with ms: the pod's clock when the filters were asked last (after the coupon call where there was one). Local
   * time, quiet hours and ages go by it.
   */
  readonly at: string;
  /** RFC 3339 with ms: when the filters were asked first, where that was before `at`. */
  readonly askedAt?: string;
  readonly event: DecisionEvent;
  /** Ms: the pod's ceiling on an event's age. */
  readonly maxEventAgeMs: number;
  /**
   * RFC 3339 with ms by Redis's clock: when the event's own record and the caps were asked first. May be up to a second
   * before `askedAt`: a busy user's next event is asked for ahead.
   */
  readonly recalledAt?: string;
  /**
   * RFC 3339 with ms by Redis's clock: when the push was claimed, or had no room. Of one user's decisions that overlap in
   * time, it says which came first. Absent where nothing was claimed, or in several calls.
   */
  readonly claimedAt?: string;
  /** Ms that the pod's clock was ahead of Redis's, negative where it was behind; absent where they agreed. */
  readonly podAheadMs?: number;
  readonly couponApi: RecordedAnswer;
  /** In the order of the answer. Present where `couponApi` is `answered`. */
  readonly coupons?: readonly DecisionCoupon[];
  /** How many more there were that broke the partner's schema, where there were any. */
  readonly invalidCoupons?: number;
  readonly outcome: Outcome['kind'];
  readonly reason?: FilterReason | DeadLetterReason;
  /** What decided a `filtered` event: a rule's id, or the setting's path. */
  readonly rule?: string;
  readonly couponId?: string;
  readonly merchantId?: string;
  /** Of a `dead_lettered` event. */
  readonly error?: string;
  /** Of the rules that decided. */
  readonly rulesVersion: string;
  /** Of the same rules; '' where a pod that knew no hashes chose the push. */
  readonly rulesHash: string;
  readonly pod: string;
}

/** How a push of a recorded user ended: what the caps of its user's next events go by. */
export interface DeliveryRecord extends Common {
  readonly kind: 'delivery';
  /** RFC 3339 with ms by Redis's clock: when it ended. What keeps its place under the caps counts from then on. */
  readonly at: string;
  readonly outcome: DeliveryOutcome;
}

export type RecordingLine = DecisionRecord | DeliveryRecord;
