/**
 * Creates the topics that this service writes to, where the broker allows it, with the broker’s own defaults for
 * partitions and replicas. Each topic is looked up by itself, whatever else is in the cluster. Where a topic is
 * refused, a log line says why and who must act. Writing waits for the topic, and creation is tried again now and then:
 * there may be too few brokers only for a while.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Admin, ITopicConfig } from 'kafkajs';
import type { Backoff } from '../../runtime/backoff.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/logger.ts';
import { retry } from '../../runtime/retry.ts';
import { brokerErrorType, createKafkaClient, messageOf, type KafkaConnection } from '../client/client.ts';

const RETRY: Backoff = { firstMs: 2000, longestMs: 2000 };
const REFUSED_RETRY_MS = 60_000;
const LOOK_AGAIN_MS = 50;
const LEADERS_WITHIN_MS = 60_000;
const NOT_YET = new Set(['UNKNOWN_TOPIC_OR_PARTITION', 'LEADER_NOT_AVAILABLE', 'NOT_LEADER_FOR_PARTITION']);

export interface EnsureTopicsOptions {
  readonly connection: KafkaConnection;
  readonly topics: readonly string[];
  readonly logger: Logger;
  readonly clock: Clock;
  /** Gives up waiting for Kafka. */
  readonly signal?: AbortSignal;
  /** What the start waits for, in the client’s words; undefined once it waits for nothing. Must not throw. */
  readonly onUnavailable?: (reason: string | undefined) => void;
}

/**
 * Waits for Kafka as long as it takes. Resolves once each topic exists or was refused. Refused topics are tried again
 * until the signal is aborted. Never rejects.
 */
export async function ensureTopics(options: EnsureTopicsOptions): Promise<void> {
  const { logger, clock, signal } = options;
  let refused: readonly string[];
  try {
    refused = await retry(() => settleAll(options.topics, options, tellRefused), {
      ...{ clock, backoff: RETRY, signal },
      onFailure: (error, failures) => {
        options.onUnavailable?.(messageOf(error));
        if (failures > 1) return;
        logger.warn({ error: messageOf(error) }, 'topics could not be looked up, trying again');
      },
    });
  } catch {
    return; // nobody waits for Kafka any more
  }
  options.onUnavailable?.(undefined);
  if (signal !== undefined && refused.length > 0) void keepTrying(refused, options, signal);

  function tellRefused(topic: string, error: unknown): void {
    const fields = { topic, error: reasonOf(error) };
    logger.error(fields, 'the topic could not be created: it has to be made by hand');
  }
}

async function keepTrying(
  refused: readonly string[],
  options: EnsureTopicsOptions,
  signal: AbortSignal,
): Promise<void> {
  const { clock, logger } = options;
  const tell = (topic: string, error: unknown): void => {
    logger.debug({ topic, error: reasonOf(error) }, 'the topic is refused as before');
  };
  for (let left = refused; left.length > 0;) {
    await clock.sleep(REFUSED_RETRY_MS, signal);
    if (signal.aborted) return;
    left = await settleAll(left, options, tell).catch(() => left);
  }
}

/** @returns the refused topics. @throws Error where no broker answers whether they exist. */
async function settleAll(
  topics: readonly string[],
  { connection, logger }: EnsureTopicsOptions,
  onRefused: (topic: string, error: unknown) => void,
): Promise<string[]> {
  const refused: string[] = [];
  const admin = createKafkaClient(connection, logger).admin();
  try {
    await admin.connect();
    for (const topic of topics) {
      try {
        if (await isThere(admin, topic)) continue;
      } catch (error) {
        if (brokerErrorType(error) === undefined) throw error;
        refused.push(topic);
        onRefused(topic, error);
        continue;
      }
      try {
        const created = await createLedTopics(admin, [{ topic }]);
        logger.info({ topic }, created ? 'topic created' : 'another pod has created the topic');
      } catch (error) {
        refused.push(topic);
        onRefused(topic, error);
      }
    }
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
  return refused;
}

/** Partitions without a leader exist, too. */
async function isThere(admin: Admin, topic: string): Promise<boolean> {
  try {
    await admin.fetchTopicMetadata({ topics: [topic] });
    return true;
  } catch (error) {
    const type = brokerErrorType(error);
    if (type === 'UNKNOWN_TOPIC_OR_PARTITION') return false;
    if (type === 'LEADER_NOT_AVAILABLE') return true;
    throw error;
  }
}

/** The broker’s answer for this topic: kafkajs keeps it inside an error for several topics. */
function reasonOf(error: unknown): string {
  const own: unknown = error instanceof Error && 'errors' in error ? error.errors : undefined;
  const first: unknown = Array.isArray(own) ? own[0] : error;
  if (brokerErrorType(first) !== 'TOPIC_AUTHORIZATION_FAILED') return messageOf(first);
  return `the Kafka user may not describe or create it: ${messageOf(first)}`;
}

/**
 * Creates topics and resolves when the leader of each partition serves it. Waits itself, as kafkajs’s own waiting fails
 * where a broker has not heard of its new topic yet.
 * @returns false where a topic existed already. @throws Error after 60 s without leaders, and what the broker refuses.
 */
export async function createLedTopics(admin: Admin, topics: ITopicConfig[]): Promise<boolean> {
  const created = await admin.createTopics({ topics, waitForLeaders: false });
  const names = topics.map(({ topic }) => topic);
  const giveUpAt = performance.now() + LEADERS_WITHIN_MS;
  while (!(await areServed(admin, names))) {
    if (performance.now() > giveUpAt) throw new Error(`no leaders of ${names.join(', ')} within 60 s`);
    await sleep(LOOK_AGAIN_MS);
  }
  return created;
}

/** Asks the leaders themselves. A broker may be named leader before it knows, and a send then goes out twice. */
async function areServed(admin: Admin, topics: string[]): Promise<boolean> {
  try {
    const metadata = await admin.fetchTopicMetadata({ topics });
    if (metadata.topics.some(({ partitions }) => partitions.some(({ leader }) => leader < 0))) return false;
    for (const topic of topics) await admin.fetchTopicOffsets(topic);
    return true;
  } catch (error) {
    // kafkajs takes an answer apart that lacks the topic, where the broker has not heard of it yet.
    if (error instanceof TypeError || NOT_YET.has(brokerErrorType(error) ?? '')) return false;
    throw error;
  }
}
