/**
 * A user's pushes as a replay knows them. Of each it is known when it surely counts in a cap's window, and when it may.
 * Guarantee: what surely counts is never more, and what may count never less, than what counts in Redis, whose clock does
 * not go back. Decisions of several pods may overlap: then a push may be claimed before another event asks, or after. One
 * pod takes a user's events one after the other.
 */
import { capFields, type Cap, type PushSubject } from '../domain/cap.ts';
import type { DeliveryOutcome } from '../domain/delivery.ts';
import type { PushEnvelope } from '../domain/push.ts';
import type { Asked, Span } from './moments.ts';
import type { PushesBefore } from './pushes-before.ts';

/** When a push ended. */
export interface PushEnd extends Span {
  /** It keeps its place and counts from its end; else its place was given back. */
  readonly isKept: boolean;
}

/** A push that the pods made. */
export interface RecordedPush {
  readonly eventId: string;
  readonly push: PushSubject;
  /** Undefined while no record says how it ended. */
  end: PushEnd | undefined;
}

/** A push, or what may be one. */
export interface HistoryEntry {
  readonly eventId: string;
  readonly claimed: Span;
  /** All that this pod decides of the user from now on comes after it; undefined: it is not said whose it is. */
  readonly pod: string | undefined;
  /** It is a push of one of these; undefined: of whatever coupon. */
  readonly pushes: readonly PushSubject[] | undefined;
  /** False: there may be no such push. */
  readonly isSure: boolean;
  /** It ends as that one did. */
  readonly recorded: Pick<RecordedPush, 'end'>;
  /** As it was claimed, where that is known. */
  readonly envelope: PushEnvelope | undefined;
}

export interface PushHistory {
  readonly entries: readonly HistoryEntry[];
  /** Pushes of which there is no record; undefined: there are none. */
  readonly before: PushesBefore | undefined;
}

export interface Count {
  /** How many surely count. */
  readonly least: number;
  /** How many may count. */
  readonly most: number;
}

const MISSING = 0;
const MAY_COUNT = 1;
const COUNTS = 2;
type Counting = typeof MISSING | typeof MAY_COUNT | typeof COUNTS;

/** @param atMs by Redis's clock. */
export function endOf(outcome: DeliveryOutcome, atMs: number): PushEnd {
  const isKept = outcome === 'sent' || outcome === 'unknown' || outcome === 'dry_run';
  return { fromMs: atMs, untilMs: atMs, isKept };
}

/** Whether it was claimed before the claims are asked. */
export function isClaimedBefore({ claimed, pod }: HistoryEntry, asked: Asked): 'surely' | 'maybe' | 'no' {
  if (pod === asked.pod || claimed.untilMs < asked.at.fromMs) return 'surely';
  return claimed.fromMs > asked.at.untilMs ? 'no' : 'maybe';
}

/**
 * How many pushes count under a cap, beside those of which there is no record.
 *
 * @param push what it is asked for; undefined: for the user, of a cap that counts every push.
 */
export function countEntries(
  entries: readonly HistoryEntry[],
  { per, windowMs }: Cap,
  push: PushSubject | undefined,
  asked: Asked,
): Count {
  let least = 0;
  let most = 0;
  for (const entry of entries) {
    const counting = countingOf(entry.recorded.end, asked.at, windowMs);
    if (counting === MISSING) continue;
    const before = isClaimedBefore(entry, asked);
    if (before === 'no') continue;
    const subject = push === undefined ? COUNTS : subjectOf(entry.pushes, per, push);
    if (subject === MISSING) continue;
    most += 1;
    const isSure = entry.isSure && before === 'surely';
    if (isSure && counting === COUNTS && subject === COUNTS) least += 1;
  }
  return { least, most };
}

/** Epoch ms: about since when each of the pushes counts that surely do, as far as they have been delivered. */
export function countingSince(
  entries: readonly HistoryEntry[],
  { per, windowMs }: Cap,
  push: PushSubject | undefined,
  asked: Asked,
): readonly number[] {
  return entries.flatMap((entry) => {
    const { isSure, pushes, recorded } = entry;
    const { end } = recorded;
    const isSame = push === undefined || subjectOf(pushes, per, push) === COUNTS;
    if (!isSure || !isSame || end?.isKept !== true) return [];
    const isCounted =
      countingOf(end, asked.at, windowMs) === COUNTS && isClaimedBefore(entry, asked) === 'surely';
    return isCounted ? [(end.fromMs + end.untilMs) / 2] : [];
  });
}

function countingOf(end: PushEnd | undefined, at: Span, windowMs: number): Counting {
  // It may be undelivered yet, or have ended in any way since.
  if (end === undefined) return MAY_COUNT;
  if (end.isKept) {
    if (end.fromMs > at.untilMs - windowMs) return COUNTS;
    return end.untilMs > at.fromMs - windowMs ? MAY_COUNT : MISSING;
  }
  // Within one millisecond the order is not known.
  if (at.untilMs < end.fromMs) return COUNTS;
  return at.fromMs <= end.untilMs ? MAY_COUNT : MISSING;
}

function subjectOf(
  pushes: readonly PushSubject[] | undefined,
  per: Cap['per'],
  asked: PushSubject,
): Counting {
  const fields = capFields(per);
  if (fields.length === 0) return COUNTS;
  if (pushes === undefined) return MAY_COUNT;
  let same = 0;
  for (const push of pushes) if (fields.every((field) => push[field] === asked[field])) same += 1;
  if (same === 0) return MISSING;
  return same === pushes.length ? COUNTS : MAY_COUNT;
}

/** Drops what no window of `keepMs` or less can hold any more. */
export function dropPassed(entries: HistoryEntry[], nowMs: number, keepMs: number): void {
  let kept = 0;
  for (const entry of entries) {
    const { end } = entry.recorded;
    const countsUntilMs = end === undefined ? Infinity : end.untilMs + (end.isKept ? keepMs : 0);
    if (countsUntilMs > nowMs) entries[kept++] = entry;
  }
  entries.length = kept;
}
