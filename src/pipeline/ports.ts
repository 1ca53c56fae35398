/**
 * What the flow needs of the world. Adapters implement these; the flow knows nothing of Kafka, Redis, HTTP or S3. Every
 * method may reject with `UnavailableError`: nothing is decided, the event waits and begins again from the top. A
 * method that takes an ownership may also reject with `AbandonedError`.
 */
import type { Cap } from '../domain/cap.ts';
import type { LocalTime } from '../domain/civil.ts';
import type { Coupon } from '../domain/coupon.ts';
import type { EventRef, LocationEvent, Trigger } from '../domain/event.ts';
import type { CallTracer } from '../domain/call-trace.ts';
import type { Merchant } from '../domain/merchant.ts';
import type { DeadLetterReason, Outcome, OutcomeRecord } from '../domain/outcome.ts';
import type { Ownership } from '../domain/ownership.ts';
import type { EndedEnvelope, PushEnvelope } from '../domain/push.ts';
import type { PieceOrigin } from '../domain/record.ts';
import type { Service } from '../runtime/errors.ts';

// ── Rules ────────────────────────────────────────────────────────────────────────────────────────────────

/** One version of the rules, immutable. What follows the coupon call goes by the version in force after it. */
export interface Ruleset {
  readonly version: string;
  /** The first twelve hex digits of the SHA-256 of the document's bytes. */
  readonly hash: string;
  readonly enabled: boolean;
  readonly caps: readonly Cap[];
  readonly maxEventAgeMs: number | undefined;
  readonly maxAccuracyMeters: number | undefined;
  readonly triggers: readonly Trigger[] | undefined;
  readonly pushTtlMs: number;
  /** The path of the first limit that keeps this merchant's coupons from being pushed; undefined where none does. */
  merchantLimit(
    merchantId: string,
    merchant: Merchant | undefined,
  ): 'merchants.deny' | 'merchants.allow' | 'merchant.active' | undefined;
  /** Stable per user and salt. */
  inRollout(userId: string): boolean;
  /**
   * Quiet hours in the user's time zone (undefined: unknown, the document says what then).
   * `nextStartMs`: when quiet hours begin next, epoch ms; undefined where there are none.
   */
  quietHours(
    timeZone: string | undefined,
    atMs: number,
  ): { readonly quiet: boolean; readonly nextStartMs: number | undefined };
  /** The local time that conditions see; undefined where neither the time zone nor the document's own serves. */
  localTime(timeZone: string | undefined, atMs: number): LocalTime | undefined;
  /**
   * Which coupons remain, best first, each with its push's text; and why the others fell out. At once where that takes
   * no longer than a few ms, else in turns of the event loop. Coupons that a second's work has not come to are excluded.
   */
  rank(event: LocationEvent, coupons: readonly Coupon[], context: RankContext): Ranking | Promise<Ranking>;
}

export interface RankContext {
  readonly nowMs: number;
  /** The event's own, else its merchant's. */
  readonly timeZone: string | undefined;
  readonly findMerchant: FindMerchant;
  readonly places: Places;
}

/** Where events and coupons are. */
export interface Places {
  /** Metres from an event to a coupon; undefined where the coupon has no location. */
  distanceTo(event: LocationEvent, coupon: Coupon): number | undefined;
  /**
   * Present where events and coupons have no coordinates, but distances. Called when a condition reads a coordinate: it
   * is given 0, and what comes of the condition means nothing.
   */
  readonly noteUnknown?: () => void;
}

export type FindMerchant = (merchantId: string) => Merchant | undefined;

/** What a push says. */
export interface PushText {
  readonly title: string;
  readonly body?: string;
  readonly deepLink?: string;
}

export interface Candidate {
  readonly coupon: Coupon;
  readonly score: number;
  /** Written on demand: few of many candidates ever need it. */
  readonly text: () => PushText;
}

export interface Exclusion {
  readonly couponId: string;
  /** A rule's id, or the path of the built-in limit (`coupon.minDiscountPercent`, `merchants.deny`, …). */
  readonly rule: string;
  /** Present where the rule failed while it ran: the coupon is excluded (fails closed). */
  readonly error?: string;
}

export interface Ranking {
  readonly candidates: readonly Candidate[];
  readonly exclusions: readonly Exclusion[];
}

/** The documents in force now; both always there, because a pod without valid rules consumes nothing. */
export interface Documents {
  rules(): Ruleset;
  findMerchant: FindMerchant;
}

// ── Coupons ──────────────────────────────────────────────────────────────────────────────────────────────

export interface CouponQuery {
  readonly event: LocationEvent;
  readonly traceparent: string;
  readonly tracestate?: string | undefined;
  /** Undefined where the event is not traced; else each call carries a `traceparent` of its own. */
  readonly trace?: CallTracer | undefined;
  /** Epoch ms: the call is retried until then, and ends as `stale` after. */
  readonly staleAtMs: number;
  /** When the event came into the pod, `monotonicMs()`; unknown counts as long ago. */
  readonly receivedAtMs?: number;
  /** Whose share of the calls it takes; those that name none have one in common. */
  readonly partition?: number;
}

export type CouponAnswer =
  /** `invalid`: how many more there were that broke the schema. */
  | {
      readonly kind: 'coupons';
      readonly coupons: readonly Coupon[];
      readonly invalid?: number;
      /** Of a large answer, for which there is little room: to be called once the coupons are needed no longer. */
      readonly release?: () => void;
    }
  | { readonly kind: 'stale' }
  | { readonly kind: 'rejected'; readonly error: string }
  /** Others were answered, this event's calls failed until its time was up. */
  | { readonly kind: 'failed'; readonly error: string };

export interface CouponSource {
  find(query: CouponQuery, ownership: Ownership): Promise<CouponAnswer>;
}

// ── Claims ───────────────────────────────────────────────────────────────────────────────────────────────

interface Answered {
  /** When, epoch ms by the claims' own clock; undefined: not told. */
  readonly atMs?: number;
}
/** What the event's own record says: it was claimed before. */
export interface KnownClaim extends Answered {
  readonly kind: 'known';
  /** True while the push is undelivered: its job must be in the queue (enqueueing again is harmless). */
  readonly undelivered: boolean;
  readonly envelope: EndedEnvelope;
}

export type Recalled =
  | KnownClaim
  /** `fullCap`: the index of a `per: user` cap that is full. */
  | ({ readonly kind: 'new'; readonly fullCap?: number } & Answered);

export interface ClaimCandidate {
  readonly envelope: PushEnvelope;
  /** Epoch ms the push must not outlive (the coupon's end, the next quiet hours); undefined: only the ttl. */
  readonly notAfterMs: number | undefined;
}

export interface ClaimRequest {
  readonly ref: EventRef;
  /** Best first; the first whose caps have room is claimed. */
  readonly candidates: readonly ClaimCandidate[];
  readonly caps: readonly Cap[];
  readonly ttlMs: number;
  /** Epoch ms up to which the event could be accepted again; the record is kept beyond it. */
  readonly acceptableUntilMs: number;
}

export type ClaimAnswer =
  | ({ readonly kind: 'claimed'; readonly envelope: PushEnvelope } & Answered)
  | KnownClaim
  /** `cap`: the index of a cap without room: for the user, or else for the best candidate. */
  | ({ readonly kind: 'no_room'; readonly cap: number } & Answered)
  /** The best candidate's time was over, and no other one had room. */
  | ({ readonly kind: 'too_late' } & Answered);

export interface Claims {
  /** One round trip: the event's own record, else whether a `per: user` cap is full. */
  recall(ref: EventRef, caps: readonly Cap[]): Promise<Recalled>;
  /** Atomic, by Redis's clock. Safe to repeat: a known event answers with its record. */
  claim(request: ClaimRequest): Promise<ClaimAnswer>;
}

export interface PushQueue {
  /** Resolves once the queue holds the job. Safe to repeat: one job an event. */
  enqueue(ref: EventRef): Promise<void>;
}

// ── Outcomes ─────────────────────────────────────────────────────────────────────────────────────────────

export interface DeadLetter {
  readonly piece: PieceOrigin;
  readonly reason: DeadLetterReason;
  readonly error: string;
  readonly eventId: string | undefined;
  /** Epoch ms. */
  readonly failedAtMs: number;
}

export interface DeadLetters {
  /** Resolves once the broker has acknowledged it. */
  publish(letter: DeadLetter): Promise<void>;
}

export interface OutcomeLog {
  /** Resolves once the broker has acknowledged it. */
  record(outcome: OutcomeRecord): Promise<void>;
}

// ── Decisions ────────────────────────────────────────────────────────────────────────────────────────────

/** What a run saw on its way to its outcome. One object an event that is recorded; each of its runs begins it anew. */
export interface DecisionSeen {
  /** The version that was gone by last. */
  rules: Ruleset;
  /** Epoch ms by this pod's clock when the filters were asked first, and last; undefined: not yet. */
  firstAskedMs: number | undefined;
  lastAskedMs: number | undefined;
  /** Ms that this pod's clock was ahead of Redis's then. */
  podAheadMs: number;
  /** Epoch ms by the claims' clock; undefined: not yet, not told, or in several calls. */
  recalledMs: number | undefined;
  claimedMs: number | undefined;
  /** The event's own, else its merchant's. */
  timeZone: string | undefined;
  /** Undefined: the coupon side was not asked, or has not answered. */
  answer: CouponAnswer | undefined;
  /** Of the answer's coupons, in their order, as the merchants document had them then. */
  merchants: readonly (Merchant | undefined)[];
}

/** A decision that is to be recorded. */
export interface Decision {
  readonly event: LocationEvent;
  readonly seen: DecisionSeen;
  readonly outcome: Outcome;
  /** Epoch ms: the moment of the outcome. */
  readonly endedAtMs: number;
}

/** @returns the decision's line of JSON, which holds no coordinates. @param withoutCoupons says that they are too large. */
export type DescribeDecision = (decision: Decision, withoutCoupons?: boolean) => string;

export interface DecisionLog {
  /** Whether this user's decisions are recorded: a stable share of all users. */
  includes(userId: string): boolean;
  /** Resolves once the broker has acknowledged it, or has refused it for good for its size. */
  record(userId: string, line: string): Promise<'recorded' | 'too_large'>;
}

// ── Being watched ────────────────────────────────────────────────────────────────────────────────────────

/** What events wait for, for whoever watches: waiting is never taken for hanging. */
export interface Waiting {
  /**
   * An event begins to wait.
   *
   * @param sinceMs `monotonicMs()` when it first did, where it has waited before.
   */
  begin(what: Service, sinceMs: number): Wait;
}

export interface Wait {
  /** A try has failed, or the pause after it is over: what is waited for is known to be away, and the waiting turns. */
  failed(): void;
  /** At most once. */
  end(): void;
}

export type Stage = 'recall' | 'coupons' | 'rules' | 'claim' | 'enqueue';

/** What is counted of an event beside its outcome. */
export interface EndedEvent {
  readonly durationMs: number;
  /** Undefined where the event does not say when it occurred. */
  readonly endToEndMs: number | undefined;
  /** Since its record was written to Kafka; absent where the record does not say. */
  readonly sinceWrittenMs?: number | undefined;
  /** It was put back from the dead letters. Default false. */
  readonly isReplay?: boolean;
}

/** Where the flow counts. Implementations must not throw. */
export interface FlowMeter {
  received(): void;
  ended(outcome: Outcome, about: EndedEvent): void;
  abandoned(): void;
  ruleExcluded(exclusion: Exclusion, rulesVersion: string): void;
  /** A step that has ended without a fault. */
  stage(stage: Stage, durationMs: number): void;
}
