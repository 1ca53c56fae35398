/** What a command asks of topics beside their records: whether they are there, how many partitions, and one to be made. */
import kafkajs from 'kafkajs';
import { within } from '../../runtime/deadline.ts';
import type { Logger } from '../../runtime/logger.ts';
import { brokerErrorType, createKafkaClient, messageOf, type KafkaConnection } from '../client/client.ts';
import { createLedTopics } from './topics.ts';

export interface TopicAdmin {
  /** @returns undefined where there is no such topic. @throws Error where no broker answers within 15 s, or refuses. */
  partitionsOf(topic: string): Promise<number | undefined>;
  /**
   * Makes a topic of one partition that keeps the last record of each key, where there is none of this name.
   *
   * @throws Error where the broker refuses.
   */
  ensureCompacted(topic: string): Promise<void>;
  /**
   * How long the topic keeps a record, ms: Infinity for ever, also where it keeps each key's last one.
   *
   * @returns undefined where there is no such topic, or the broker does not say.
   */
  retentionMs(topic: string): Promise<number | undefined>;
  close(): Promise<void>;
}

const { ConfigResourceTypes } = kafkajs;
const ANSWER_WITHIN_MS = 15_000;

/** @throws Error where no broker answers within 15 s. */
export async function openTopicAdmin(connection: KafkaConnection, logger: Logger): Promise<TopicAdmin> {
  const admin = createKafkaClient(connection, logger).admin();
  const inTime = <T>(task: Promise<T>): Promise<T> => within(task, { limitMs: ANSWER_WITHIN_MS, late });
  try {
    await inTime(admin.connect());
  } catch (error) {
    await admin.disconnect().catch(() => undefined);
    throw new Error(`Kafka (KAFKA_BROKERS) can’t be reached: ${messageOf(error)}`, { cause: error });
  }
  async function partitionsOf(topic: string): Promise<number | undefined> {
    try {
      const { topics } = await inTime(admin.fetchTopicMetadata({ topics: [topic] }));
      return topics[0]?.partitions.length;
    } catch (error) {
      if (brokerErrorType(error) === 'UNKNOWN_TOPIC_OR_PARTITION') return undefined;
      throw error;
    }
  }
  return {
    partitionsOf,
    async ensureCompacted(topic) {
      if ((await partitionsOf(topic)) !== undefined) return;
      const configEntries = [{ name: 'cleanup.policy', value: 'compact' }];
      try {
        await createLedTopics(admin, [{ topic, numPartitions: 1, configEntries }]);
      } catch (error) {
        throw new Error(
          `the topic ${topic} could not be made: ${messageOf(error)}. Make it by hand: one partition, cleanup.policy=compact`,
          { cause: error },
        );
      }
    },
    async retentionMs(topic) {
      if ((await partitionsOf(topic)) === undefined) return undefined;
      const configNames = ['retention.ms', 'cleanup.policy'];
      const resources = [{ type: ConfigResourceTypes.TOPIC, name: topic, configNames }];
      const described = await inTime(admin.describeConfigs({ resources, includeSynonyms: false })).catch(
        () => undefined,
      );
      const entries = described?.resources[0]?.configEntries ?? [];
      const valueOf = (name: string) => entries.find(({ configName }) => configName === name)?.configValue;
      if (valueOf('cleanup.policy') === 'compact') return Infinity;
      const ms = valueOf('retention.ms');
      return ms === undefined ? undefined : Number(ms) < 0 ? Infinity : Number(ms);
    },
    close: () => admin.disconnect().catch(() => undefined),
  };
}

function late(): never {
  throw new Error('no answer in time');
}
