/** What rules would have done with a recorded event: the outcome, or what can be said where it can't be known. */
import type { PushSubject } from '../domain/cap.ts';
import type { DecisionRecord } from '../domain/decision.ts';
import type { Outcome } from '../domain/outcome.ts';
import type { PushText } from '../pipeline/ports.ts';
import { isResumed } from './moments.ts';

/** Why an answer can't be known; one sentence each, for people. */
export const UNKNOWN_BECAUSE = {
  coupons: 'The event ended before its coupons were asked for, and these rules let it through.',
  stale: 'The coupon call ended when the event was too old, and these rules would have waited longer.',
  call: 'These rules take less old events, and the recording does not say how long the coupon call took. There is no push.',
  coordinates: 'A condition asks for a coordinate, and a recording has distances in their place.',
  pushes:
    'A cap hangs on a push that is not known for certain, or of which it is not known whether it came before.',
  before: 'A cap hangs on pushes from before the recording.',
  clocks: 'The push would have ended so soon that it hangs on whose clock is asked.',
  time: 'The rules took too long for this event.',
  defect: 'The event ended by a defect of the service.',
  order: 'The record came too late to be put in its order.',
  resumed: 'The event was claimed by an earlier run of which there is no record.',
} as const satisfies Readonly<Record<string, string>>;
export type UnknownBecause = keyof typeof UNKNOWN_BECAUSE;

export interface KnownAnswer {
  readonly kind: 'known';
  readonly outcome: Outcome;
  /** Of a push whose words are known. */
  readonly text: PushText | undefined;
}

export interface UnknownAnswer {
  readonly kind: 'unknown';
  readonly because: UnknownBecause;
  /** Whether there is a push, whichever. */
  readonly isPushed: 'surely' | 'maybe' | 'no';
  /** Which it may be; undefined: of whatever coupon. Empty where there is none. */
  readonly pushes: readonly PushSubject[] | undefined;
  /** The answers at both ends, as far as they are known; there may be others in between. */
  readonly possible: readonly Outcome[];
}

export type Answer = KnownAnswer | UnknownAnswer;

/** How many pushes an answer is: at least, and at most. */
export function pushesOf(answer: Answer): { readonly least: 0 | 1; readonly most: 0 | 1 } {
  const pushed = answer.kind === 'known' ? isPushedBy(answer.outcome) : answer.isPushed;
  return { least: pushed === 'surely' ? 1 : 0, most: pushed === 'no' ? 0 : 1 };
}

function isPushedBy({ kind }: Outcome): UnknownAnswer['isPushed'] {
  return kind === 'queued' ? 'surely' : 'no';
}

export function anyPush(because: UnknownBecause): UnknownAnswer {
  return { kind: 'unknown', because, isPushed: 'maybe', pushes: undefined, possible: [] };
}

/**
 * Why nothing can be said of an event, whatever the rules.
 *
 * @param isKnownPush an earlier record says what its claim saw.
 */
export function unknownAtOnce(record: DecisionRecord, isKnownPush: boolean): UnknownBecause | undefined {
  if (isResumed(record) && !isKnownPush) return 'resumed';
  return record.reason === 'internal_error' ? 'defect' : undefined;
}

/** What pods did, as they recorded it. */
export function recordedAnswer(record: DecisionRecord): KnownAnswer {
  return { kind: 'known', outcome: recordedOutcome(record), text: undefined };
}

function recordedOutcome(record: DecisionRecord): Outcome {
  const { couponId, merchantId, rulesVersion, rulesHash } = record;
  const about = {
    ...(couponId !== undefined && { couponId }),
    ...(merchantId !== undefined && { merchantId }),
    rulesVersion,
    rulesHash,
  };
  if (record.outcome === 'queued') return { kind: 'queued', ...about };
  const { reason, rule = '', error = '' } = record;
  if (record.outcome === 'filtered') {
    return {
      kind: 'filtered',
      reason: reason as Extract<Outcome, { kind: 'filtered' }>['reason'],
      rule,
      ...about,
    };
  }
  return {
    kind: 'dead_lettered',
    reason: reason as Extract<Outcome, { kind: 'dead_lettered' }>['reason'],
    error,
    ...about,
  };
}

/** Whatever the versions that came to it. */
export function isSameOutcome(a: Outcome, b: Outcome): boolean {
  if (a.kind !== b.kind || a.couponId !== b.couponId || a.merchantId !== b.merchantId) return false;
  if (a.kind === 'queued' || b.kind === 'queued') return true;
  if (a.reason !== b.reason) return false;
  return a.kind !== 'filtered' || b.kind !== 'filtered' || a.rule === b.rule;
}
