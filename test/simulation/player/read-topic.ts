/**
 * Reads a whole topic from its beginning and goes on reading, as an auditor does: it commits nothing that anybody
 * relies on, and can say when it has read everything that was there at a moment.
 */
import type { Consumer, EachBatchPayload, Kafka, KafkaMessage } from 'kafkajs';
import { setTimeout as sleep } from 'node:timers/promises';
import { withAdmin } from './kafka.ts';

export interface TopicReader {
  /** Resolves when everything that is in the topic now has been handed over. */
  caughtUp(timeoutMs?: number): Promise<void>;
  stop(): Promise<void>;
}

const REOPEN_AFTER_MS = 1000;

/** `onMessage` is called for every record, in each partition's order. */
export const readTopic = async (
  kafka: Kafka,
  options: {
    readonly topic: string;
    readonly groupId: string;
    readonly onMessage: (message: KafkaMessage, partition: number) => void;
  },
): Promise<TopicReader> => {
  const { topic, groupId, onMessage } = options;
  const positions = new Map<number, bigint>();
  let stopped = false;
  let consumer: Consumer;

  const open = async (): Promise<void> => {
    consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 200 });
    // kafkajs gives up for good where a broker breaks off while it is asked for the group's coordinator.
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      if (!payload.restart) void reopen();
    });
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch }: EachBatchPayload) => {
        const position = positions.get(batch.partition) ?? -1n;
        for (const message of batch.messages) {
          // After a rebalance the group begins again where nothing was committed.
          if (BigInt(message.offset) >= position) onMessage(message, batch.partition);
        }
        const next = BigInt(batch.lastOffset()) + 1n;
        if (next > position) positions.set(batch.partition, next);
      },
    });
  };
  const reopen = async (): Promise<void> => {
    while (!stopped) {
      try {
        await open();
        return;
      } catch {
        await sleep(REOPEN_AFTER_MS);
      }
    }
  };
  await open();
  return {
    async caughtUp(timeoutMs = 60_000) {
      const ends = await withAdmin(kafka, (admin) => admin.fetchTopicOffsets(topic));
      const deadline = Date.now() + timeoutMs;
      const behind = (): boolean =>
        ends.some(
          ({ partition, low, high }) => high !== low && (positions.get(partition) ?? 0n) < BigInt(high),
        );
      while (behind()) {
        if (Date.now() > deadline) throw new Error(`${topic} could not be read to its end`);
        await sleep(50);
      }
    },
    async stop() {
      stopped = true;
      await consumer.disconnect();
    },
  };
};
