/**
 * Where a partition's reading begins. Asked of Kafka by ourselves at each assignment instead of being taken from
 * the first batch that kafkajs hands over: that one may stem from an assignment before this one.
 */
import { readNote, type InheritedNote } from './handover-note.ts';
import type { Committed, CommittedEntry, PartitionRange } from './offset-reader.ts';

/** Beside offset 0: this group has read nothing of the partition, and begins at its end. */
export const BEGINS_AT_END = 'latest';

export interface StartPosition {
  readonly offset: number;
  /** What the group has committed, where that is a position in the log as it is now; else undefined. */
  readonly committed: number | undefined;
  /** What the pod before has done beyond the committed offset. */
  readonly inherited: InheritedNote | undefined;
  /** Set where the committed offset is gone: deleted by retention, or the log was made anew. */
  readonly lost: { readonly committed: Committed; readonly range: PartitionRange } | undefined;
}

/**
 * Without a committed offset: the beginning. (`latest` is no case here: a new group's ends are committed before
 * it is joined, so that what has none later was added later.) A committed offset outside the log: the beginning
 * of what there is, because skipping is the worse of the two faults.
 */
export function findStart(entry: CommittedEntry | undefined, range: PartitionRange): StartPosition {
  const committed = entry?.offset ?? 'none';
  if (committed === 0 && entry?.note === BEGINS_AT_END) {
    return { offset: range.high, committed: undefined, inherited: undefined, lost: undefined };
  }
  const beginning = { offset: range.low, committed: undefined, inherited: undefined };
  if (committed === 'none') return { ...beginning, lost: undefined };
  if (committed === 'reset' || committed < range.low || committed > range.high) {
    return { ...beginning, lost: { committed, range } };
  }
  return { offset: committed, committed, inherited: readNote(entry?.note ?? '', committed), lost: undefined };
}
