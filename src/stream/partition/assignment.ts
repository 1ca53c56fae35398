/**
 * The partitions of this pod between one join of the group and the next. Each join makes a new assignment with new
 * flows, also for partitions that stay. So nothing of an earlier assignment can finish, commit or be counted in this
 * one.
 *
 *   opening  joined, start positions not known yet: batches wait
 *   open     batches are taken, events run, watermarks are committed
 *   draining a join is held, or the pod stops: nothing is started, what runs may finish, commits go on
 *   closing  the last commit, which also names what is undecided beyond the watermarks
 *   over     handed over: nothing may be committed any more
 */
import type { PartitionFlow } from './partition-flow.ts';

/** What the client gives with a batch: a heartbeat, and commits under the batch’s own generation. */
export interface BatchHandle {
  heartbeat(): Promise<void>;
  commitOffsetsIfNecessary(offsets: {
    topics: {
      topic: string;
      partitions: { partition: number; offset: string; metadata?: string | null }[];
    }[];
  }): Promise<void>;
}

export interface Assignment {
  readonly memberId: string;
  readonly partitions: readonly number[];
  state: 'opening' | 'open' | 'draining' | 'closing' | 'over';
  readonly flows: Map<number, PartitionFlow>;
  /** The id of the topic that the positions are of; undefined while it is not known. */
  topicId: string | undefined;
  /** The id that earlier pods have written beside their commits. */
  committedTopicId: string | undefined;
  /** The group's generation, once a heartbeat has told it. */
  generation: number | undefined;
  /** The newest batch taken: the client gives its heartbeat and commit only with a batch. */
  batch: BatchHandle | undefined;
  /** Partitions whose position at the client may have gone past ours before the start was known. */
  readonly toSeek: Set<number>;
}

export function createAssignment(memberId: string, partitions: readonly number[]): Assignment {
  return {
    memberId,
    partitions: [...partitions].sort((a, b) => a - b),
    state: 'opening',
    flows: new Map(),
    topicId: undefined,
    committedTopicId: undefined,
    generation: undefined,
    batch: undefined,
    toSeek: new Set(),
  };
}

export function sumInFlight(assignment: Assignment | undefined): number {
  let sum = 0;
  for (const flow of assignment?.flows.values() ?? []) sum += flow.inFlight;
  return sum;
}

/** True where every event has its outcome, every watermark is committed and no buffer holds anything. */
export function hasNothingLeft(assignment: Assignment): boolean {
  for (const flow of assignment.flows.values()) {
    if (flow.inFlight > 0 || flow.heldBytes > 0 || needsCommit(flow) || flow.encodeIncompleteOffsets() !== '')
      return false;
  }
  return true;
}

/** True where the watermark is beyond what is committed. Never asks for a commit that goes backwards. */
export function needsCommit(flow: PartitionFlow): boolean {
  return flow.committed === undefined || flow.watermark > flow.committed;
}

/** Closes all flows and revokes everything that runs: others may have the partitions already. */
export function revokeAll(assignment: Assignment): void {
  for (const flow of assignment.flows.values()) flow.lose();
}
