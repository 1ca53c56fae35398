/**
 * Creates the topics that this service writes to, where the broker allows it, with the broker's own defaults for
 * partitions and replicas. Where it does not, a line in the log says who must: writing then waits for them.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Admin, ITopicConfig } from 'kafkajs';
import type { Clock, Logger } from '../pipeline/ports.ts';
import { brokerErrorType, createKafkaClient, messageOf, type KafkaConnection } from './client.ts';

const RETRY_MS = 2000;
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
  /** What is being waited for, in the client's words; undefined once there is nothing. Must not throw. */
  readonly onObstacle?: (reason: string | undefined) => void;
}

/** Waits for Kafka as long as it takes. Resolves once each topic exists or has been refused. Never rejects. */
export async function ensureTopics(options: EnsureTopicsOptions): Promise<void> {
  const { logger, clock, signal } = options;
  const kafka = createKafkaClient(options.connection, logger);
  for (let told = false; signal?.aborted !== true; told = true) {
    const admin = kafka.admin();
    try {
      await admin.connect();
      const existing = new Set(await admin.listTopics());
      for (const topic of options.topics) if (!existing.has(topic)) await createTopic(admin, topic, logger);
      options.onObstacle?.(undefined);
      return;
    } catch (error) {
      options.onObstacle?.(messageOf(error));
      if (!told) logger.warn({ error: messageOf(error) }, 'topics could not be looked up, trying again');
    } finally {
      await admin.disconnect().catch(() => undefined);
    }
    await clock.sleep(RETRY_MS, signal);
  }
}

async function createTopic(admin: Admin, topic: string, logger: Logger): Promise<void> {
  try {
    const created = await createLedTopics(admin, [{ topic }]);
    logger.info({ topic }, created ? 'topic created' : 'another pod has created the topic');
  } catch (error) {
    logger.error(
      { topic, error: messageOf(error) },
      'the topic could not be created: it has to be made by hand',
    );
  }
}

/**
 * Creates topics and resolves when each of their partitions is served by its leader. Waits for that itself: kafkajs's own
 * waiting fails where the broker has not heard of its new topic yet.
 *
 * @returns false where one of them was there already. @throws Error after 60 s without leaders, and what the broker
 * refuses.
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

/** Asks the leaders themselves: a broker may be named as one before it knows, and a send then goes out twice. */
async function areServed(admin: Admin, topics: string[]): Promise<boolean> {
  try {
    const metadata = await admin.fetchTopicMetadata({ topics });
    if (metadata.topics.some(({ partitions }) => partitions.some(({ leader }) => leader < 0))) return false;
    for (const topic of topics) await admin.fetchTopicOffsets(topic);
    return true;
  } catch (error) {
    if (NOT_YET.has(brokerErrorType(error) ?? '')) return false;
    throw error;
  }
}
