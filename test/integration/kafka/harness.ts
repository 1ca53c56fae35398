/**
 * What the tests of this room share: topics of their own, producers, and pods whose work is recorded as it
 * begins and ends, so that overlaps, repeats and losses can be seen from outside the consumer.
 */
import { randomUUID } from 'node:crypto';
import kafkajs, { type Admin, type Kafka, type Message, type Producer } from 'kafkajs';
import { inject } from 'vitest';
import type { RecordPiece } from '../../../src/domain/record.ts';
import { AbandonedError, isUnavailable } from '../../../src/runtime/errors.ts';
import { createConsumer, type EventConsumer } from '../../../src/kafka/consumer.ts';
import type { ConsumerOptions } from '../../../src/kafka/consumer-options.ts';
import type { CommitResult } from '../../../src/stream/pace/committer.ts';
import { ensureCodecs } from '../../../src/kafka/codecs/codecs.ts';
import { type Clock, systemClock } from '../../../src/runtime/clock.ts';
import type { Ownership } from '../../../src/domain/ownership.ts';
import { consumerDefaults } from '../../support/kafka/consumer-defaults.ts';
import { createLogBook } from '../../support/partners/partner-fakes.ts';
import { createLedTopics } from '../../../src/kafka/producers/topics.ts';

export const clock: Clock = systemClock;

export interface Bench {
  readonly brokers: string[];
  readonly kafka: Kafka;
  readonly admin: Admin;
  readonly producer: Producer;
  createTopic(partitions: number, config?: Readonly<Record<string, string>>): Promise<string>;
  /** Sends in order, many a request. */
  send(topic: string, messages: readonly Message[], compression?: kafkajs.CompressionTypes): Promise<void>;
  /** A topic of this test's own that holds so many events, of users `u0`, `u1` … in turn: each its own, or so many. */
  load(wanted: { readonly partitions: number; readonly events: number; readonly users?: number }): Promise<{
    readonly topic: string;
    readonly groupId: string;
    readonly ledger: Ledger;
  }>;
  /** Deletes what partition 0 holds below the offset. */
  deleteBefore(topic: string, offset: number): Promise<void>;
  committed(groupId: string, topic: string): Promise<number[]>;
  /** Where each partition ends, once each has a leader to say so. */
  ends(topic: string): Promise<number[]>;
  close(): Promise<void>;
}

export async function openBench(brokers = [inject('services')['KAFKA_BROKERS'] ?? '']): Promise<Bench> {
  ensureCodecs();
  const kafka = new kafkajs.Kafka({
    brokers,
    clientId: 'test',
    logLevel: kafkajs.logLevel.NOTHING,
    retry: { initialRetryTime: 100, retries: 8, maxRetryTime: 1000 },
  });
  const admin = kafka.admin();
  const producer = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
  await Promise.all([admin.connect(), producer.connect()]);
  const bench: Bench = {
    brokers,
    kafka,
    admin,
    producer,
    async createTopic(partitions, config = {}) {
      const topic = `test-${randomUUID()}`;
      const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }));
      await createLedTopics(admin, [{ topic, numPartitions: partitions, configEntries }]);
      return topic;
    },
    async send(topic, messages, compression = kafkajs.CompressionTypes.None) {
      for (let at = 0; at < messages.length; at += 1000) {
        await producer.send({ topic, messages: messages.slice(at, at + 1000), compression });
      }
    },
    async deleteBefore(topic, offset) {
      // Loads what kafkajs must know of the topic: without it, it finds no leader.
      await admin.fetchTopicOffsets(topic);
      await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: String(offset) }] });
    },
    async committed(groupId, topic) {
      let rows: Awaited<ReturnType<typeof admin.fetchOffsets>> | undefined;
      await until('the group has a coordinator that tells', async () => {
        const asked = admin.fetchOffsets({ groupId, topics: [topic] });
        rows = await asked.catch((error: unknown) => {
          if (!isRetriable(error)) throw error;
          return undefined;
        });
        return rows !== undefined;
      });
      const sorted = [...(rows?.[0]?.partitions ?? [])].sort((a, b) => a.partition - b.partition);
      return sorted.map(({ offset }) => Number(offset));
    },
    async ends(topic) {
      let ends: number[] | undefined;
      await until('every partition has a leader that tells its end', async () => {
        const rows = await admin.fetchTopicOffsets(topic).catch((error: unknown) => {
          if (!isRetriable(error)) throw error;
        });
        ends = rows?.sort((a, b) => a.partition - b.partition).map(({ high }) => Number(high));
        return ends !== undefined;
      });
      return ends ?? [];
    },
    async load({ partitions, events, users = events }) {
      const topic = await bench.createTopic(partitions);
      const messages = Array.from({ length: events }, (_, n) => eventOf(`u${String(n % users)}`, n));
      await bench.send(topic, messages);
      return { topic, groupId: randomUUID(), ledger: createLedger() };
    },
    async close() {
      await Promise.all([admin.disconnect(), producer.disconnect()]);
    },
  };
  return bench;
}

/** A user's events, numbered; keyed by the user. */
export function eventOf(user: string, n: number, more: Record<string, unknown> = {}): Message {
  return { key: user, value: JSON.stringify({ userId: user, n, ...more }) };
}

export interface Span {
  readonly pod: string;
  readonly user: string;
  readonly n: number;
  /** `partition/offset/index`. */
  readonly id: string;
  readonly startMs: number;
  endMs?: number;
}

/** What happened to every event, over all pods of a test. */
export interface Ledger {
  readonly spans: Span[];
  readonly done: Map<string, number>;
  abandoned: number;
}

export function createLedger(): Ledger {
  return { spans: [], done: new Map(), abandoned: 0 };
}

export interface Pod {
  readonly consumer: EventConsumer;
  readonly lines: ReturnType<typeof createLogBook>['lines'];
  readonly commits: Record<CommitResult, number>;
  readonly counts: { rebalances: number; passedOver: number; lost: number; resets: number; received: number };
  readonly pieces: RecordPiece[];
  maxInFlight: number;
  fatal: Error | undefined;
}

export interface PodOptions extends Partial<ConsumerOptions> {
  readonly topic: string;
  readonly groupId: string;
  readonly name?: string;
  readonly ledger?: Ledger;
  /** The work of one event; default: done at once. */
  readonly work?: (user: string, n: number, ownership: Ownership) => Promise<void>;
}

/** Everything that a pod is told, with limits as the service's defaults. */
export function startPod(brokers: readonly string[], options: PodOptions): Pod {
  const { name = 'pod', ledger = createLedger(), work = () => Promise.resolve(), ...rest } = options;
  const logger = createLogBook();
  let inFlight = 0;
  const pod: Pod = {
    consumer: undefined as unknown as EventConsumer,
    lines: logger.lines,
    commits: { ok: 0, partial: 0, failed: 0, dropped: 0 },
    counts: { rebalances: 0, passedOver: 0, lost: 0, resets: 0, received: 0 },
    pieces: [],
    maxInFlight: 0,
    fatal: undefined,
  };
  const consumer = createConsumer({
    connection: { brokers, clientId: name },
    ...consumerDefaults,
    lagIntervalMs: 1000,
    metadataMaxAgeMs: 1000,
    clock,
    logger,
    meter: {
      commit: (result) => (pod.commits[result] += 1),
      rebalanced: () => (pod.counts.rebalances += 1),
      passedOver: (records) => (pod.counts.passedOver += records),
      offsetsLost: (_, offsets) => (pod.counts.lost += offsets),
      positionReset: () => (pod.counts.resets += 1),
    },
    onFatal: (error) => (pod.fatal = error),
    handleEvent(piece) {
      const { content, source } = piece;
      const value = (content.kind === 'json' ? content.value : {}) as { userId?: string; n?: number };
      const { userId: user, n = -1 } = value;
      const id = `${String(source.partition)}/${source.offset}/${String(source.index)}`;
      pod.pieces.push(piece);
      pod.counts.received += 1;
      inFlight += 1;
      pod.maxInFlight = Math.max(pod.maxInFlight, inFlight);
      return {
        key: user,
        async run(ownership) {
          const span: Span = { pod: name, user: user ?? '', n, id, startMs: performance.now() };
          ledger.spans.push(span);
          try {
            await work(user ?? '', n, ownership);
            await untilOwned(ownership);
            ledger.done.set(id, (ledger.done.get(id) ?? 0) + 1);
          } catch (error) {
            if (error instanceof AbandonedError) ledger.abandoned += 1;
            throw error;
          } finally {
            span.endMs = performance.now();
            inFlight -= 1;
          }
        },
        abandon() {
          inFlight -= 1;
          ledger.abandoned += 1;
        },
      };
    },
    ...rest,
  });
  Object.assign(pod, { consumer });
  consumer.start();
  return pod;
}

/** As the flow does it: while the group has not answered for a session, it waits. */
async function untilOwned(ownership: Ownership): Promise<void> {
  for (;;) {
    try {
      ownership.assertOwned();
      return;
    } catch (error) {
      if (!isUnavailable(error)) throw error;
      await clock.sleep(20, ownership.signal);
    }
  }
}

/** Polls until it holds. Fails with what it was waiting for. */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  limitMs = 40_000,
): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`not within ${String(limitMs)} ms: ${what}`);
    await clock.sleep(20);
  }
}

/** kafkajs's admin asks once: what an election answers is for the caller to ask again. */
export function isRetriable(error: unknown): boolean {
  return error instanceof kafkajs.KafkaJSError && error.retriable;
}

/** Pairs of events of one user that were worked on at the same time, and those that went out of order. */
export function orderFaults(ledger: Ledger): string[] {
  const byUser = new Map<string, Span[]>();
  for (const span of ledger.spans) {
    const spans = byUser.get(span.user);
    if (spans === undefined) byUser.set(span.user, [span]);
    else spans.push(span);
  }
  const faults: string[] = [];
  for (const [user, spans] of byUser) {
    spans.sort((a, b) => a.startMs - b.startMs);
    for (const [index, span] of spans.entries()) {
      const before = spans[index - 1];
      if (before === undefined) continue;
      if ((before.endMs ?? Infinity) > span.startMs) faults.push(`${user}: ${before.id} overlaps ${span.id}`);
      if (before.n >= span.n) faults.push(`${user}: ${String(before.n)} before ${String(span.n)}`);
    }
  }
  return faults;
}

/** The same number from 0 to 1 for the same text: work of uneven length that is the same in every run. */
export function uneven(text: string): number {
  let hash = 7;
  for (let at = 0; at < text.length; at += 1) hash = (hash * 31 + text.charCodeAt(at)) % 10_007;
  return hash / 10_007;
}

/** Of __consumer_offsets, where a group's coordinator is the leader: by the absolute value of Java's hash of the name. */
export function offsetsPartitionOf(groupId: string, partitions: number): number {
  let hash = 0;
  for (const char of groupId) hash = (Math.imul(hash, 31) + char.charCodeAt(0)) | 0;
  return Math.abs(hash) % partitions;
}
