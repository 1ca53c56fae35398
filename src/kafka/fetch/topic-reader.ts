/**
 * Reads a span of a topic, from one moment to another, without a consumer group: nothing is joined, committed or left
 * behind, and the right to read the topic is all that it takes. Each partition is read by itself, a few MiB at a time.
 */
import type { Admin } from 'kafkajs';
import { within } from '../../runtime/deadline.ts';
import type { Logger } from '../../runtime/logger.ts';
import { createKafkaClient, messageOf, type KafkaConnection } from '../client/client.ts';
import { brokerErrorName } from '../client/error-codes.ts';
import { makeCluster, type InsideCluster } from '../client/kafkajs-inside.ts';
import { ensureCodecs } from '../codecs/codecs.ts';
import { EARLIEST, listOffsets } from '../offsets/list-offsets.ts';
import { readTopicId } from '../offsets/topic-id.ts';
import { readFetched, type FetchedMessage } from './fetched-records.ts';
import { askFetch, MOVED } from './partition-fetch.ts';

/** Kafka has not answered, or a partition has not been readable, for so long: it is given up. */
const PATIENCE_MS = 15_000;
/** … and at the beginning. */
const CONNECT_WITHIN_MS = 10_000;
const PAUSE_MS = 200;
const FETCH_WAIT_MS = 500;
const FETCH_BYTES = 512 * 1024;
/** What all partitions’ records may take in memory at once, about. */
const MEMORY_BYTES = 64 * 1024 * 1024;
const LEAST_BUDGET_BYTES = 1024 * 1024;

export interface PartitionSpan {
  readonly partition: number;
  /** The first offset that is read. */
  readonly from: number;
  /** One beyond the last. */
  readonly to: number;
}

export interface TopicReader {
  /**
   * Where each partition’s records of this time begin and end, by the time that Kafka has of each record.
   *
   * @param untilMs epoch ms, excluded; undefined: to the end as it is now.
   * @throws Error where Kafka does not answer within 15 s.
   */
  span(sinceMs: number, untilMs: number | undefined): Promise<readonly PartitionSpan[]>;
  /**
   * The span’s committed records in their order. What retention has deleted meanwhile is passed over.
   *
   * @throws Error where the partition can’t be read for 15 s.
   */
  read(span: PartitionSpan): AsyncGenerator<FetchedMessage>;
  /** What tells the topic from one of this name that was made anew; undefined where brokers know no ids. */
  topicId(): Promise<string | undefined>;
  close(): Promise<void>;
}

export interface TopicReaderOptions {
  readonly connection: KafkaConnection;
  readonly topic: string;
  readonly logger: Logger;
}

/** @throws Error where no broker answers within 10 s, or there is no such topic. */
export async function openTopicReader({
  connection,
  topic,
  logger,
}: TopicReaderOptions): Promise<TopicReader> {
  ensureCodecs();
  const kafka = createKafkaClient(connection, logger);
  const admin = kafka.admin();
  const cluster = makeCluster(kafka, { metadataMaxAge: 30_000, allowAutoTopicCreation: false });
  let partitions = 1;

  async function close(): Promise<void> {
    await within(
      Promise.all([admin.disconnect(), cluster.disconnect()]).catch(() => undefined),
      {
        limitMs: 3000,
      },
    );
  }

  async function fetchOnce({ partition, from }: PartitionSpan): Promise<Fetched> {
    const [nodeId] = Object.keys(cluster.findLeaderForPartitions(topic, [partition]));
    if (nodeId === undefined || Number(nodeId) < 0) return { fault: 'it has no leader' };
    const broker = await cluster.findBroker({ nodeId });
    const answer = await askFetch(broker, {
      maxWaitTime: FETCH_WAIT_MS,
      minBytes: 1,
      maxBytes: FETCH_BYTES,
      topics: [{ topic, partitions: [{ partition, fetchOffset: String(from), maxBytes: FETCH_BYTES }] }],
    });
    const fetched = answer.partitions.find((one) => one.partition === partition);
    if (fetched === undefined) return { fault: 'the broker says nothing of it' };
    const type = brokerErrorName(fetched.errorCode);
    if (type === 'OFFSET_OUT_OF_RANGE') return { from: await earliest(cluster, topic, partition) };
    if (type !== undefined && !MOVED.has(type))
      throw new Error(`${topic}, partition ${String(partition)}: ${type}`);
    if (type !== undefined) return { fault: type };
    const budget = { left: Math.max(LEAST_BUDGET_BYTES, MEMORY_BYTES / partitions) };
    const { messages } = await readFetched({
      bytes: fetched.records,
      from,
      aborted: fetched.aborted,
      budget,
    });
    return { messages };
  }

  async function* read(span: PartitionSpan): AsyncGenerator<FetchedMessage> {
    let { from } = span;
    let readableAtMs = performance.now();
    const fetchFrom = (offset: number): Promise<Fetched> =>
      fetchOnce({ ...span, from: offset }).catch((error: unknown) => ({
        fault: messageOf(error),
        cause: error,
      }));
    let ahead: Promise<Fetched> | undefined;
    while (from < span.to) {
      const fetched = await (ahead ?? fetchFrom(from));
      ahead = undefined;
      if (fetched.fault !== undefined) {
        if (performance.now() - readableAtMs >= PATIENCE_MS) {
          const { fault, cause } = fetched;
          const what = `partition ${String(span.partition)} of ${topic} can’t be read: ${fault}`;
          throw new Error(what, { cause });
        }
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
        await cluster.refreshMetadata().catch(() => undefined);
        continue;
      }
      // An answer that was lost to retention: on from where the partition begins now.
      if (fetched.from !== undefined) from = Math.max(from, fetched.from);
      const messages = fetched.messages ?? [];
      const last = messages.at(-1);
      // What comes next is asked for while these are dealt with.
      const next = last === undefined ? from : Number(last.offset) + 1;
      if (next < span.to) ahead = fetchFrom(next);
      for (const message of messages) {
        const offset = Number(message.offset);
        if (offset >= span.to) return;
        from = offset + 1;
        if (!message.isControlRecord) yield message;
      }
      // Whoever dealt with them may have waited for Kafka, too.
      readableAtMs = performance.now();
    }
  }

  try {
    await within(connect(admin, cluster, topic), { limitMs: CONNECT_WITHIN_MS, late: noAnswer });
  } catch (error) {
    await close();
    throw new Error(describe(error, topic), { cause: error });
  }
  return {
    async span(sinceMs, untilMs) {
      const [begins, ends] = await within(
        Promise.all([
          admin.fetchTopicOffsetsByTimestamp(topic, sinceMs),
          untilMs === undefined
            ? admin.fetchTopicOffsets(topic)
            : admin.fetchTopicOffsetsByTimestamp(topic, untilMs),
        ]),
        { limitMs: PATIENCE_MS, late: noAnswer },
      );
      partitions = Math.max(1, begins.length);
      const to = new Map(ends.map(({ partition, offset }) => [partition, Number(offset)]));
      return begins.map(({ partition, offset }) => ({
        partition,
        from: Number(offset),
        to: to.get(partition) ?? Number(offset),
      }));
    },
    read,
    topicId: () => within(readTopicId(cluster, topic), { limitMs: PATIENCE_MS, late: noAnswer }),
    close,
  };
}

/** One of the three. */
interface Fetched {
  readonly messages?: readonly FetchedMessage[];
  /** The partition begins here now. */
  readonly from?: number;
  readonly fault?: string;
  /** What the fault was told by. */
  readonly cause?: unknown;
}

async function connect(admin: Admin, cluster: InsideCluster, topic: string): Promise<void> {
  await admin.connect();
  await admin.fetchTopicMetadata({ topics: [topic] });
  await cluster.connect();
  await cluster.addTargetTopic(topic);
  await cluster.refreshMetadata();
}

async function earliest(cluster: InsideCluster, topic: string, partition: number): Promise<number> {
  const found = await listOffsets(cluster, {
    ...{ topic, partitions: [partition], timestamp: EARLIEST, withinMs: PATIENCE_MS },
  });
  return Number(found.get(partition) ?? 0);
}

function noAnswer(): never {
  throw new Error('no answer in time');
}

function describe(error: unknown, topic: string): string {
  const text = messageOf(error);
  if (/UNKNOWN_TOPIC_OR_PARTITION|does not host this topic-partition/.test(text)) {
    return `there is no topic ${topic}`;
  }
  return `Kafka (KAFKA_BROKERS) can’t be read: ${text}`;
}
