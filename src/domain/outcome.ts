/**
 * The closed list of pipeline outcomes. Every event ends in exactly one. Each reason stands here once, with a sentence
 * for people: types, counts, tests and the README's table follow from these tables.
 */
import type { EventSource } from './record.ts';
import type { DeliveryOutcome } from './delivery.ts';

/**
 * Why an event is filtered, in the order in which the filters are asked; `cooldown` is asked twice, see the pipeline.
 * Each sentence is Markdown and names the setting that an outcome's `rule` carries.
 */
export const FILTER_REASONS = {
  disabled: 'The rules say `enabled: false`.',
  no_consent: 'The event says `pushConsent: false`.',
  stale:
    'The event is older than `event.maxAge` or `MAX_EVENT_AGE_MS`, or its push would end (`push.ttl`, `coupon.validUntil`, `quietHours`) before it could be sent.',
  trigger: 'The event’s trigger is not in `event.triggers`.',
  inaccurate: 'The position’s error is above `event.maxAccuracyMeters`.',
  not_in_rollout: 'The user is outside the percentage of `rollout`.',
  quiet_hours:
    'It is `quietHours` where the user is, or the time zone is unknown and the rules suppress then.',
  cooldown: 'A cap has no room: `caps[0]` is the first in the document.',
  no_coupons:
    'The coupon API has no coupon for this place (`couponApi.empty`), or none that keeps to its schema (`couponApi.invalid`).',
  rules_excluded:
    'A built-in limit or a rule excludes every coupon. The outcome names what excluded the first of them: the limit (`coupon.minDiscountPercent`) or the rule’s id.',
} as const satisfies Readonly<Record<string, string>>;
export type FilterReason = keyof typeof FILTER_REASONS;

/** Why an event goes to the dead-letter topic; one sentence of Markdown each. */
export const DEAD_LETTER_REASONS = {
  malformed:
    'The bytes are no JSON: broken, no UTF-8, no gzip where a header says so, empty, or a tombstone.',
  invalid:
    'The JSON breaks [the table of an event’s fields](deploy/README.md#an-events-fields). `error` names the field.',
  too_large:
    'The record is larger than `MAX_RECORD_BYTES`, as it came or unpacked, or one event has more than 1 MiB of fields.',
  coupon_api_rejected:
    'The coupon API answered with a 4xx that no retry mends, or with a body that is no such JSON.',
  coupon_api_failed:
    'The coupon API answered others, and failed this event for `COUPON_API_PATIENCE_MS`. Worth a replay.',
  internal_error: 'A defect of this service, three times in a row on this event.',
} as const satisfies Readonly<Record<string, string>>;
export type DeadLetterReason = keyof typeof DEAD_LETTER_REASONS;

/** What an outcome says of the push that it is about, where there is one. */
interface Subject {
  readonly couponId?: string;
  readonly merchantId?: string;
  readonly rulesVersion?: string;
  /** The first twelve hex digits of the SHA-256 of the rule document's bytes. */
  readonly rulesHash?: string;
}

export type Outcome =
  | ({ readonly kind: 'queued' } & Subject)
  | ({
      readonly kind: 'filtered';
      readonly reason: FilterReason;
      /** What decided: a rule's id, or the setting's path. */ readonly rule: string;
    } & Subject)
  | ({ readonly kind: 'dead_lettered'; readonly reason: DeadLetterReason; readonly error: string } & Subject);

/** A record of the outcome topic: one for each pipeline outcome and one for each delivery outcome. */
export interface OutcomeRecord extends Subject {
  readonly eventId: string;
  /** Absent where the event was unreadable. */
  readonly userId?: string;
  /** RFC 3339. */
  readonly at: string;
  readonly outcome: Outcome['kind'] | DeliveryOutcome;
  readonly reason?: FilterReason | DeadLetterReason;
  readonly rule?: string;
  readonly pod: string;
  readonly source: EventSource;
}

/** Of one pod since it started. `received` is the sum of the others and of what is in flight. */
export interface EventCounts {
  readonly received: number;
  readonly queued: number;
  readonly filtered: Readonly<Record<FilterReason, number>>;
  readonly dead_lettered: Readonly<Record<DeadLetterReason, number>>;
  readonly abandoned: number;
}
