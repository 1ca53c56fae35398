/**
 * Fetches for kafkajs, so that one partition’s fault concerns that partition alone: an error code, an offset that is
 * gone, an unreadable batch. The partition is named, left out for a while, and tried again; the others are read on. The
 * records handed on have been read by us (fetched-records.ts): only committed ones, their checksums checked.
 *
 * kafkajs 2.2.4 makes one error of an answer in which any partition has one. It then rejoins the group for a leader
 * that moved, and commits -2 for an offset that is gone. Over a batch that it can’t read it crashes, again and again.
 */
import type { Broker } from 'kafkajs';
import type { Clock } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/logger.ts';
import { brokerError, brokerErrorName } from '../client/error-codes.ts';
import { NEWEST_VERSION, OLDEST_VERSION, readFetchAnswer, type FetchAnswer } from './fetch-response.ts';
import type { FetchedPartition } from './fetch-response.ts';
import { readFetched, UnreadableBatch, type FetchedMessage, type ReadBudget } from './fetched-records.ts';
import type { InsideCluster } from '../client/kafkajs-inside.ts';
import { expireWithin } from '../client/metadata-beside.ts';
import { withOwnAnswers } from '../client/own-answers.ts';
import { createByteSemaphore } from '../../runtime/collections/byte-semaphore.ts';
import type { StretchLimits } from '../codecs/record-stretches.ts';
import { createPartitionFaults, type FaultPauses, type PartitionFault } from '../client/partition-faults.ts';

/** The broker is not, or not yet, the partition’s leader: new metadata cures that. */
export const MOVED = new Set([
  'UNKNOWN_TOPIC_OR_PARTITION',
  'LEADER_NOT_AVAILABLE',
  'NOT_LEADER_FOR_PARTITION',
  'REPLICA_NOT_AVAILABLE',
  'KAFKA_STORAGE_ERROR',
  'FENCED_LEADER_EPOCH',
  'UNKNOWN_LEADER_EPOCH',
  'OFFSET_NOT_AVAILABLE',
]);
/** How soon metadata is looked up again. */
const LOOK_MS = 100;
const SOON: FaultPauses = { firstMs: 100, longestMs: 2000 };
const LATER: FaultPauses = { firstMs: 1000, longestMs: 30_000 };

export interface PartitionEnds {
  readonly highWatermark: number;
  readonly lastStableOffset: number;
}

export interface PartitionFetchOptions {
  readonly topic: string;
  /** Limits of what record batches unpack to. Default: none. */
  readonly limits?: StretchLimits;
  readonly clock: Clock;
  /** The time for a partition’s pauses, ms; never goes back. */
  readonly nowMs?: () => number;
  readonly logger: Logger;
  /** Called with every answer, also without records. */
  onEnds(partition: number, ends: PartitionEnds): void;
  /** The log ends before `offset`, or begins after it. Must not throw; called again until it is cured. */
  onOutOfRange(partition: number, offset: number): void;
}

export interface PartitionFetch {
  /** Makes every broker of this cluster fetch in this way. */
  attach(cluster: InsideCluster): void;
  /** Partitions that could not be read for some seconds, and why. */
  faults(): readonly PartitionFault[];
  /** The pod has other partitions now, or none: known faults no longer count. */
  forget(): void;
}

/** About the bytes that one answer may bring into memory, or one record. */
const ANSWER_BYTES = 16 * 1024 * 1024;
/** Brokers whose answers are unpacked at once. */
const ANSWERS_AT_ONCE = 2;

type FetchRequest = Parameters<Broker['fetch']>[0];
type Fetch = (request: FetchRequest) => Promise<KafkajsAnswer>;

/** What kafkajs makes its batches of. */
interface KafkajsAnswer {
  readonly responses: readonly {
    readonly topicName: string;
    readonly partitions: readonly {
      readonly partition: number;
      readonly highWatermark: string;
      readonly preferredReadReplica: number;
      /** None: aborted records are left out already. */
      readonly abortedTransactions: readonly [];
      readonly messages: readonly FetchedMessage[];
    }[];
  }[];
}

export function createPartitionFetch(options: PartitionFetchOptions): PartitionFetch {
  const { topic, clock, logger } = options;
  const faults = createPartitionFaults(topic, clock, logger, undefined, options.nowMs);
  const attached = new WeakSet<Broker>();
  const readPermits = createByteSemaphore({ capacityBytes: ANSWERS_AT_ONCE * ANSWER_BYTES });
  const within = options.limits === undefined ? {} : { limits: options.limits };
  let answers = 0;

  async function readPartition(
    fetched: FetchedPartition,
    from: number,
    budget: ReadBudget,
  ): Promise<FetchedMessage[] | undefined> {
    const { partition, records: bytes, aborted } = fetched;
    const type = brokerErrorName(fetched.errorCode);
    if (type !== undefined) {
      if (type === 'OFFSET_OUT_OF_RANGE') options.onOutOfRange(partition, from);
      faults.add(partition, type, MOVED.has(type) || type === 'OFFSET_OUT_OF_RANGE' ? SOON : LATER);
      return undefined;
    }
    options.onEnds(partition, fetched);
    try {
      // The others come first next time.
      if (budget.left <= 0) return undefined;
      const { messages } = await readFetched({ bytes, from, aborted, budget, ...within });
      faults.clear(partition);
      return messages;
    } catch (error) {
      if (!(error instanceof UnreadableBatch)) throw error;
      faults.add(partition, error.message, LATER);
      return undefined;
    }
  }

  function createFetch(broker: Broker, cluster: InsideCluster): Fetch {
    return async (request) => {
      const topics = request.topics
        .map((one) => ({
          ...one,
          partitions: one.partitions.filter(({ partition }) => !faults.isHeld(partition)),
        }))
        .filter(({ partitions }) => partitions.length > 0);
      if (topics.length === 0) {
        await clock.sleep(request.maxWaitTime ?? 0);
        return { responses: [] };
      }
      const begins = new Map(
        topics.flatMap((one) =>
          one.partitions.map(({ partition, fetchOffset }) => [partition, Number(fetchOffset)]),
        ),
      );
      const answer = await askFetch(broker, { ...request, topics });
      const permit = await readPermits.acquire(ANSWER_BYTES);
      const budget: ReadBudget = { left: ANSWER_BYTES };
      const read: KafkajsAnswer['responses'][number]['partitions'][number][] = [];
      let hasMoved = false;
      try {
        for (const fetched of inTurn(answer.partitions, answers++)) {
          hasMoved ||= MOVED.has(brokerErrorName(fetched.errorCode) ?? '');
          const messages = await readPartition(fetched, begins.get(fetched.partition) ?? 0, budget);
          if (messages === undefined) continue;
          read.push({
            partition: fetched.partition,
            highWatermark: String(fetched.highWatermark),
            preferredReadReplica: fetched.preferredReadReplica,
            abortedTransactions: [],
            messages,
          });
        }
      } finally {
        permit.release();
      }
      if (hasMoved) expireWithin(cluster.brokerPool, LOOK_MS);
      return { responses: [{ topicName: topic, partitions: read }] };
    };
  }

  return {
    attach(cluster) {
      const find = cluster.findBroker.bind(cluster);
      cluster.findBroker = async (node) => {
        const broker = await find(node);
        if (!attached.has(broker)) {
          attached.add(broker);
          Object.assign(broker, { fetch: createFetch(broker, cluster) });
        }
        return broker;
      };
    },
    faults: () => faults.lasting(),
    forget() {
      faults.clearAll();
    },
  };
}

/** Begins with another item each time, as the last ones may find the budget used up. */
function inTurn<T>(items: readonly T[], turn: number): T[] {
  const first = items.length === 0 ? 0 : turn % items.length;
  return [...items.slice(first), ...items.slice(0, first)];
}

/**
 * One fetch, its answer read by us.
 *
 * @throws what kafkajs throws for a request that fails, and a broker's error for an answer that has one as a whole.
 */
export async function askFetch(broker: Broker, request: FetchRequest): Promise<FetchAnswer> {
  const reading = withOwnAnswers(broker, ({ request: made, response, ...rest }) => {
    const version = made.apiVersion;
    if (version < OLDEST_VERSION || version > NEWEST_VERSION) {
      throw brokerError(
        'UNSUPPORTED_VERSION',
        `a fetch of version ${String(version)}: expected Kafka 0.11 or newer`,
      );
    }
    return {
      ...rest,
      request: made,
      response: {
        ...response,
        decode: (answer) => Promise.resolve(readFetchAnswer(answer, version)),
        parse: (answer) => Promise.resolve(answer),
      },
    };
  });
  // The broker’s own `fetch` is this one; kafkajs’s is on its prototype.
  const fetch = Reflect.get(Object.getPrototypeOf(broker) as object, 'fetch') as (
    request: FetchRequest,
  ) => Promise<FetchAnswer>;
  const answer = await fetch.call(reading, request);
  const type = brokerErrorName(answer.errorCode);
  if (type !== undefined) throw brokerError(type, `a fetch as a whole: ${type}`);
  return answer;
}
