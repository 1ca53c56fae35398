/**
 * KAFKA_START=latest: commits the ends of all partitions before a new group is joined for the first time. From then on,
 * a partition without a committed offset was added later, and begins at its beginning. A crash before the first commit
 * skips nothing.
 *
 * The commit is nobody’s member, which the broker accepts only while the group has no members. So a pod that finds
 * nothing committed and comes too late cannot move the start of a pod that has begun. Of two pods the last commit
 * decides, and neither has read anything before.
 *
 * A partition that has no leader within reach tells no end, and holds nobody up. Its metadata says that it begins at
 * its end: the end that it has when it is first read. That offset is committed before any of its events is done.
 */
import type { Cluster } from 'kafkajs';
import type { Logger } from '../../runtime/logger.ts';
import type { OffsetReader } from '../offsets/offset-reader.ts';
import { CommitRefused } from '../commit/commit-answer.ts';
import { isFenced, METADATA_TOO_LARGE } from '../commit/group-commit.ts';
import { BEGINS_AT_END } from '../offsets/start-positions.ts';

export interface LatestStartOptions {
  readonly reader: OffsetReader;
  readonly groupId: string;
  readonly topic: string;
  cluster(): Cluster;
  readonly logger: Logger;
}

/** Resolves with true once the group has a start. Rejects where Kafka is away: to be called again. */
export async function commitLatestStart(options: LatestStartOptions): Promise<boolean> {
  const { reader, groupId, topic, logger } = options;
  const committed = await reader.committed();
  if ([...committed.values()].some(({ offset }) => offset !== 'none')) return true;
  const ranges = await reader.ranges();
  const partitions = (await reader.partitions()).map((partition) => {
    const range = ranges.get(partition);
    if (range !== undefined) return { partition, offset: String(range.high), metadata: '' };
    return { partition, offset: '0', metadata: BEGINS_AT_END };
  });
  if (partitions.length === 0) return false;
  const coordinator = await options.cluster().findGroupCoordinator({ groupId });
  try {
    const outsider = { memberId: '', groupGenerationId: -1 };
    await coordinator.offsetCommit({ groupId, ...outsider, topics: [{ topic, partitions }] });
  } catch (error) {
    // The other partitions were committed. The refused ones begin at their beginning, which skips nothing.
    if (isMetadataRefused(error)) {
      logger.warn(
        { groupId, topic, partitions },
        'the broker keeps no text beside offsets: some begin at their beginning',
      );
      return true;
    }
    if (!isFenced(error)) throw error;
    logger.info({ groupId }, 'another pod has begun: its start position holds');
    return true;
  }
  logger.info({ groupId, topic, partitions }, 'a new group: begins at the end of each partition');
  return true;
}

function isMetadataRefused(error: unknown): boolean {
  if (!(error instanceof CommitRefused)) return false;
  return [...error.refused.values()].every((type) => type === METADATA_TOO_LARGE);
}
