/** The simulation's own way to Kafka: it plays the producers and the auditors, never the service. */
import kafkajs, { type Admin, type Kafka } from 'kafkajs';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLedTopics } from '../../../src/kafka/producers/topics.ts';

// kafkajs is CommonJS: what it exports by assignment is only on the default import.
const { Kafka: KafkaClient, logLevel, Partitioners } = kafkajs;

/** kafkajs counts one timer below zero, and Node says so in the middle of whatever is shown. Other warnings stay. */
export const silenceKafkaWarning = (): void => {
  process.removeAllListeners('warning');
  process.on('warning', (warning) => {
    if (warning.name !== 'TimeoutNegativeWarning') console.error(`${warning.name}: ${warning.message}`);
  });
};

/** Under a minute of a broker's absence. Every value, because kafkajs has hastier ones where NODE_ENV is `test`. */
const RETRY = { initialRetryTime: 200, multiplier: 2, factor: 0.2, maxRetryTime: 5000, retries: 14 } as const;

/** A client for these brokers (`host:port`, comma-separated). */
export const openKafka = (brokers: string, clientId: string): Kafka =>
  new KafkaClient({
    brokers: brokers.split(','),
    clientId,
    logLevel: logLevel.NOTHING,
    retry: RETRY,
  });

/** Runs `work` with a connected admin client. */
export const withAdmin = async <T>(kafka: Kafka, work: (admin: Admin) => Promise<T>): Promise<T> => {
  const admin = kafka.admin();
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
};

/** Resolves when the brokers answer. */
export const waitForKafka = async (kafka: Kafka, timeoutMs = 120_000): Promise<void> => {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    try {
      await withAdmin(kafka, (admin) => admin.describeCluster());
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await sleep(500);
    }
  }
};

/** Creates the topics that are not there yet; one that is keeps its partitions. */
export const ensureTopics = async (kafka: Kafka, topics: Readonly<Record<string, number>>): Promise<void> => {
  await withAdmin(kafka, async (admin) => {
    const existing = new Set(await admin.listTopics());
    const missing = Object.entries(topics).filter(([topic]) => !existing.has(topic));
    if (missing.length === 0) return;
    await createLedTopics(
      admin,
      missing.map(([topic, numPartitions]) => ({ topic, numPartitions })),
    );
  });
};

export const countPartitions = async (kafka: Kafka, topic: string): Promise<number> =>
  withAdmin(kafka, async (admin) => {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    return topics[0]?.partitions.length ?? 0;
  });

export const countBrokers = (kafka: Kafka): Promise<number> =>
  withAdmin(kafka, async (admin) => (await admin.describeCluster()).brokers.length);

/** The partition that Java's producers would choose for this key. */
export const createKeyPartitioner = (topic: string, partitions: number): ((key: string) => number) => {
  const choose = Partitioners.DefaultPartitioner();
  const partitionMetadata = Array.from({ length: partitions }, (_, partitionId) => ({
    partitionErrorCode: 0,
    partitionId,
    leader: 0,
    replicas: [],
    isr: [],
  }));
  return (key) => choose({ topic, partitionMetadata, message: { key, value: null } });
};
