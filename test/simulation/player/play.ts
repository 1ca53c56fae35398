/**
 * Plays a city's records to Kafka at a rate, and says of every single event where it came to lie. The coordinates
 * come from the broker's acknowledgement, so whoever audits the run afterwards can ask for each event by its place.
 * The producer is idempotent, and each of its sends goes to one broker: a retried request leaves no copy that nobody
 * knows of. (kafkajs 2.2.4 sends to all brokers side by side, and where one refuses it asks all of them again that have
 * not answered yet, under new sequence numbers: the records of a slow one are written twice.)
 */
import type { Kafka, Message } from 'kafkajs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CityRecord } from '../city/records.ts';
import type { ProducedEvent } from '../verify/evidence.ts';
import { countBrokers, countPartitions, createKeyPartitioner } from './kafka.ts';

export interface PlayOptions {
  readonly kafka: Kafka;
  readonly topic: string;
  readonly records: Iterable<CityRecord>;
  readonly eventsPerSecond: number;
  /** Ends the play early. */
  readonly signal?: AbortSignal;
  readonly onProduced?: (events: readonly ProducedEvent[]) => void;
}

const TICK_MS = 50;
/** Of one request, through whatever the broker goes: over a minute. */
const PATIENCE = {
  initialRetryTime: 200,
  multiplier: 2,
  factor: 0.2,
  maxRetryTime: 5000,
  retries: 20,
} as const;
const MOST_RECORDS_A_REQUEST = 500;

type Placed = Message & { readonly partition: number };

/** Where each record of one request came to lie: a partition's records follow each other from its base offset. */
const locate = (
  topic: string,
  records: readonly CityRecord[],
  messages: readonly Placed[],
  baseOffsets: ReadonlyMap<number, bigint>,
  producedAt: number,
): ProducedEvent[] => {
  const next = new Map(baseOffsets);
  return records.flatMap((record, at) => {
    const partition = messages[at]?.partition ?? 0;
    const offset = next.get(partition);
    if (offset === undefined)
      throw new Error(`no answer tells where partition ${String(partition)} was written`);
    next.set(partition, offset + 1n);
    return record.events.map((event) => ({
      partition,
      offset: String(offset),
      index: event.index,
      userId: event.userId,
      eventId:
        event.bad === undefined
          ? (event.eventId ?? `${topic}-${partition}-${offset}-${event.index}`)
          : event.eventId,
      bad: event.bad,
      producedAt,
    }));
  });
};

/** Resolves when the last record is acknowledged, or soon after the signal. */
export const play = async (options: PlayOptions): Promise<void> => {
  const { kafka, topic, eventsPerSecond, signal } = options;
  const partitionOf = createKeyPartitioner(topic, await countPartitions(kafka, topic));
  const severalBrokers = (await countBrokers(kafka)) > 1;
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1, retry: PATIENCE });
  await producer.connect();
  const source = options.records[Symbol.iterator]();
  const startedAt = performance.now();
  let played = 0;

  const send = async (records: readonly CityRecord[]): Promise<void> => {
    const messages = records.map(({ key, value, headers }) => ({
      key,
      value,
      headers: { ...headers },
      partition: partitionOf(key),
    }));
    const baseOffsets = new Map<number, bigint>();
    const sendAll = async (batch: readonly Placed[]): Promise<void> => {
      // kafkajs resolves a send of which it has left a part out: records of a partition whose leader has just moved.
      for (let left = [...batch]; left.length > 0;) {
        const answers = await producer.send({ topic, messages: left, acks: -1 });
        for (const { partition, baseOffset = '0' } of answers) baseOffsets.set(partition, BigInt(baseOffset));
        left = left.filter(({ partition }) => !baseOffsets.has(partition));
      }
    };
    const batches = severalBrokers
      ? [...Map.groupBy(messages, ({ partition }) => partition).values()]
      : [messages];
    await Promise.all(batches.map(sendAll));
    options.onProduced?.(locate(topic, records, messages, baseOffsets, Date.now()));
  };

  try {
    for (let ended = false; !ended && signal?.aborted !== true;) {
      const due = ((performance.now() - startedAt) / 1000) * eventsPerSecond;
      const records: CityRecord[] = [];
      while (played < due && records.length < MOST_RECORDS_A_REQUEST) {
        const next = source.next();
        ended = next.done === true;
        if (next.done === true) break;
        records.push(next.value);
        played += next.value.events.length;
      }
      if (records.length > 0) await send(records);
      if (played >= due) await sleep(TICK_MS);
    }
  } finally {
    await producer.disconnect();
  }
};
