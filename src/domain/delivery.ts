/**
 * The delivery of one claimed push: what the push API's answer means, what the record in Redis permits, and
 * the closed list of delivery outcomes. Every queued push ends in exactly one.
 */
import type { EventRef } from './event.ts';
import type { CallTracer } from './call-trace.ts';
import type { EndedEnvelope, PushEnvelope } from './push.ts';
import type { WriteFence } from '../runtime/write-fence.ts';

export const DELIVERY_OUTCOMES = ['sent', 'rejected', 'expired', 'unknown', 'withdrawn', 'dry_run'] as const;
export type DeliveryOutcome = (typeof DELIVERY_OUTCOMES)[number];

/** Outcomes after which the push keeps its place in the user's history: it was, or may have been, sent. */
export type KeptOutcome = 'sent' | 'unknown' | 'dry_run';
/** Outcomes after which its place is given back. */
export type ReleasedOutcome = 'rejected' | 'expired' | 'withdrawn';

/** What one call of the push API came to. */
export type SendResult =
  | { readonly kind: 'sent' }
  | { readonly kind: 'rejected'; readonly error: string }
  /** Surely not sent: may be tried again whatever the API. */
  | { readonly kind: 'not_sent'; readonly error: string; readonly retryAfterMs?: number }
  /** May have been sent: tried again only where the API is idempotent. */
  | { readonly kind: 'maybe_sent'; readonly error: string; readonly retryAfterMs?: number };

/** What one call is made with. */
export interface SendCall {
  /** Epoch ms; the call's `expiresAt`. */
  readonly expiresAtMs: number;
  readonly idempotencyKey: string;
  readonly traceparent: string;
  readonly tracestate?: string | undefined;
  /** Undefined where the push is not traced; else each call carries a `traceparent` of its own. */
  readonly trace?: CallTracer | undefined;
  /** Once it is closed nothing may be written any more: the call then ends as `not_sent`. */
  readonly fence: WriteFence;
  /** Aborted when the pod can't wait any longer: `not_sent` before the write, `maybe_sent` after it. */
  readonly signal: AbortSignal;
}

/** What Redis knows of a push that is at its end. */
export interface EndOfPush {
  readonly envelope: EndedEnvelope;
  /**
   * Epoch ms by Redis's clock: when it ended. A push that keeps its place counts from then on; that is the end of its
   * permission where nobody knows what became of it.
   */
  readonly endedAtMs: number;
}

/** Redis's answer to a worker that asks to send. */
export type Permission =
  /** claimed → sending(attempt). The attempt has {@link WRITE_WITHIN_MS} from before it asked to write. */
  | {
      readonly kind: 'granted';
      readonly attempt: number;
      readonly envelope: PushEnvelope;
      readonly expiresAtMs: number;
      /** Redis's time left until `expiresAtMs`. */
      readonly remainingMs: number;
    }
  /** An earlier attempt is in `sending` and nobody knows what became of it. Nothing was changed. */
  | {
      readonly kind: 'interrupted';
      readonly attempt: number;
      readonly envelope: PushEnvelope;
      readonly expiresAtMs: number;
      readonly remainingMs: number;
    }
  /** Still claimed but past its expiry. Nothing was changed: release it. */
  | { readonly kind: 'expired'; readonly envelope: PushEnvelope }
  /** Already in a final state. */
  | ({ readonly kind: 'settled'; readonly outcome: DeliveryOutcome } & EndOfPush)
  /** No such record (it outlived its keeping time, or Redis lost it). */
  | { readonly kind: 'absent' };

/**
 * `pending`: undelivered and not expired; a hint, by which nothing is decided. `reported`: it has ended, and its
 * outcome is published and marked. `over`: anything else, and no such record.
 */
export type PendingCheck = 'pending' | 'reported' | 'over';

/** An attempt writes its request only within this time of its permission. */
export const WRITE_WITHIN_MS = 2000;

/**
 * What became of an attempt's wish to end its delivery. Repeating the same wish gives the same answer, so a lost
 * reply is answered by asking again.
 */
export type Ending =
  /** The record now says what was asked, by this attempt. */
  | ({ readonly kind: 'done' } & EndOfPush)
  /** It was brought to an end otherwise before. Nothing was changed. */
  | ({ readonly kind: 'settled'; readonly outcome: DeliveryOutcome } & EndOfPush)
  /** It is not this attempt's to end: another one is in `sending`, or it is claimed again. Nothing was changed. */
  | { readonly kind: 'held' }
  | { readonly kind: 'absent' };

/** What became of an attempt's wish to give its permission back. `remainingMs`: Redis's time until the expiry. */
export type Retreat =
  { readonly kind: 'done'; readonly remainingMs: number } | Exclude<Ending, { readonly kind: 'done' }>;

/** The push's record. Every method rejects with `UnavailableError` where Redis is away, and may be repeated. */
export interface DeliveryStore {
  /** Changes nothing, so that whoever finds Redis away here has nothing to ask again. */
  checkPending(ref: EventRef): Promise<PendingCheck>;
  /**
   * claimed → sending. `token` is unique to this attempt and kept through repetitions of the same call, by which
   * its own first permission is told from another's. Never reused after a retreat.
   */
  permit(ref: EventRef, token: string): Promise<Permission>;
  /** sending(attempt) → sending(attempt + 1) with the same idempotency key. For an idempotent API only. */
  takeOver(ref: EventRef, attempt: number, token: string): Promise<Permission>;
  /** sending(attempt) → a final state that keeps its place, counted from now. */
  settle(ref: EventRef, attempt: number, outcome: KeptOutcome): Promise<Ending>;
  /** sending(attempt) → claimed: surely nothing was sent. */
  retreat(ref: EventRef, attempt: number): Promise<Retreat>;
  /** → a final state that gives its place back. Without `attempt` only what no attempt holds. */
  release(ref: EventRef, outcome: ReleasedOutcome, attempt?: number): Promise<Ending>;
  /**
   * The outcome is published. @returns true for the first reporter (and for its repetitions with the same
   * `reporter` id): who is first counts.
   */
  reported(ref: EventRef, reporter: string): Promise<boolean>;
}

/** A push that is at its end: what its report says. */
export interface EndedPush extends EndOfPush {
  readonly ref: EventRef;
  readonly outcome: DeliveryOutcome;
  /** Unique to this run of the delivery or of the sweep: see {@link DeliveryStore.reported}. */
  readonly reporter: string;
}
