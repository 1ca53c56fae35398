/**
 * What may have been claimed before an event although its record comes behind: decisions of several pods overlap, and where
 * a claim was not made, its moment is not known.
 */
import type { PushSubject } from '../domain/cap.ts';
import { anyPush, pushesOf, unknownAtOnce } from './answer.ts';
import { isResumed } from './moments.ts';
import type { HistoryEntry, PushHistory } from './push-history.ts';
import type { RecordedEvent } from './recorded-event.ts';
import type { ReplayEvent } from './replay-event.ts';

const NO_PUSH: PushHistory = { entries: [], before: undefined };

/** Whether a later record of the user may have claimed before. One pod takes a user's events one after the other. */
export function mayPrecede(later: RecordedEvent, { record, claim }: RecordedEvent): boolean {
  const isBehind = later.record.pod === record.pod && !isResumed(later.record);
  return !isBehind && later.claim.fromMs <= claim.untilMs;
}

/**
 * Of those behind an event, all but the runs that only found again what is recorded: `isKnownPush`, or the event's own push.
 */
export function withoutFoundAgain(
  following: readonly RecordedEvent[],
  { record }: RecordedEvent,
  isKnownPush: (eventId: string) => boolean,
): readonly RecordedEvent[] {
  if (following.length === 0) return following;
  const isOwn = (eventId: string): boolean => record.outcome === 'queued' && record.eventId === eventId;
  return following.filter(
    (other) =>
      !isResumed(other.record) || !(isOwn(other.record.eventId) || isKnownPush(other.record.eventId)),
  );
}

/** How many pushes each event may come to where no other counts; one side's. An event follows several others. */
export type MostAlone = WeakMap<RecordedEvent, number>;

/**
 * What these events may have claimed. One that claims nothing where no other push counts claims nothing at all.
 *
 * @param entries pushes that are in the history already.
 * @param alone of the side that `decide` is of; filled in here.
 */
export async function unsurePushes(
  following: readonly RecordedEvent[],
  entries: readonly HistoryEntry[],
  decide: ReplayEvent,
  alone: MostAlone,
): Promise<HistoryEntry[]> {
  const unsure: HistoryEntry[] = [];
  for (const other of following) {
    const { eventId, couponApi } = other.record;
    if (entries.some((entry) => entry.eventId === eventId)) continue;
    const most = alone.get(other) ?? (await mostAlone(other, decide));
    alone.set(other, most);
    if (most === 0) continue;
    unsure.push(unsureEntry(other, couponApi === 'answered' ? other.coupons : undefined));
  }
  return unsure;
}

async function mostAlone(event: RecordedEvent, decide: ReplayEvent): Promise<number> {
  const unknown = unknownAtOnce(event.record, false);
  const answer = unknown === undefined ? (await decide(event, NO_PUSH)).answer : anyPush(unknown);
  return pushesOf(answer).most;
}

/** A push that there may be, claimed before or after. */
export function unsureEntry(
  { record: { eventId }, claim: claimed }: RecordedEvent,
  pushes: readonly PushSubject[] | undefined,
): HistoryEntry {
  return {
    ...{ eventId, pod: undefined, claimed, pushes, isSure: false },
    ...{ recorded: { end: undefined }, envelope: undefined },
  };
}
