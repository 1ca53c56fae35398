/**
 * Where a partition’s reading begins. Each assignment asks Kafka itself. The first batch that kafkajs hands over may
 * come from an earlier assignment.
 */
import { decodeIncompleteOffsets, type InheritedOffsets } from '../../stream/partition/incomplete-offsets.ts';
import { decodeOffsetMetadata } from './offset-metadata.ts';
import type { Committed, CommittedEntry, PartitionRange } from './offset-reader.ts';

/** Metadata beside offset 0: this group has read nothing of the partition, and begins at its end. */
export const BEGINS_AT_END = 'latest';

export interface StartPosition {
  readonly offset: number;
  /** What the group has committed, where that is a position in the present log; else undefined. */
  readonly committed: number | undefined;
  /** Set where the start depends on when it is asked for: it is committed before anything is read. */
  readonly isCommittedFirst?: true;
  /** What the pod before has done beyond the committed offset. */
  readonly inherited: InheritedOffsets | undefined;
  /** Set where offsets that nobody has read are gone: deleted by retention or by hand. */
  readonly lost: LostOffsets | undefined;
  /** Set where the committed offset says nothing of the present log. */
  readonly reset: PositionReset | undefined;
}

export interface PositionReset {
  /** `remade`: the offset belongs to another topic of the same name. `cut_off`: it is beyond the log’s end. */
  readonly reason: ResetReason;
  readonly committed: number;
  readonly range: PartitionRange;
}

export type ResetReason = 'remade' | 'cut_off';

export interface LostOffsets {
  readonly committed: Committed;
  readonly range: PartitionRange;
  /** At most this many: some may never have held a record. Undefined where that can’t be known. */
  readonly offsets: number | undefined;
}

/**
 * Without a committed offset: the beginning. (`latest` is no case here: a new group commits its ends before it is
 * joined, so a partition without an offset was added later.) A committed offset outside the log: the log’s first
 * offset, because skipping is worse than repeating. The same for an offset of another topic, which may well be in the
 * log.
 */
export function findStart(
  entry: CommittedEntry | undefined,
  range: PartitionRange,
  topicId?: string,
): StartPosition {
  const committed = entry?.offset ?? 'none';
  const start = { offset: range.low, committed: undefined, inherited: undefined };
  const well = { lost: undefined, reset: undefined };
  if (committed === 'none') return { ...start, ...well };
  if (committed === 0 && entry?.metadata === BEGINS_AT_END) {
    return { ...start, ...well, offset: range.high, isCommittedFirst: true };
  }
  if (committed === 'reset') return { ...start, ...well, lost: { committed, range, offsets: undefined } };
  const metadata = decodeOffsetMetadata(entry?.metadata ?? '');
  const isRemade = metadata.topicId !== undefined && topicId !== undefined && metadata.topicId !== topicId;
  if (isRemade || committed > range.high) {
    return { ...start, ...well, reset: { reason: isRemade ? 'remade' : 'cut_off', committed, range } };
  }
  const inherited = decodeIncompleteOffsets(metadata.incomplete, committed);
  if (committed >= range.low) return { ...well, offset: committed, committed, inherited };
  const offsets = countUndecided(committed, range.low, inherited);
  // Where the previous owner had decided all that is gone, nothing is lost.
  const lost = offsets > 0 ? { committed, range, offsets } : undefined;
  return { ...well, offset: range.low, committed: undefined, inherited, lost };
}

/** How many offsets from `from` to before `low` nobody has decided. */
function countUndecided(from: number, low: number, inherited: InheritedOffsets | undefined): number {
  if (inherited === undefined) return low - from;
  const undecided = [...inherited.undecided.keys()].filter((offset) => offset < low).length;
  return undecided + Math.max(0, low - Math.max(from, inherited.until));
}
