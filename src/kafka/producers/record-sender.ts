/**
 * Sends records to one topic: many a request, acknowledged by all in-sync replicas before a call resolves. A record
 * that brokers refuse for good, or a partition that takes nothing, concerns its own records alone. The others leave its
 * company, and are not written again for each of its tries.
 *
 * Not idempotent. kafkajs’s idempotent producer sends one request at a time to a broker. After an error of unknown fate
 * it takes its sequence numbers back, and the broker then refuses it for good. Readers take this topic as “at least
 * once”: a copy after a retry is harmless, a stuck producer is not.
 */
import kafkajs, { type IHeaders, type Message, type Producer } from 'kafkajs';
import { systemClock } from '../../runtime/clock.ts';
import { within } from '../../runtime/deadline.ts';
import { UnavailableError, type Service } from '../../runtime/errors.ts';
import type { Logger } from '../../runtime/logger.ts';
import { createKafkaClient, messageOf, type KafkaConnection } from '../client/client.ts';
import { ensureCodecs } from '../codecs/codecs.ts';
import { createPlacement, type RecordPlacement } from './record-placement.ts';
import { isTopicRefusal, recordRefusalOf, type RecordRefusal } from './record-refusals.ts';
import { createSendQueue, type SendQueue } from './send-queue.ts';

const { CompressionTypes } = kafkajs;
type CompressionTypes = kafkajs.CompressionTypes;

export interface OutgoingRecord {
  readonly key: Buffer | string | null;
  readonly value: Buffer | string | null;
  readonly headers?: IHeaders;
}

export interface RecordSender {
  /**
   * Resolves with `sent` once the broker has acknowledged the record, or with its refusal for good: for its size,
   * however packed, or as `invalid`. Rejects with UnavailableError after tries of about three seconds in all; after one
   * try where the partition has been taking nothing.
   */
  send(record: OutgoingRecord): Promise<'sent' | RecordRefusal>;
  /** Sends what waits and disconnects, within a time limit. Later sends reject with UnavailableError. */
  stop(): Promise<void>;
}

export interface RecordSenderOptions {
  readonly connection: KafkaConnection;
  readonly topic: string;
  /** What senders wait for where the topic takes nothing, as /status names it. Default `kafka`. */
  readonly service?: Service;
  readonly logger: Logger;
  /** How long a record waits for company, ms. Default 5. */
  readonly lingerMs?: number;
  /** What large batches are packed with. Default `gzip`, which every broker and reader knows. */
  readonly packing?: 'gzip' | 'zstd';
  /** Smaller batches go unpacked. Default 64 KiB: what came packed and fitted should fit again. */
  readonly packFromBytes?: number;
  /** Why the topic refuses everything; undefined once it takes a record again. Must not throw. */
  readonly onUnavailable?: (reason: string | undefined) => void;
}

/** The producer tries once. Tries here leave out what was acknowledged. */
const PRODUCER_RETRY = { retries: 0 } as const;
/** Tries of a partition’s records apart: about three seconds. */
const PAUSES_MS = [100, 200, 400, 800, 1000] as const;
const MAX_REQUESTS_IN_FLIGHT = 4;
const PACK_FROM_BYTES = 64 * 1024;
const RECORD_OVERHEAD_BYTES = 100;
const STOP_TIMEOUT_MS = 3000;
/** A longer request usually waits for a broker that says nothing. */
const ORDINARY_MS = 1000;

interface Outgoing extends PromiseWithResolvers<'sent' | RecordRefusal> {
  readonly message: Message;
  readonly bytes: number;
}

/** The part of kafkajs’s producer that is used here. */
export type SendingProducer = Pick<Producer, 'connect' | 'send' | 'disconnect'>;

/** @param openProducer another producer than kafkajs’s own, for tests. */
export function createRecordSender(
  options: RecordSenderOptions,
  openProducer: (choose: RecordPlacement['choose']) => SendingProducer = (choose) =>
    openKafka(options, choose),
): RecordSender {
  const { topic, service = 'kafka', lingerMs = 5, packFromBytes = PACK_FROM_BYTES } = options;
  const packing = CompressionTypes[options.packing === 'zstd' ? 'ZSTD' : 'GZIP'];
  const placement = createPlacement(topic);
  const producer = openProducer(placement.choose);
  const connect = createConnector(producer);
  const together = createSendQueue<Outgoing>({
    maxInFlight: MAX_REQUESTS_IN_FLIGHT,
    lingerMs,
    // A request that waits for a silent broker holds no place that others need.
    send: (batch) => within(sendTogether(batch), { limitMs: ORDINARY_MS }),
  });
  /** Partitions that take nothing now: their records go apart. */
  const apart = new Map<number, SendQueue<Outgoing>>();
  const queues = (): SendQueue<Outgoing>[] => [together, ...apart.values()];
  /** Requests without an answer for longer than is ordinary. */
  let late = 0;
  let isRefused = false;
  let isStopped = false;

  const compressionOf = (batch: readonly Outgoing[]): CompressionTypes =>
    batch.reduce((sum, one) => sum + one.bytes, 0) >= packFromBytes ? packing : CompressionTypes.None;

  /** One request for each broker. @returns the records without an acknowledgement, and why where brokers said it. */
  async function request(
    batch: readonly Outgoing[],
    compression: CompressionTypes,
  ): Promise<{ readonly left: readonly Outgoing[]; readonly error?: unknown }> {
    const answered = noteIfLate(batch);
    try {
      const messages = batch.map(({ message }) => message);
      const answers = await producer.send({ topic, acks: -1, compression, messages });
      accepted();
      // kafkajs 2.2.4 resolves a send of which it has left a part out: records of a partition without a leader, or
      // whose leader moved. So only records in an acknowledged partition count as sent.
      const acknowledged = new Set<number | undefined>(answers.map(({ partition }) => partition));
      const left: Outgoing[] = [];
      for (const one of batch) {
        if (acknowledged.has(placement.partitionOf(one.message))) one.resolve('sent');
        else left.push(one);
      }
      return { left, ...(left.length > 0 && { error: new Error('sent to no partition’s leader') }) };
    } catch (error) {
      if (isTopicRefusal(error)) refused(error);
      return { left: batch, error };
    } finally {
      answered();
    }
  }

  function noteIfLate(batch: readonly Outgoing[]): () => void {
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      late += 1;
      const partitions = new Set(batch.map(({ message }) => placement.partitionOf(message)));
      const [partition] = partitions;
      if (partitions.size === 1 && partition !== undefined) setApart(partition);
    }, ORDINARY_MS);
    return () => {
      clearTimeout(timer);
      if (isLate) late -= 1;
    };
  }

  function reject(records: readonly Outgoing[], error: unknown): void {
    for (const one of records) one.reject(new UnavailableError(service, error));
  }

  function accepted(): void {
    if (!isRefused) return;
    isRefused = false;
    options.onUnavailable?.(undefined);
  }

  function refused(error: unknown): void {
    isRefused = true;
    options.onUnavailable?.(`${topic} refuses records: ${messageOf(error)}`);
  }

  async function sendTogether(batch: readonly Outgoing[]): Promise<void> {
    try {
      // Tries for about three seconds by itself.
      await connect();
    } catch (error) {
      reject(batch, error);
      return;
    }
    // A silent broker’s partition makes all records of its request wait: then no records share a request.
    const groups =
      late === 0
        ? [batch]
        : [...Map.groupBy(batch, ({ message }) => placement.partitionOf(message)).values()];
    await Promise.all(groups.map(sendGroup));
  }

  async function sendGroup(batch: readonly Outgoing[]): Promise<void> {
    const { left } = await request(batch, compressionOf(batch));
    if (left.length === 0) return;
    const partitions = Map.groupBy(left, ({ message }) => placement.partitionOf(message));
    const others = [...partitions].map(async ([partition, records]) => {
      const error = await persist(records);
      if (error === undefined) return;
      reject(records, error);
      // Where even the partitions are unknown, no single one can be blamed.
      if (partition !== undefined) setApart(partition);
    });
    await Promise.all(others);
  }

  /** Records of one partition. @returns why the unsettled records are still not sent. */
  async function persist(records: readonly Outgoing[]): Promise<unknown> {
    let left = records;
    for (let tries = 0; ; tries += 1) {
      const answer = await request(left, compressionOf(left));
      ({ left } = answer);
      if (left.length === 0) return undefined;
      if (recordRefusalOf(answer.error) !== undefined) return sendOneByOne(left);
      const pauseMs = PAUSES_MS[tries];
      if (pauseMs === undefined || isStopped || isTopicRefusal(answer.error)) return answer.error;
      await systemClock.sleep(pauseMs);
    }
  }

  /**
   * A request is refused as a whole for one record in it. Alone, each record is packed as well as possible. What is no
   * refusal of a record concerns the rest, too: a broker that is gone is not waited for once a record.
   */
  async function sendOneByOne(records: readonly Outgoing[]): Promise<undefined> {
    for (const [at, one] of records.entries()) {
      const { left, error } = await request([one], CompressionTypes.ZSTD);
      if (left.length === 0) continue;
      const refusal = recordRefusalOf(error);
      if (refusal === undefined) {
        reject(records.slice(at), error);
        return;
      }
      one.resolve(refusal);
    }
  }

  /** A partition that took nothing gets one try a batch, as senders try again. The first success takes it in again. */
  function setApart(partition: number): void {
    if (apart.has(partition)) return;
    const queue = createSendQueue<Outgoing>({
      maxInFlight: 1,
      lingerMs,
      send: async (batch) => {
        const { left, error } = await request(batch, compressionOf(batch));
        if (left.length > 0 && recordRefusalOf(error) === undefined) {
          reject(left, error);
          return;
        }
        apart.delete(partition);
        if (left.length > 0) await sendOneByOne(left);
      },
    });
    apart.set(partition, queue);
  }

  function queueOf(message: Message): SendQueue<Outgoing> {
    if (apart.size === 0) return together;
    const partition = placement.partitionOf(message);
    return (partition === undefined ? undefined : apart.get(partition)) ?? together;
  }

  return {
    send({ key, value, headers }) {
      if (isStopped) return Promise.reject(new UnavailableError(service, 'the producer has been stopped'));
      const message: Message = { key, value, ...(headers === undefined ? {} : { headers }) };
      const settled = Promise.withResolvers<'sent' | RecordRefusal>();
      queueOf(message).add({ ...settled, message, bytes: sizeOf(message) });
      return settled.promise;
    },
    async stop() {
      isStopped = true;
      const closed = (async () => {
        await Promise.all(queues().map((queue) => queue.flush()));
        await producer.disconnect();
      })();
      await within(
        closed.catch(() => undefined),
        { limitMs: STOP_TIMEOUT_MS },
      );
    },
  };
}

function openKafka(
  { connection, logger }: RecordSenderOptions,
  choose: RecordPlacement['choose'],
): SendingProducer {
  ensureCodecs();
  return createKafkaClient(connection, logger).producer({
    createPartitioner: () => choose,
    allowAutoTopicCreation: false,
    metadataMaxAge: 30_000,
    retry: PRODUCER_RETRY,
  });
}

/** Connects at the first need; after a failure again at the next. */
function createConnector(producer: SendingProducer): () => Promise<void> {
  let connecting: Promise<void> | undefined;
  return () => {
    connecting ??= producer.connect().catch((error: unknown) => {
      connecting = undefined;
      throw error;
    });
    return connecting;
  };
}

function sizeOf({ key, value, headers = {} }: Message): number {
  let bytes = RECORD_OVERHEAD_BYTES + (key?.length ?? 0) + (value?.length ?? 0);
  for (const [name, header] of Object.entries(headers)) {
    for (const one of Array.isArray(header) ? header : [header]) bytes += name.length + (one?.length ?? 0);
  }
  return bytes;
}
