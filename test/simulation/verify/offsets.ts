/** "Offsets at the end": the group has committed exactly up to the end of every partition. */
import type { Violation } from './evidence.ts';

export interface PartitionOffset {
  readonly partition: number;
  /** Decimal digits; -1 where nothing was committed. */
  readonly offset: string;
}

/** Partitions whose committed offset is not their end. A partition that never held a record may be uncommitted. */
export const findOffsetGaps = (
  committed: readonly PartitionOffset[],
  ends: readonly PartitionOffset[],
): readonly Violation[] => {
  if (ends.length === 0) return [{ message: 'the topic has no partitions' }];
  const byPartition = new Map(committed.map(({ partition, offset }) => [partition, BigInt(offset)]));
  return ends.flatMap(({ partition, offset }) => {
    const end = BigInt(offset);
    const at = byPartition.get(partition) ?? -1n;
    if (at === end || (end === 0n && at < 0n)) return [];
    const where = at < 0n ? 'nothing' : String(at);
    return [{ message: `partition ${partition}: committed ${where}, ends at ${offset}` }];
  });
};
