/**
 * Records of several topics, all of them or none, each exactly once: one transaction of Kafka's a call. Of all who have
 * opened the same transactional id only the last may write; whatever an earlier one had not committed by then never
 * counts. So who dies in the middle leaves nothing half done, and whoever comes next begins from what is committed.
 *
 * Readers of committed records see nothing of a transaction that is open, and nothing behind it in its partitions. So
 * each is short, and the brokers end one whose writer is gone after {@link OPEN_AT_MOST_MS}.
 */
import kafkajs, { type Message, type Producer } from 'kafkajs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../../runtime/logger.ts';
import { brokerErrorType, findCause, messageOf } from '../client/broker-error.ts';
import { createKafkaClient, type KafkaConnection } from '../client/client.ts';
import { ensureCodecs } from '../codecs/codecs.ts';
import type { OutgoingRecord } from './record-sender.ts';
import { isTopicRefusal, recordRefusalOf } from './record-refusals.ts';

export interface PlacedRecord extends OutgoingRecord {
  readonly topic: string;
  /** Default: by its key, as Java's producer does. */
  readonly partition?: number;
}

export interface Transactions {
  /**
   * Resolves once all are committed.
   *
   * @throws RecordsRefusedError where a topic does not take them: nothing is written. WriterReplacedError where another
   * writer has opened the id, or the brokers have given up this one. Any other error says nothing of whether they are
   * written: whoever opens the id again can read it. After an error nothing more can be written here.
   */
  commit(records: readonly PlacedRecord[]): Promise<void>;
  close(): Promise<void>;
}

/** A topic does not take these records; alone they may fit. */
export class RecordsRefusedError extends Error {
  override readonly name = 'RecordsRefusedError';
}

/** Another writer has opened the same transactional id, or this one's transaction was open for too long. */
export class WriterReplacedError extends Error {
  override readonly name = 'WriterReplacedError';
}

/** Brokers look for such transactions every 10 s, so it may take twice as long. */
const OPEN_AT_MOST_MS = 10_000;
const OPEN_WITHIN_MS = 30_000;
const PAUSE_MS = 250;
/** The coordinator writes the end of the transaction before, for some ms: asked again soon. */
const RETRY = { initialRetryTime: 20, retries: 8, maxRetryTime: 1000 } as const;
const PACK_FROM_BYTES = 64 * 1024;
/** Its code is younger than kafkajs. */
const PRODUCER_FENCED = 90;
const REPLACED: ReadonlySet<string> = new Set(['INVALID_PRODUCER_EPOCH', 'INVALID_PRODUCER_ID_MAPPING']);
const NOT_ALLOWED: ReadonlySet<string> = new Set([
  'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
]);

/**
 * Ends whatever an earlier writer of this id had begun. After it, what is committed of earlier writers can be read.
 *
 * @throws Error where that fails for 30 s, or the brokers don't allow it.
 */
export async function openTransactions(
  connection: KafkaConnection,
  transactionalId: string,
  logger: Logger,
): Promise<Transactions> {
  ensureCodecs();
  const producer = createKafkaClient(connection, logger).producer({
    ...{ transactionalId, idempotent: true, maxInFlightRequests: 1, transactionTimeout: OPEN_AT_MOST_MS },
    ...{ createPartitioner: kafkajs.Partitioners.DefaultPartitioner, allowAutoTopicCreation: false },
    ...{ metadataMaxAge: 30_000, retry: RETRY },
  });
  const close = (): Promise<void> => producer.disconnect().catch(() => undefined);
  try {
    await begin(producer, transactionalId);
  } catch (error) {
    await close();
    throw error;
  }
  return { commit: (records) => commit(producer, records), close };
}

async function begin(producer: Producer, transactionalId: string): Promise<void> {
  const giveUpAtMs = performance.now() + OPEN_WITHIN_MS;
  for (;;) {
    try {
      await producer.connect();
      const empty = await producer.transaction();
      // Nothing is in it, so nothing is asked of the brokers.
      await empty.abort();
      return;
    } catch (error) {
      if (NOT_ALLOWED.has(brokerErrorType(error) ?? '')) {
        throw new Error(
          `the Kafka user may not write transactions: allow it WRITE and DESCRIBE on the transactional id ${transactionalId}`,
          { cause: error },
        );
      }
      if (performance.now() >= giveUpAtMs)
        throw new Error(`Kafka begins no transaction: ${messageOf(error)}`, { cause: error });
      await sleep(PAUSE_MS);
    }
  }
}

async function commit(producer: Producer, records: readonly PlacedRecord[]): Promise<void> {
  let transaction: Awaited<ReturnType<Producer['transaction']>> | undefined;
  try {
    transaction = await producer.transaction();
    const byTopic = Map.groupBy(records, ({ topic }) => topic);
    const topicMessages = [...byTopic].map(([topic, some]) => ({ topic, messages: some.map(toMessage) }));
    const isLarge = records.reduce((sum, { value }) => sum + (value?.length ?? 0), 0) >= PACK_FROM_BYTES;
    const { None, GZIP } = kafkajs.CompressionTypes;
    const answers = await transaction.sendBatch({
      ...{ topicMessages, acks: -1, compression: isLarge ? GZIP : None },
    });
    // kafkajs resolves a send of which it has left a part out: a partition without a leader.
    for (const [topic, some] of byTopic) {
      const acknowledged = new Set(
        answers.filter(({ topicName }) => topicName === topic).map(({ partition }) => partition),
      );
      const asked = new Set(some.flatMap(({ partition }) => partition ?? []));
      if (acknowledged.size === 0 || [...asked].some((partition) => !acknowledged.has(partition)))
        throw new Error(`a partition of ${topic} has no leader`);
    }
    await transaction.commit();
  } catch (error) {
    // Who opens the id again ends it anyway; until then it would hold up readers.
    await transaction?.abort().catch(() => undefined);
    throw meaningOf(error);
  }
}

function meaningOf(error: unknown): unknown {
  const type = brokerErrorType(error) ?? '';
  const isFenced = findCause(error, (at) => 'code' in at && at.code === PRODUCER_FENCED) !== undefined;
  if (isFenced || REPLACED.has(type)) return new WriterReplacedError(messageOf(error), { cause: error });
  const isRefused = recordRefusalOf(error) !== undefined || isTopicRefusal(error);
  if (isRefused || type === 'UNKNOWN_TOPIC_OR_PARTITION')
    return new RecordsRefusedError(messageOf(error), { cause: error });
  return error;
}

function toMessage({ key, value, headers, partition }: PlacedRecord): Message {
  return {
    ...{ key, value },
    ...(headers !== undefined && { headers }),
    ...(partition !== undefined && { partition }),
  };
}
