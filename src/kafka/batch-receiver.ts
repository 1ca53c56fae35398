/**
 * Receives the batches of kafkajs. A batch that begins exactly where we expect it goes into its partition’s buffer. Any
 * other batch is refused, and fetched again from there. Where the log has no such offset, what the log has decides.
 *
 * After a join, kafkajs may still hand over batches that it fetched before. Resolving their offsets would move the new
 * assignment’s position past records that nobody has read. So only what was taken is resolved, and every batch is
 * compared with our own position.
 */
import type { ConsumerEndBatchProcessEvent, EachBatchPayload } from 'kafkajs';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import { parseOffset } from '../stream/buffer/parse-offset.ts';
import type { Assignment } from '../stream/partition/assignment.ts';
import { fetchedOffset, nextOffset, toEntries, type LaneRule } from './fetch/batch-entries.ts';
import { messageOf } from './client/client.ts';
import type { Partitions } from '../stream/partitions.ts';
import type { PartitionPositions } from './group/partition-positions.ts';
import type { OffsetReader, PartitionRange } from './offsets/offset-reader.ts';
import type { FlowEntry } from '../stream/buffer/flow-buffer.ts';
import type { PartitionEnds } from './fetch/partition-fetch.ts';
import type { PartitionFlow } from '../stream/partition/partition-flow.ts';

const WAIT_MS = 100;

export interface BatchReceiverOptions {
  readonly partitions: Partitions;
  readonly positions: PartitionPositions;
  readonly reader: OffsetReader;
  readonly lane: LaneRule;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface BatchReceiver {
  /** Rejects only with what the client’s heartbeat rejects with: so kafkajs learns of a rebalance. */
  eachBatch(payload: EachBatchPayload): Promise<void>;
  /** A batch of only control or aborted records. The client skips it and never calls {@link eachBatch}. */
  batchEnded(event: ConsumerEndBatchProcessEvent['payload']): void;
  /** How far the partition’s log reaches now, as a fetch’s answer says. */
  readonly reachesTo: (partition: number, ends: PartitionEnds) => void;
  /** The broker says that the log has no such offset: the log begins later or ends before. */
  readonly outOfRange: (partition: number, offset: number) => void;
  /** The consumer has handed over for good: batches that wait are dropped. */
  stop(): void;
}

export function createBatchReceiver(options: BatchReceiverOptions): BatchReceiver {
  const { partitions, positions } = options;
  const { pump } = partitions;
  let isOver = false;
  const realigning = new Set<PartitionFlow>();

  /** Waits until the current assignment takes batches. Undefined where it never will, as the pod leaves. */
  async function whenOpen(payload: EachBatchPayload): Promise<Assignment | undefined> {
    while (!isOver) {
      const { current } = partitions;
      if (current?.state === 'open') return current;
      await payload.heartbeat();
      await options.clock.sleep(WAIT_MS);
    }
    return undefined;
  }

  function take(
    assignment: Assignment,
    flow: PartitionFlow,
    payload: EachBatchPayload,
    entries: readonly FlowEntry[],
  ): void {
    const { batch } = payload;
    assignment.batch = payload;
    flow.append(entries, nextOffset(batch));
    payload.resolveOffset(String(flow.fetchPosition - 1));
    pump.regulate();
    pump.wake();
  }

  /** Finds out why the log has no such offset: deleted by retention or by hand, cut off at its end, or made anew. */
  async function realign(assignment: Assignment, flow: PartitionFlow): Promise<void> {
    const { partition, fetchPosition: expected } = flow;
    let ranges: ReadonlyMap<number, PartitionRange> = new Map();
    try {
      ranges = await options.reader.ranges();
    } catch (error) {
      options.logger.warn({ partition, error: messageOf(error) }, 'the partition’s range could not be read');
    }
    const range = ranges.get(partition);
    // Also where reading has gone on meanwhile, in a log that has grown past its cut end.
    if (range === undefined || !isServed(assignment, flow)) return;
    if (expected < range.low) {
      positions.passDeleted(partition, range.low);
      pump.wake();
    } else {
      // The log’s end was cut off, and the log may have grown past it since. Or the topic is another now: then all its
      // partitions begin anew.
      await positions.checkTopic();
      // A partition that has begun anew, or is another pod’s meanwhile, needs nothing more.
      if (!isServed(assignment, flow)) return;
      positions.restart(partition, range);
    }
    seekTo(assignment, partition);
  }

  function isServed(assignment: Assignment, flow: PartitionFlow): boolean {
    if (assignment !== partitions.current || assignment.state !== 'open') return false;
    return assignment.flows.get(flow.partition) === flow;
  }

  function seekTo(assignment: Assignment, partition: number): void {
    const flow = assignment.flows.get(partition);
    if (flow !== undefined) positions.seek(partition, flow.fetchPosition);
  }

  return {
    async eachBatch(payload) {
      const { batch } = payload;
      // First, as copying takes its time: after the look at the assignment nothing is awaited.
      const entries = await toEntries(batch, options.lane);
      const assignment = await whenOpen(payload);
      const flow = assignment?.flows.get(batch.partition);
      if (assignment === undefined || flow === undefined) return;
      const found = fetchedOffset(batch);
      if (found === flow.fetchPosition) {
        take(assignment, flow, payload, entries);
      } else {
        const { partition, fetchPosition: expected } = flow;
        options.logger.debug({ partition, expected, found }, 'a batch begins elsewhere than expected');
        seekTo(assignment, partition);
      }
    },
    batchEnded(event) {
      const { partition, batchSize, lastOffset } = event;
      const assignment = partitions.current;
      if (batchSize > 0 || assignment === undefined) return;
      const flow = assignment.flows.get(partition);
      if (assignment.state !== 'open' || flow === undefined) {
        assignment.toSeek.add(partition);
        return;
      }
      // The first of such records tells where the fetch began.
      const first = parseOffset(event.firstOffset);
      const next = parseOffset(lastOffset) + 1;
      if (first === flow.fetchPosition && next > first) {
        flow.append([{ kind: 'skip', next, passedOver: 0 }], next);
        pump.wake();
      } else {
        // Fetched before a join.
        seekTo(assignment, partition);
      }
    },
    reachesTo(partition, { highWatermark, lastStableOffset }) {
      const flow = partitions.current?.flows.get(partition);
      if (flow === undefined) return;
      flow.highWaterMark = highWatermark;
      flow.lastStableOffset = lastStableOffset;
    },
    outOfRange(partition, offset) {
      const assignment = partitions.current;
      const flow = assignment?.flows.get(partition);
      if (assignment?.state !== 'open' || flow === undefined) return;
      if (offset !== flow.fetchPosition) {
        seekTo(assignment, partition);
      } else if (!realigning.has(flow)) {
        realigning.add(flow);
        void realign(assignment, flow).finally(() => realigning.delete(flow));
      }
    },
    stop() {
      isOver = true;
    },
  };
}
