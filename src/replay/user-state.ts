/** What a replay keeps of one user. A recording has many users, most of whom have no push: of these nothing is kept. */
import { dropPassed, type HistoryEntry, type PushEnd, type RecordedPush } from './push-history.ts';
import type { SeenCaps } from './pushes-before.ts';
import type { RecordedEvent } from './recorded-event.ts';

/** What one side's rules have made of a user's events. */
export interface SideOfUser {
  readonly entries: HistoryEntry[];
  /** Of each pod the last event that took another course than there; until when it may have run, epoch ms. */
  readonly changed: { readonly pod: string; untilMs: number }[];
}

export interface User {
  readonly recorded: RecordedPush[];
  /** The same, as caps count them. */
  readonly live: HistoryEntry[];
  readonly after: SideOfUser;
  readonly before: SideOfUser;
  readonly seen: SeenCaps;
  /** Ends whose push is not known yet. */
  readonly ends: { readonly eventId: string; readonly end: PushEnd }[];
}

export function newUser(): User {
  const side = (): SideOfUser => ({ entries: [], changed: [] });
  return { recorded: [], live: [], after: side(), before: side(), seen: [], ends: [] };
}

export function isEmpty({ recorded, after, before, seen, ends }: User): boolean {
  const kept = [after, before].reduce((sum, one) => sum + one.entries.length + one.changed.length, 0);
  return recorded.length + seen.length + ends.length + kept === 0;
}

/** Drops what no window of `keepMs` or less can hold any more. */
export function prune(user: User, nowMs: number, keepMs: number): void {
  if (user.recorded.length > 0) {
    dropPassed(user.live, nowMs, keepMs);
    const kept = new Set(user.live.map(({ recorded }) => recorded));
    for (let at = user.recorded.length - 1; at >= 0; at -= 1) {
      if (!kept.has(user.recorded[at] as RecordedPush)) user.recorded.splice(at, 1);
    }
  }
  for (const { entries, changed } of [user.after, user.before]) {
    dropPassed(entries, nowMs, keepMs);
    dropWhere(changed, ({ untilMs }) => untilMs < nowMs);
  }
  dropWhere(user.ends, ({ end }) => end.untilMs + keepMs < nowMs);
}

export function noteChanged(
  changed: SideOfUser['changed'],
  { record: { pod }, claim: { untilMs } }: RecordedEvent,
): void {
  const last = changed.find((one) => one.pod === pod);
  if (last === undefined) changed.push({ pod, untilMs });
  else last.untilMs = untilMs;
}

export function dropWhere<T>(list: T[], isOver: (one: T) => boolean): void {
  if (list.length === 0) return;
  let kept = 0;
  for (const one of list) if (!isOver(one)) list[kept++] = one;
  list.length = kept;
}
