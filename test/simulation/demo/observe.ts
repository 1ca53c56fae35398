/**
 * Watches a run from outside: every record of the outcome topic as it comes, what the broker says of the group, and
 * what the pods say of themselves. The first two are evidence; the third is only shown.
 */
import type { Kafka } from 'kafkajs';
import type { OutcomeRecord } from '../../../src/domain/outcome.ts';
import type { Status } from '../../../src/ops/status.ts';
import { withAdmin } from '../player/kafka.ts';
import { readTopic } from '../player/read-topic.ts';
import type { FoundLetter } from '../verify/evidence.ts';
import { createFunnelCounter, type FunnelCounter } from '../verify/funnel.ts';
import type { PartitionOffset } from '../verify/offsets.ts';
import type { RunNames } from './names.ts';
import type { PodProcess } from './pods.ts';

/** An outcome record, and when it came into its topic: epoch ms, by whichever clock the topic goes. */
export type SeenOutcome = OutcomeRecord & { readonly writtenAt: number };

export interface Observer {
  readonly outcomes: readonly SeenOutcome[];
  readonly counter: FunnelCounter;
  /** Resolves when every outcome that is in the topic now has been read. */
  caughtUp(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts to read the outcome topic, which must exist. */
export const observeOutcomes = async (kafka: Kafka, names: RunNames): Promise<Observer> => {
  const outcomes: SeenOutcome[] = [];
  const counter = createFunnelCounter();
  const reader = await readTopic(kafka, {
    topic: names.outcomeTopic,
    groupId: `${names.groupId}.auditor`,
    onMessage: ({ value, timestamp }) => {
      const record = JSON.parse(value?.toString() ?? 'null') as OutcomeRecord;
      outcomes.push({ ...record, writtenAt: Number(timestamp) });
      counter.add(record);
    },
  });
  return {
    outcomes,
    counter,
    caughtUp: () => reader.caughtUp(),
    stop: () => reader.stop(),
  };
};

const text = (value: unknown): string | undefined =>
  Buffer.isBuffer(value) ? value.toString() : typeof value === 'string' ? value : undefined;

/** The whole dead-letter topic. */
export const readDeadLetters = async (kafka: Kafka, names: RunNames): Promise<readonly FoundLetter[]> => {
  const letters: FoundLetter[] = [];
  const reader = await readTopic(kafka, {
    topic: names.deadLetterTopic,
    groupId: `${names.groupId}.letter-auditor`,
    onMessage: ({ value, timestamp, headers = {} }) => {
      letters.push({
        partition: Number(text(headers['source-partition'])),
        offset: text(headers['source-offset']) ?? '?',
        index: Number(text(headers['source-index'])),
        reason: text(headers['reason']) ?? '?',
        bytes: value,
        eventId: text(headers['event-id']),
        writtenAt: Number(timestamp),
      });
    },
  });
  try {
    await reader.caughtUp();
  } finally {
    await reader.stop();
  }
  return letters;
};

export interface Offsets {
  readonly committed: readonly PartitionOffset[];
  readonly ends: readonly PartitionOffset[];
}

/** What the group has committed, and where the partitions end. */
export const readOffsets = (kafka: Kafka, names: RunNames): Promise<Offsets> =>
  withAdmin(kafka, async (admin) => {
    const [group] = await admin.fetchOffsets({ groupId: names.groupId, topics: [names.topic] });
    const ends = await admin.fetchTopicOffsets(names.topic);
    return {
      committed: (group?.partitions ?? []).map(({ partition, offset }) => ({ partition, offset })),
      ends: ends.map(({ partition, offset }) => ({ partition, offset })),
    };
  });

/** What the pods say now; a pod that does not answer is missing. */
export const askPods = async (pods: readonly PodProcess[]): Promise<ReadonlyMap<string, Status>> => {
  const answers = await Promise.all(pods.map(async (pod) => [pod.name, await pod.status()] as const));
  return new Map(answers.flatMap(([name, status]) => (status === undefined ? [] : [[name, status]])));
};

/** Pushes that wait, run or are put off, as the queue itself says; undefined where no pod answers. */
export const countQueued = (statuses: ReadonlyMap<string, Status>): number | undefined => {
  const [status] = statuses.values();
  if (status === undefined) return undefined;
  return status.queue.waiting + status.queue.active + status.queue.delayed;
};
