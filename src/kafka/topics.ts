/**
 * Creates the topics that this service writes to, where the broker allows it, with the broker's own defaults for
 * partitions and replicas. Where it does not, a line in the log says who must: writing then waits for them.
 */
import type { Admin } from 'kafkajs';
import type { Clock, Logger } from '../pipeline/ports.ts';
import { createKafkaClient, messageOf, type KafkaConnection } from './client.ts';

const RETRY_MS = 2000;

export interface EnsureTopicsOptions {
  readonly connection: KafkaConnection;
  readonly topics: readonly string[];
  readonly logger: Logger;
  readonly clock: Clock;
  /** Gives up waiting for Kafka. */
  readonly signal?: AbortSignal;
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
      return;
    } catch (error) {
      if (!told) logger.warn({ error: messageOf(error) }, 'topics could not be looked up, trying again');
    } finally {
      await admin.disconnect().catch(() => undefined);
    }
    await clock.sleep(RETRY_MS, signal);
  }
}

async function createTopic(admin: Admin, topic: string, logger: Logger): Promise<void> {
  try {
    const created = await admin.createTopics({ topics: [{ topic }], waitForLeaders: true });
    logger.info({ topic }, created ? 'topic created' : 'another pod has created the topic');
  } catch (error) {
    logger.error(
      { topic, error: messageOf(error) },
      'the topic could not be created: it has to be made by hand',
    );
  }
}
