/** The closed list of pipeline outcomes. Every event ends in exactly one. */
import type { EventSource } from './record.ts';
import type { DeliveryOutcome } from './delivery.ts';

/** In the order in which the filters are asked; `cooldown` is asked twice, see the pipeline. */
export const FILTER_REASONS = [
  'disabled',
  'no_consent',
  'stale',
  'trigger',
  'inaccurate',
  'not_in_rollout',
  'quiet_hours',
  'cooldown',
  'no_coupons',
  'rules_excluded',
] as const;
export type FilterReason = (typeof FILTER_REASONS)[number];

export const DEAD_LETTER_REASONS = [
  'malformed',
  'invalid',
  'too_large',
  'coupon_api_rejected',
  'coupon_api_failed',
  'internal_error',
] as const;
export type DeadLetterReason = (typeof DEAD_LETTER_REASONS)[number];

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
