/**
 * What is done with a batch that kafkajs hands over: taken into its partition's buffer where it begins exactly
 * where we expect it, and otherwise refused and fetched again from there.
 *
 * After a join, kafkajs may still hand over batches that were fetched before it, and resolving their offsets
 * would move the new assignment's position past records that nobody has read. So nothing is resolved that was
 * not taken, and every batch is measured against our own position.
 */
import type { ConsumerEndBatchProcessEvent, EachBatchPayload } from 'kafkajs';
import type { Clock, Logger } from '../pipeline/ports.ts';
import { parseOffset } from '../stream/partition-offsets.ts';
import type { Assignment } from './assignment.ts';
import { fetchedOffset, nextOffset, toEntries, type LaneRule } from './batch-entries.ts';
import { messageOf } from './client.ts';
import type { IntakePump } from './intake-pump.ts';
import type { Membership } from './membership.ts';
import type { OffsetReader } from './offset-reader.ts';
import type { FlowEntry } from './flow-buffer.ts';
import type { PartitionFlow } from './partition-flow.ts';

const WAIT_MS = 100;

export interface BatchIntakeOptions {
  readonly membership: Membership;
  readonly pump: IntakePump;
  readonly reader: OffsetReader;
  readonly lane: LaneRule;
  readonly clock: Clock;
  readonly logger: Logger;
  /** True once the consumer has handed over for good: waiting ends. */
  isOver(): boolean;
}

export interface BatchIntake {
  /** Rejects only with what the client's heartbeat rejects with: that is how it learns of a rebalance. */
  eachBatch(payload: EachBatchPayload): Promise<void>;
  /** A batch of control or aborted records only never reaches {@link eachBatch}; the client skipped it itself. */
  batchEnded(event: ConsumerEndBatchProcessEvent['payload']): void;
}

export function createBatchIntake(options: BatchIntakeOptions): BatchIntake {
  const { membership, pump } = options;

  /** Waits until the current assignment takes batches. Undefined: it will not happen, the pod is leaving. */
  async function whenOpen(payload: EachBatchPayload): Promise<Assignment | undefined> {
    while (!options.isOver()) {
      const { current } = membership;
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
    assignment.doubtful.delete(batch.partition);
    flow.highWaterMark = Math.max(flow.highWaterMark, parseOffset(batch.highWatermark));
    flow.append(entries, nextOffset(batch));
    payload.resolveOffset(String(flow.fetchPosition - 1));
    pump.regulate();
    pump.wake();
  }

  /** Finds out why a batch begins elsewhere: fetched before a join, deleted by retention, a log made anew. */
  async function realign(assignment: Assignment, flow: PartitionFlow, found: number): Promise<void> {
    const { partition, fetchPosition: expected } = flow;
    options.logger.debug({ partition, expected, found }, 'a batch begins elsewhere than expected');
    let target = expected;
    try {
      const range = (await options.reader.ranges()).get(partition);
      if (assignment !== membership.current || assignment.flows.get(partition) !== flow) return;
      if (range !== undefined && (expected < range.low || expected > range.high)) {
        membership.restart(partition, range);
        target = range.low;
      }
    } catch (error) {
      options.logger.warn({ partition, error: messageOf(error) }, 'the partition’s range could not be read');
    }
    membership.seek(partition, target);
  }

  return {
    async eachBatch(payload) {
      const { batch } = payload;
      // First, as it takes its time: from the look at the assignment on, nothing is waited for.
      const entries = await toEntries(batch, options.lane);
      const assignment = await whenOpen(payload);
      const flow = assignment?.flows.get(batch.partition);
      if (assignment === undefined || flow === undefined) return;
      const found = fetchedOffset(batch);
      if (found === flow.fetchPosition) take(assignment, flow, payload, entries);
      else await realign(assignment, flow, found);
    },
    batchEnded(event) {
      const { partition, batchSize, lastOffset } = event;
      const assignment = membership.current;
      if (batchSize > 0 || assignment === undefined) return;
      const flow = assignment.flows.get(partition);
      if (assignment.state !== 'open' || flow === undefined) {
        assignment.toSeek.add(partition);
        return;
      }
      const last = parseOffset(lastOffset);
      // Null, whatever the types say, where even the offsets before the fetched one were all that came.
      const first = (event.firstOffset as string | null) === null ? last : parseOffset(event.firstOffset);
      const { fetchPosition } = flow;
      // The client does not tell where this fetch began. One from before a join is refused by fetching again
      // from our position; what then comes a second time begins after a gap in the log.
      const begins = first === fetchPosition || assignment.doubtful.get(partition) === first;
      if (begins && first >= fetchPosition && last >= fetchPosition) {
        assignment.doubtful.delete(partition);
        flow.append([{ kind: 'skip', next: last + 1, passedOver: 0 }], last + 1);
        pump.wake();
      } else {
        assignment.doubtful.set(partition, first);
        membership.seek(partition, fetchPosition);
      }
    },
  };
}
