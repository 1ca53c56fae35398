/**
 * Reads offsets of one topic and group through a connection of its own: neither a held rebalance nor a busy fetch
 * delays the answer. After an error the next call makes a new connection.
 */
import type { Broker, Kafka } from 'kafkajs';
import { parseOffset } from '../../stream/buffer/parse-offset.ts';
import { brokerErrorType } from '../client/broker-error.ts';
import { makeCluster, type InsideBroker, type InsideCluster } from '../client/kafkajs-inside.ts';
import { EARLIEST, LATEST, listOffsets } from './list-offsets.ts';
import {
  knowsStableOffsets,
  readStableOffsets,
  type CommittedRow,
  type OffsetQuestion,
} from './stable-offsets.ts';
import { readTopicId } from './topic-id.ts';

export interface PartitionRange {
  /** The first offset that still exists. */
  readonly low: number;
  /** One beyond the last readable offset: where an open transaction begins, else the high watermark. */
  readonly high: number;
}

/** What the group has committed. kafkajs writes `reset` (-2) itself when an offset was out of range. */
export type Committed = number | 'none' | 'reset';

export interface CommittedEntry {
  readonly offset: Committed;
  /** The offset’s metadata; empty where there is none. */
  readonly metadata: string;
}

export interface OffsetReader {
  /**
   * Ranges by partition, of those whose leaders answer in time, ms, by default 3000. Rejects where no broker answers or
   * the topic is missing.
   */
  ranges(withinMs?: number): Promise<ReadonlyMap<number, PartitionRange>>;
  committed(): Promise<ReadonlyMap<number, CommittedEntry>>;
  /** All partitions, ascending, also those without a leader. */
  partitions(): Promise<readonly number[]>;
  topicExists(): Promise<boolean>;
  /** What tells the topic from another one of its name; undefined where the brokers know no ids. */
  topicId(): Promise<string | undefined>;
  close(): Promise<void>;
}

const WITHIN_MS = 3000;
/** A question creates no topic, and looks the leaders up each time. */
const SETTINGS = { metadataMaxAge: 0, allowAutoTopicCreation: false } as const;

export function createOffsetReader(kafka: Kafka, names: { topic: string; groupId: string }): OffsetReader {
  const { topic, groupId } = names;
  let connecting: Promise<InsideCluster> | undefined;
  let closed = false;

  function connect(): Promise<InsideCluster> {
    if (closed) return Promise.reject(new Error('closed'));
    connecting ??= (async () => {
      const cluster = makeCluster(kafka, SETTINGS);
      await cluster.connect();
      return cluster;
    })();
    return connecting;
  }

  async function giveUp(): Promise<void> {
    const pending = connecting;
    connecting = undefined;
    try {
      await (await pending)?.disconnect();
    } catch {
      // The connection was never made, or is gone already.
    }
  }

  /** Asks with the metadata of this topic, and of no other. */
  async function ask<T>(
    question: (cluster: InsideCluster, partitions: readonly number[]) => Promise<T>,
  ): Promise<T> {
    const used = connect();
    try {
      const cluster = await used;
      await cluster.connect();
      await cluster.addTargetTopic(topic);
      await cluster.refreshMetadata();
      const partitions = cluster.findTopicPartitionMetadata(topic).map(({ partitionId }) => partitionId);
      return await question(
        cluster,
        partitions.sort((a, b) => a - b),
      );
    } catch (error) {
      if (connecting === used) void giveUp();
      throw error;
    }
  }

  return {
    ranges: (withinMs = WITHIN_MS) =>
      ask(async (cluster, partitions) => {
        const of = (timestamp: typeof EARLIEST | typeof LATEST): Promise<ReadonlyMap<number, string>> =>
          listOffsets(cluster, { topic, partitions, timestamp, withinMs });
        const [lows, highs] = await Promise.all([of(EARLIEST), of(LATEST)]);
        const known = partitions.flatMap((partition): [number, PartitionRange][] => {
          const [low, high] = [lows.get(partition), highs.get(partition)];
          if (low === undefined || high === undefined) return [];
          return [[partition, { low: parseOffset(low), high: parseOffset(high) }]];
        });
        return new Map(known);
      }),
    committed: () =>
      ask(async (cluster, partitions) => {
        const coordinator = (await cluster.findGroupCoordinator({ groupId })) as InsideBroker;
        const rows = knowsStableOffsets(coordinator.versions)
          ? await readStableOffsets(coordinator.connectionPool, { groupId, topic, partitions })
          : await readOffsets(coordinator, { groupId, topic, partitions });
        return new Map(
          rows.map(({ partition, offset, metadata }) => [
            partition,
            { offset: readCommitted(offset), metadata },
          ]),
        );
      }),
    partitions: () => ask((_cluster, partitions) => Promise.resolve(partitions)),
    topicId: () => ask((cluster) => readTopicId(cluster, topic)),
    async topicExists() {
      try {
        return await ask((_cluster, partitions) => Promise.resolve(partitions.length > 0));
      } catch (error) {
        const type = brokerErrorType(error);
        if (type === 'UNKNOWN_TOPIC_OR_PARTITION') return false;
        if (type !== 'TOPIC_AUTHORIZATION_FAILED') throw error;
        throw new Error(`the Kafka user may not describe the topic ${topic}`, { cause: error });
      }
    },
    async close() {
      closed = true;
      await giveUp();
    },
  };
}

/** As brokers before 2.5 are asked. */
async function readOffsets(
  coordinator: Broker,
  { groupId, topic, partitions }: OffsetQuestion,
): Promise<readonly CommittedRow[]> {
  const topics = [{ topic, partitions: partitions.map((partition) => ({ partition })) }];
  const { responses } = await (coordinator as unknown as FetchingCoordinator).offsetFetch({
    groupId,
    topics,
  });
  return responses
    .flatMap((row) => row.partitions)
    .map(({ partition, offset, metadata }) => ({
      partition,
      offset: offset.startsWith('-') ? Number(offset) : parseOffset(offset),
      metadata: metadata ?? '',
    }));
}

interface FetchingCoordinator {
  offsetFetch(request: { readonly groupId: string; readonly topics: readonly unknown[] }): Promise<{
    readonly responses: readonly {
      readonly partitions: readonly {
        readonly partition: number;
        readonly offset: string;
        readonly metadata?: string | null;
      }[];
    }[];
  }>;
}

function readCommitted(offset: number): Committed {
  if (offset === -1) return 'none';
  return offset < 0 ? 'reset' : offset;
}
