/**
 * Sends a commit under the generation of the assignment that it belongs to, so that the broker itself refuses
 * one that comes too late.
 *
 * Not by the kafkajs consumer's own `commitOffsets`: that one tries again after an error, and a try after the
 * next join goes out under the new generation with the old offsets, for partitions that are now another pod's.
 * The commit that comes with each batch does not retry and takes its generation at the call; before the first
 * batch the generation is known from the heartbeats.
 */
import type { Cluster } from 'kafkajs';
import { passFailpoint } from '../domain/failpoints.ts';
import { needsCommit, type Assignment } from './assignment.ts';
import { brokerErrorType } from './client.ts';
import type { CommitResult } from './consumer-options.ts';

/** Answers to a member that the group has gone on without. */
const FENCED = new Set(['UNKNOWN_MEMBER_ID', 'ILLEGAL_GENERATION', 'FENCED_INSTANCE_ID']);

/** The group has gone on without this member: what it held may be in other hands already. */
export function isFenced(error: unknown): boolean {
  return FENCED.has(brokerErrorType(error) ?? '');
}

export interface GroupCommitOptions {
  readonly groupId: string;
  readonly topic: string;
  cluster(): Cluster;
  onError(error: unknown, fenced: boolean): void;
}

/** Commits what has moved since the last commit. Never rejects. */
export async function commitWatermarks(
  assignment: Assignment,
  options: GroupCommitOptions,
): Promise<CommitResult | 'nothing'> {
  if (assignment.state === 'opening' || assignment.state === 'over') return 'nothing';
  const isLast = assignment.state === 'closing';
  const moved = [...assignment.flows.values()]
    .map((flow) => ({ flow, offset: flow.watermark, note: isLast ? flow.noteUndecided() : '' }))
    .filter(({ flow, note }) => note !== '' || needsCommit(flow));
  if (moved.length === 0) return 'nothing';
  const partitions = moved.map(({ flow, offset, note }) => ({
    partition: flow.partition,
    offset: String(offset),
    metadata: note,
  }));
  const topics = [{ topic: options.topic, partitions }];
  passFailpoint('commit.asking');
  try {
    if (assignment.batch !== undefined) {
      // Synchronous up to the moment at which the request carries the generation: no join can slip in.
      await assignment.batch.commitOffsetsIfNecessary({ topics });
    } else if (assignment.generation !== undefined) {
      const { groupId } = options;
      const coordinator = await options.cluster().findGroupCoordinator({ groupId });
      const { memberId, generation: groupGenerationId } = assignment;
      await coordinator.offsetCommit({ groupId, memberId, groupGenerationId, topics });
    } else {
      return 'nothing';
    }
  } catch (error) {
    const fenced = isFenced(error);
    options.onError(error, fenced);
    return fenced ? 'dropped' : 'failed';
  }
  passFailpoint('commit.answered');
  for (const { flow, offset } of moved) flow.committed = offset;
  return 'ok';
}
