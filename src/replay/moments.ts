/**
 * When a recorded event asked the claims, by Redis's clock. Guarantee: the moment lies within its span, while the clocks of
 * pods and Redis are within the margin of each other beyond what is recorded. Where the moment is recorded, it is the span.
 */
import type { DecisionRecord } from '../domain/decision.ts';

/** Ms. How far the clocks of pods and Redis may be apart; `/status` says where they are further. */
export const CLOCK_MARGIN_MS = 10_000;
/** Ms. A busy user's next event is recalled so long ahead at most. */
export const RECALLED_AHEAD_MS = 1000;

/** Between two moments, both included: epoch ms. */
export interface Span {
  readonly fromMs: number;
  readonly untilMs: number;
}

/** Who asks the claims, and when. */
export interface Asked {
  readonly at: Span;
  readonly pod: string;
}

export interface Moments {
  readonly recall: Span;
  /** Of an event that claimed nothing: when it would have. */
  readonly claim: Span;
}

/** What was decided by an earlier run, and is not said here. */
export function isResumed({ outcome, couponApi }: DecisionRecord): boolean {
  return outcome === 'queued' && couponApi === 'not_asked';
}

export function momentsOf(record: DecisionRecord, marginMs: number): Moments {
  const { at, askedAt = at, podAheadMs = 0, recalledAt, claimedAt } = record;
  const askedMs = Date.parse(askedAt) - podAheadMs;
  const recall =
    recalledAt === undefined
      ? { fromMs: askedMs - RECALLED_AHEAD_MS - marginMs, untilMs: askedMs + marginMs }
      : exactly(Date.parse(recalledAt));
  if (claimedAt !== undefined) return { recall, claim: exactly(Date.parse(claimedAt)) };
  // Its pod claimed it at any time before.
  if (isResumed(record)) return { recall, claim: { fromMs: -Infinity, untilMs: recall.untilMs } };
  return { recall, claim: unmadeClaim(record, recall, marginMs) };
}

/** When an event that claimed nothing would have claimed. */
export function unmadeClaim(record: DecisionRecord, recall: Span, marginMs: number): Span {
  const { at, podAheadMs = 0, maxEventAgeMs } = record;
  let untilMs = Math.max(recall.untilMs, Date.parse(at) - podAheadMs + marginMs);
  if (record.couponApi !== 'answered') {
    // A call that was not made may have taken as long as the event may be old, by the clock that is behind.
    const staleMs = Date.parse(record.event.occurredAt) + maxEventAgeMs + Math.max(0, -podAheadMs);
    untilMs = Math.max(untilMs, staleMs + marginMs);
  }
  return { fromMs: recall.fromMs, untilMs };
}

function exactly(atMs: number): Span {
  return { fromMs: atMs, untilMs: atMs };
}
