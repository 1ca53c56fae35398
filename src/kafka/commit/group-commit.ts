/**
 * Sends a commit under the generation of the assignment that it belongs to, so that the broker itself refuses a late
 * one.
 *
 * The kafkajs consumer’s own `commitOffsets` can’t do that: it tries again after an error. A try after the next join
 * carries the new generation with the old offsets, for partitions that are another pod’s by then. The commit that comes
 * with each batch does not retry and takes its generation at the call. Before the first batch the heartbeats tell the
 * generation.
 */
import type { Cluster } from 'kafkajs';
import { passFailpoint } from '../../runtime/failpoints.ts';
import { needsCommit, revokeAll, type Assignment } from '../../stream/partition/assignment.ts';
import { brokerErrorType, messageOf } from '../client/client.ts';
import { CommitRefused, FENCED, OF_THE_GROUP } from './commit-answer.ts';
import type { CommitHealth } from './commit-health.ts';
import type { CommitResult } from '../../stream/pace/committer.ts';
import { bytesForIncompleteOffsets, encodeOffsetMetadata } from '../offsets/offset-metadata.ts';
import type { PartitionFlow } from '../../stream/partition/partition-flow.ts';

export const METADATA_TOO_LARGE = 'OFFSET_METADATA_TOO_LARGE';

/** The group has gone on without this member: others may have its partitions already. */
export function isFenced(error: unknown): boolean {
  return FENCED.has(brokerErrorType(error) ?? '');
}

export interface GroupCommitOptions {
  readonly groupId: string;
  readonly topic: string;
  readonly health: CommitHealth;
  cluster(): Cluster;
}

/** What is to be committed of one partition. */
interface Moved {
  readonly flow: PartitionFlow;
  readonly offset: number;
  readonly metadata: string;
}

/** Commits what has moved since the last commit. Never rejects. */
export async function commitWatermarks(
  assignment: Assignment,
  options: GroupCommitOptions,
): Promise<CommitResult | 'nothing'> {
  const { health } = options;
  let accepted = 0;
  let refusals = 0;
  const result = (): CommitResult | 'nothing' => {
    if (refusals > 0) return accepted > 0 ? 'partial' : 'failed';
    return accepted > 0 ? 'ok' : 'nothing';
  };
  for (;;) {
    if (assignment.state === 'opening' || assignment.state === 'over') return result();
    const moved = findMoved(assignment, health);
    if (moved.length === 0) return result();
    if (assignment.batch === undefined && assignment.generation === undefined) return result();
    passFailpoint('commit.asking');
    const refused = await tryCommit(assignment, moved, options);
    if (typeof refused === 'string') return refused;
    passFailpoint('commit.answered');
    health.went();
    let tooLarge = 0;
    for (const { flow, offset, metadata } of moved) {
      const type = refused.get(flow.partition);
      if (type === undefined) {
        accepted += 1;
        flow.committed = offset;
        health.partitions.clear(flow.partition);
      } else if (type === METADATA_TOO_LARGE && metadata !== '') {
        tooLarge = Math.max(tooLarge, Buffer.byteLength(metadata));
      } else {
        refusals += 1;
        health.partitions.refused(flow.partition, type);
      }
    }
    if (tooLarge === 0) return result();
    // The offset counts for more than its metadata: try again at once, with shorter metadata.
    health.metadataTooLarge(tooLarge);
  }
}

function findMoved(assignment: Assignment, health: CommitHealth): Moved[] {
  const isLast = assignment.state === 'closing';
  return [...assignment.flows.values()]
    .filter(({ partition }) => isLast || !health.partitions.isHeld(partition))
    .map((flow) => {
      // While the topic’s id is not known, the committed id stays: it tells a later pod of a change.
      const topicId = assignment.topicId ?? assignment.committedTopicId;
      const { maxMetadataBytes } = health;
      const incomplete = isLast
        ? flow.encodeIncompleteOffsets(bytesForIncompleteOffsets(topicId, maxMetadataBytes))
        : '';
      const metadata = encodeOffsetMetadata({ topicId, incomplete }, maxMetadataBytes);
      return { flow, offset: flow.watermark, incomplete, metadata };
    })
    .filter(({ flow, incomplete }) => incomplete !== '' || needsCommit(flow));
}

/** @returns the refusals by partition, or what became of the commit as a whole. */
async function tryCommit(
  assignment: Assignment,
  moved: readonly Moved[],
  options: GroupCommitOptions,
): Promise<ReadonlyMap<number, string> | CommitResult> {
  const { groupId, topic, health } = options;
  const partitions = moved.map(({ flow, offset, metadata }) => ({
    partition: flow.partition,
    offset: String(offset),
    metadata,
  }));
  const topics = [{ topic, partitions }];
  try {
    if (assignment.batch !== undefined) {
      // Synchronous until the request carries the generation: no join can come in between.
      await assignment.batch.commitOffsetsIfNecessary({ topics });
    } else {
      const coordinator = await options.cluster().findGroupCoordinator({ groupId });
      const { memberId, generation: groupGenerationId = -1 } = assignment;
      await coordinator.offsetCommit({ groupId, memberId, groupGenerationId, topics });
    }
    return new Map();
  } catch (error) {
    if (isFenced(error)) {
      health.failed(messageOf(error));
      // Others may have its partitions already.
      revokeAll(assignment);
      return 'dropped';
    }
    if (
      error instanceof CommitRefused &&
      ![...error.refused.values()].some((type) => OF_THE_GROUP.has(type))
    ) {
      return error.refused;
    }
    health.failed(messageOf(error));
    return 'failed';
  }
}
