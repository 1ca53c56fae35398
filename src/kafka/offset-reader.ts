/**
 * Reads offsets of one topic and group through a connection of its own, so that neither a held rebalance nor a
 * busy fetch delays the answer. After an error the connection is given up and made anew by the next call.
 */
import type { Admin, Kafka } from 'kafkajs';
import { parseOffset } from '../stream/partition-offsets.ts';

export interface PartitionRange {
  /** The first offset that still exists. */
  readonly low: number;
  /** One beyond the last. */
  readonly high: number;
}

/** What the group has committed. kafkajs writes `reset` (-2) itself when an offset was out of range. */
export type Committed = number | 'none' | 'reset';

export interface CommittedEntry {
  readonly offset: Committed;
  /** The text kept beside it; empty where there is none. */
  readonly note: string;
}

export interface OffsetReader {
  /** By partition. Rejects where the broker is away or the topic is missing. */
  ranges(): Promise<ReadonlyMap<number, PartitionRange>>;
  committed(): Promise<ReadonlyMap<number, CommittedEntry>>;
  topicExists(): Promise<boolean>;
  close(): Promise<void>;
}

export function createOffsetReader(kafka: Kafka, names: { topic: string; groupId: string }): OffsetReader {
  const { topic, groupId } = names;
  let connecting: Promise<Admin> | undefined;
  let closed = false;

  function connect(): Promise<Admin> {
    if (closed) return Promise.reject(new Error('closed'));
    connecting ??= (async () => {
      const admin = kafka.admin();
      await admin.connect();
      return admin;
    })();
    return connecting;
  }

  async function giveUp(): Promise<void> {
    const pending = connecting;
    connecting = undefined;
    try {
      await (await pending)?.disconnect();
    } catch {
      // It never connected, or is gone already.
    }
  }

  async function ask<T>(question: (admin: Admin) => Promise<T>): Promise<T> {
    const used = connect();
    try {
      return await question(await used);
    } catch (error) {
      if (connecting === used) void giveUp();
      throw error;
    }
  }

  return {
    ranges: () =>
      ask(async (admin) => {
        const rows = await admin.fetchTopicOffsets(topic);
        return new Map(
          rows.map((row) => [row.partition, { low: parseOffset(row.low), high: parseOffset(row.high) }]),
        );
      }),
    committed: () =>
      ask(async (admin) => {
        const rows = await admin.fetchOffsets({ groupId, topics: [topic] });
        const partitions = rows.flatMap((row) => row.partitions);
        return new Map(
          partitions.map(({ partition, offset, metadata }) => [
            partition,
            { offset: readCommitted(offset), note: metadata ?? '' },
          ]),
        );
      }),
    topicExists: () => ask(async (admin) => (await admin.listTopics()).includes(topic)),
    async close() {
      closed = true;
      await giveUp();
    },
  };
}

function readCommitted(offset: string): Committed {
  if (offset === '-1') return 'none';
  if (offset.startsWith('-')) return 'reset';
  return parseOffset(offset);
}
