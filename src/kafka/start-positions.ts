/**
 * Where a partition's reading begins. Asked of Kafka by ourselves at each assignment instead of being taken from
 * the first batch that kafkajs hands over: that one may stem from an assignment before this one.
 */
import type { Committed, PartitionRange } from './offset-reader.ts';

export interface StartPosition {
  readonly offset: number;
  /** What the group has committed, where that is a position in the log as it is now; else undefined. */
  readonly committed: number | undefined;
  /** Set where the committed offset is gone: deleted by retention, or the log was made anew. */
  readonly lost: { readonly committed: Committed; readonly range: PartitionRange } | undefined;
}

/**
 * Without a committed offset: the beginning. (`latest` is no case here: a new group's ends are committed before
 * it is joined, so that what has none later was added later.) A committed offset outside the log: the beginning
 * of what there is, because skipping is the worse of the two faults.
 */
export function findStart(committed: Committed, range: PartitionRange): StartPosition {
  if (committed === 'none') return { offset: range.low, committed: undefined, lost: undefined };
  if (committed === 'reset' || committed < range.low || committed > range.high) {
    return { offset: range.low, committed: undefined, lost: { committed, range } };
  }
  return { offset: committed, committed, lost: undefined };
}
