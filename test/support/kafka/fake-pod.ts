/**
 * One pod's consumer, wired as `src/kafka/consumer.ts` wires it, on a stand-in for kafkajs: its fetch positions
 * live from join to join, a batch may be handed over long after it was fetched, resolving an offset and
 * committing go by the newest generation whatever batch they came with, and every join passes `beforeJoin`.
 */
import type { Batch, Cluster, EachBatchPayload } from 'kafkajs';
import type * as BatchReceiverFile from '../../../src/kafka/batch-receiver.ts';
import type * as CommitHealthFile from '../../../src/kafka/commit/commit-health.ts';
import type * as GroupCommitFile from '../../../src/kafka/commit/group-commit.ts';
import type * as MembershipFile from '../../../src/kafka/group/membership.ts';
import type * as ErrorsFile from '../../../src/runtime/errors.ts';
import type { EventHandler } from '../../../src/domain/event-work.ts';
import type * as PartitionsFile from '../../../src/stream/partitions.ts';
import type * as PositionsFile from '../../../src/kafka/group/partition-positions.ts';
import { batchOf } from './fake-batch.ts';
import type { FakeClock } from '../partners/partner-fakes.ts';
import type { FakeGroup } from './fake-group.ts';
import type { ImportFrom } from '../../tools/planted-fault.ts';
import { silentLogger } from '../silent-logger.ts';

export type Rooms = typeof ErrorsFile &
  typeof BatchReceiverFile &
  typeof CommitHealthFile &
  typeof GroupCommitFile &
  typeof MembershipFile &
  typeof PartitionsFile &
  typeof PositionsFile;

const PATHS = [
  'kafka/batch-receiver.ts',
  'kafka/commit/commit-health.ts',
  'kafka/commit/group-commit.ts',
  'kafka/group/membership.ts',
  'kafka/group/partition-positions.ts',
  'runtime/errors.ts',
  'stream/partitions.ts',
];

export async function loadRooms(load: ImportFrom): Promise<Rooms> {
  const files = await Promise.all(PATHS.map((path) => load(path)));
  return Object.assign({}, ...files) as Rooms;
}

export interface FakePodOptions {
  readonly name: string;
  readonly rooms: Rooms;
  readonly group: FakeGroup;
  readonly clock: FakeClock;
  readonly maxInFlight: number;
  readonly drainTimeoutMs: number;
  /** @param joins counts this pod's joins. */
  handleEvent(joins: number): EventHandler;
  onFault(error: unknown): void;
}

export interface FakePod {
  readonly memberId: string;
  readonly partitions: readonly number[];
  /** The answer to kafkajs right before its JoinGroup; after `join` the old generation must rest. */
  beforeJoin(): string;
  joined(partitions: readonly number[]): void;
  leave(): Promise<void>;
  stop(): void;
  /** Fetches up to `count` entries; they are handed over by {@link deliver}. */
  fetch(partition: number, count: number): void;
  /** Hands over the oldest fetched batch. @returns false where there is none. */
  deliver(): boolean;
}

const TOPIC = 'events';

export function createFakePod(options: FakePodOptions): FakePod {
  const { rooms, group, clock, name: memberId } = options;
  let partitions: readonly number[] = [];
  let generation = -1;
  let joins = 0;
  let hasAskedToJoin = false;
  /** kafkajs's offset manager: made anew at each join. */
  let fetchPositions = new Map<number, number>();
  const seeks = new Map<number, number>();
  const paused = new Set<number>();
  const fetched: (() => void)[] = [];

  function commit(rows: CommitRows, named: number): Promise<void> {
    if (hasAskedToJoin)
      group.violations.push(`${memberId} sends a commit after its partitions were handed over`);
    return group.commit({ memberId, generation: named, partitions: rows });
  }

  const cluster = {
    findGroupCoordinator: async () => ({
      offsetCommit: ({ groupGenerationId, topics }: CommitCall) =>
        commit(topics[0]?.partitions ?? [], groupGenerationId),
    }),
  } as unknown as Cluster;
  const reader = {
    ranges: async () =>
      new Map([...group.partitions.entries()].map(([p, { end }]) => [p, { low: 0, high: end }])),
    committed: async () => {
      const rows = partitions.flatMap((p) => {
        const entry = group.committed(p);
        return entry === undefined ? [] : [[p, entry] as const];
      });
      await clock.sleep(20);
      return new Map(rows);
    },
    partitions: () => Promise.resolve([...group.partitions.keys()]),
    topicExists: () => Promise.resolve(true),
    topicId: () => Promise.resolve('t'.repeat(22)),
    close: () => Promise.resolve(),
  };
  const seek = (partition: number, offset: number): void => void seeks.set(partition, offset);
  const pause = (partition: number): void => void paused.add(partition);
  const resume = (partition: number): void => void paused.delete(partition);
  const meter = {
    commit: () => undefined,
    rebalanced: () => undefined,
    passedOver: () => undefined,
    offsetsLost: (partition: number) =>
      void group.violations.push(`${memberId} lost the position of ${partition}`),
    positionReset: (partition: number) =>
      void group.violations.push(`${memberId} lost the position of ${partition}`),
  };
  const shared = { topic: TOPIC, clock, logger: silentLogger, meter };
  const health = rooms.createCommitHealth(TOPIC, clock, silentLogger, clock.now);
  const partitionsInHand = rooms.createPartitions({
    ...shared,
    ordering: 'user',
    maxRunningEvents: 6,
    maxInFlightEvents: options.maxInFlight,
    maxUncommittedEvents: 20,
    maxRecordBytes: 1_000_000,
    maxInFlightBytes: 600_000,
    mostHeldBytes: Infinity,
    fetchBytes: 300_000,
    fetchMs: 150,
    commitIntervalMs: 100,
    commitMaxEvents: 3,
    handleEvent: (piece) => options.handleEvent(joins)(piece),
    pause,
    resume,
    commit: (assignment) =>
      rooms.commitWatermarks(assignment, { groupId: 'group', topic: TOPIC, cluster: () => cluster, health }),
    onFault: options.onFault,
  });
  const positions = rooms.createPartitionPositions({
    ...shared,
    partitions: partitionsInHand,
    reader,
    client: { seek, pause, resume },
  });
  const membership = rooms.createMembership({
    ...shared,
    partitions: partitionsInHand,
    positions,
    drainTimeoutMs: options.drainTimeoutMs,
    heartbeatIntervalMs: 100,
  });
  const receiver = rooms.createBatchReceiver({
    ...{ partitions: partitionsInHand, positions, reader, clock, logger: silentLogger },
    lane: { lane: 'all', thresholdBytes: 1 },
  });

  async function heartbeat(): Promise<void> {
    await group.heartbeat(memberId, generation);
    const { current } = partitionsInHand;
    if (current?.memberId === memberId) current.generation = generation;
  }

  /** As kafkajs does between fetches; a rejection is how it learns of a rebalance. */
  function beat(): void {
    heartbeat().catch(() => undefined);
  }

  function payloadOf(batch: Batch): EachBatchPayload {
    return {
      batch,
      heartbeat,
      resolveOffset: (offset) => {
        const isLast = offset === batch.messages.at(-1)?.offset;
        fetchPositions.set(batch.partition, Number(isLast ? batch.lastOffset() : offset) + 1);
      },
      commitOffsetsIfNecessary: (offsets) =>
        commit((offsets as Offsets).topics[0]?.partitions ?? [], generation),
      pause: () => () => undefined,
      uncommittedOffsets: () => ({ topics: [] }),
      isRunning: () => true,
      isStale: () => false,
    };
  }

  return {
    memberId,
    get partitions() {
      return partitions;
    },
    beforeJoin() {
      const answer = membership.beforeJoin();
      if (answer === 'join') hasAskedToJoin = true;
      return answer;
    },
    joined(held) {
      joins += 1;
      hasAskedToJoin = false;
      fetchPositions = new Map();
      partitions = held;
      ({ generation } = group);
      membership.joined(memberId, held);
    },
    leave: () => membership.leave(),
    stop() {
      receiver.stop();
      partitionsInHand.committer.stop();
    },
    fetch(partition, count) {
      if (paused.has(partition) || !partitions.includes(partition)) return;
      const sought = seeks.get(partition);
      if (sought !== undefined) fetchPositions.set(partition, sought);
      seeks.delete(partition);
      const from = fetchPositions.get(partition) ?? group.committed(partition)?.offset ?? 0;
      const { entries, end } = group.partitions[partition]!;
      const taken = entries.filter(({ offset }) => offset >= from).slice(0, count);
      if (taken.length === 0) {
        beat();
        return;
      }
      const batch = batchOf(TOPIC, partition, from, taken, end);
      if (batch.messages.length > 0) {
        fetched.push(() => {
          receiver.eachBatch(payloadOf(batch)).catch((error: unknown) => {
            // A rejected heartbeat is how kafkajs learns of a rebalance; anything else is ours.
            if (!(error instanceof Error && 'type' in error)) options.onFault(error);
          });
        });
        return;
      }
      fetched.push(() => {
        fetchPositions.set(partition, Number(batch.lastOffset()) + 1);
        // As our own reading of a fetch's answer has it.
        const [firstOffset, lastOffset] = [String(from), batch.lastOffset()];
        const rest = {
          topic: TOPIC,
          highWatermark: String(end),
          offsetLag: '0',
          offsetLagLow: '0',
          duration: 0,
        };
        receiver.batchEnded({ ...rest, partition, batchSize: 0, firstOffset, lastOffset });
        beat();
      });
    },
    deliver() {
      const next = fetched.shift();
      next?.();
      return next !== undefined;
    },
  };
}

type CommitRows = readonly { partition: number; offset: string; metadata?: string | null }[];
interface Offsets {
  readonly topics: readonly { readonly partitions: CommitRows }[];
}
interface CommitCall extends Offsets {
  readonly groupGenerationId: number;
}
