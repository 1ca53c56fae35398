/**
 * The partitions that this pod has, and what they share: the executor, the pump, the committer, and their limits.
 * Whoever talks to Kafka says which partitions those are, where each begins, and how a commit is sent.
 */
import type { EventHandler } from '../domain/event-work.ts';
import type { Clock } from '../runtime/clock.ts';
import { createByteSemaphore } from '../runtime/collections/byte-semaphore.ts';
import { createKeyedExecutor, type KeyedExecutor } from './execute/keyed-executor.ts';
import { createCommitter, type CommitResult, type Committer } from './pace/committer.ts';
import { createFetchPump, type FetchPump } from './pace/fetch-pump.ts';
import { createAssignment, revokeAll, type Assignment } from './partition/assignment.ts';
import { createKeyRule, type Ordering } from './partition/event-keys.ts';
import type { FlowStart } from './partition/flow-options.ts';
import { createPartitionFlow, type PartitionFlow } from './partition/partition-flow.ts';
import { createPartitionShares } from './partition/partition-shares.ts';

/** What bounds the work on all partitions, and in which order it is done. */
export interface PartitionsLimits {
  readonly topic: string;
  readonly ordering: Ordering;
  /** Events received without outcome in this pod: at most. */
  readonly maxInFlightEvents: number;
  /**
   * A partition’s events from the last commit to the last one received: at most. One record that has more events is
   * still read.
   */
  readonly maxUncommittedEvents: number;
  readonly maxRecordBytes: number;
  /**
   * Bytes of records fetched and not finished in this pod. Each partition may go one fetch beyond, two while it is
   * fast. Default 8 MiB; see {@link FetchPump}.
   */
  readonly maxInFlightBytes?: number;
  /** The same for all partitions together, however many: at most this and one record. Default 32 MiB. */
  readonly mostHeldBytes?: number;
  /** Events at work at once, of different keys. Default 256. */
  readonly maxRunningEvents?: number;
  /** Ms. */
  readonly commitIntervalMs: number;
  readonly commitMaxEvents: number;
  readonly handleEvent: EventHandler;
}

export interface PartitionsOptions extends PartitionsLimits {
  /** What one fetch usually brings of a partition at most. */
  readonly fetchBytes: number;
  /** From a partition's resumption until its next records are there, ms. */
  readonly fetchMs: number;
  readonly clock: Pick<Clock, 'now'>;
  /** Must not throw. */
  readonly meter: { passedOver(records: number): void; commit(result: CommitResult): void };
  /** The client is not to fetch the partition for now. */
  readonly pause: (partition: number) => void;
  readonly resume: (partition: number) => void;
  /** Throws where others may have this pod's partitions by now, and nobody has said so. Default: never. */
  readonly assertMember?: () => void;
  /** Commits what has moved. Must not reject. */
  commit(assignment: Assignment): Promise<CommitResult | 'nothing'>;
  /** The consumer cannot go on. */
  readonly onFault: (error: unknown) => void;
}

export interface Partitions {
  /** Undefined before the first join. */
  readonly current: Assignment | undefined;
  readonly executor: KeyedExecutor;
  readonly pump: FetchPump;
  readonly committer: Committer;
  /** Makes a new assignment the current one. Revokes everything of the one before. */
  assign(memberId: string, partitions: readonly number[]): Assignment;
  /** Begins a partition of the current assignment; anew where it has begun. To be followed by {@link serve}. */
  begin(partition: number, start: FlowStart): PartitionFlow;
  /** From now on the pump serves what has begun. */
  serve(): void;
}

/** At least so many events of a partition are ready ahead: enough until the pump's next turn. */
const LEAST_READY = 8;
/** Of all events that may run, this part is taken in ahead: each turn of the loop brings more. */
const AHEAD = 0.5;
/**
 * Bytes in this pod that events cut from large records hold: enough for thousands of usual events, never for a thousand
 * large ones.
 */
const MAX_OWN_BYTES = 16 * 1024 * 1024;
const MAX_IN_FLIGHT_BYTES = 8 * 1024 * 1024;
const MOST_HELD_BYTES = 32 * 1024 * 1024;
const MAX_RUNNING = 256;

export function createPartitions(options: PartitionsOptions): Partitions {
  const { topic, meter, onFault } = options;
  const maxRunning = options.maxRunningEvents ?? MAX_RUNNING;
  const keyOf = createKeyRule(options.ordering);
  const unpackSemaphore = createByteSemaphore({ capacityBytes: options.maxRecordBytes });
  let eventShares = createPartitionShares(options.maxInFlightEvents, 1);
  let ownBytesShares = createPartitionShares(MAX_OWN_BYTES, 1);
  let current: Assignment | undefined;

  const executor = createKeyedExecutor({ maxRunning, onFault });
  const pump = createFetchPump({
    maxBytes: options.maxInFlightBytes ?? MAX_IN_FLIGHT_BYTES,
    mostBytes: options.mostHeldBytes ?? MOST_HELD_BYTES,
    overshootBytes: options.fetchBytes,
    fetchMs: options.fetchMs,
    pause: options.pause,
    resume: options.resume,
  });
  const committer = createCommitter({
    intervalMs: options.commitIntervalMs,
    maxEvents: options.commitMaxEvents,
    clock: options.clock,
    commit: async () => (current === undefined ? 'nothing' : options.commit(current)),
    onResult: (result) => {
      meter.commit(result);
      // What the uncommitted span held back may be taken in now.
      if (result === 'ok' || result === 'partial') pump.wake();
    },
  });

  return {
    executor,
    pump,
    committer,
    get current() {
      return current;
    },
    assign(memberId, partitions) {
      if (current !== undefined) revokeAll(current);
      current = createAssignment(memberId, partitions);
      eventShares = createPartitionShares(options.maxInFlightEvents, partitions.length);
      ownBytesShares = createPartitionShares(MAX_OWN_BYTES, partitions.length);
      executor.shareBetween(Math.max(1, partitions.length));
      pump.serve([]);
      return current;
    },
    begin(partition, start) {
      if (current === undefined) throw new Error('a partition begins before the group was joined');
      const count = Math.max(1, current.partitions.length);
      const flow = createPartitionFlow({
        ...start,
        ...{ topic, partition, executor, pump, committer, keyOf, meter, onFault },
        ...{ eventShares, ownBytesShares, unpackSemaphore },
        assertMember: options.assertMember,
        maxRecordBytes: options.maxRecordBytes,
        maxUncommittedEvents: options.maxUncommittedEvents,
        handleEvent: options.handleEvent,
        readyAhead: Math.max(LEAST_READY, Math.ceil((AHEAD * maxRunning) / count)),
      });
      current.flows.get(partition)?.lose();
      current.flows.set(partition, flow);
      return flow;
    },
    serve() {
      if (current !== undefined) pump.serve([...current.flows.values()]);
    },
  };
}
