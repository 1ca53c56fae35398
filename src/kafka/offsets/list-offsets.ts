/**
 * Where partitions begin or end, asked of each partition’s leader. Partitions without a leader, or whose leader does
 * not answer in time or refuses, are left out. They keep nobody waiting.
 */
import { within } from '../../runtime/deadline.ts';
import type { Broker } from 'kafkajs';
import { brokerErrorType } from '../client/broker-error.ts';
import type { InsideCluster } from '../client/kafkajs-inside.ts';

export const EARLIEST = -2;
export const LATEST = -1;

export interface OffsetQuestion {
  readonly topic: string;
  readonly partitions: readonly number[];
  readonly timestamp: typeof EARLIEST | typeof LATEST;
  /** For each leader; ms. */
  readonly withinMs: number;
  readonly findBroker?: (node: { nodeId: string }) => Promise<Broker>;
}

/** By partition; those without an answer in time are left out. @throws what says that the topic may not be read. */
export async function listOffsets(
  cluster: InsideCluster,
  question: OffsetQuestion,
): Promise<ReadonlyMap<number, string>> {
  const { topic, timestamp, findBroker = (node) => cluster.findBroker(node) } = question;
  const found = new Map<number, string>();
  let forbidden: unknown;

  async function ask(nodeId: string, partitions: readonly number[]): Promise<void> {
    const broker = (await findBroker({ nodeId })) as unknown as ListingBroker;
    const asked = [{ topic, partitions: partitions.map((partition) => ({ partition, timestamp })) }];
    const { responses } = await broker.listOffsets({ topics: asked });
    for (const { partition, offset } of responses.flatMap((response) => response.partitions)) {
      found.set(partition, offset);
    }
  }

  /**
   * kafkajs makes one error of an answer in which one partition has an error. Then each partition is asked for alone.
   */
  async function askApart(nodeId: string, partitions: readonly number[]): Promise<void> {
    try {
      await ask(nodeId, partitions);
    } catch (error) {
      const type = brokerErrorType(error);
      if (type === 'TOPIC_AUTHORIZATION_FAILED') forbidden = error;
      else if (type !== undefined && partitions.length > 1)
        await Promise.all(partitions.map((partition) => askApart(nodeId, [partition])));
    }
  }

  const led = Object.entries(cluster.findLeaderForPartitions(topic, [...question.partitions])).filter(
    ([nodeId]) => Number(nodeId) >= 0,
  );
  const asked = led.map(([nodeId, partitions]) => askApart(nodeId, partitions));
  await within(Promise.all(asked), { limitMs: question.withinMs });
  if (forbidden !== undefined) throw forbidden as Error;
  return new Map(found);
}

/** Asks under read committed, as kafkajs does by default: the end excludes open transactions. */
interface ListingBroker {
  listOffsets(request: { readonly topics: readonly unknown[] }): Promise<{
    readonly responses: readonly {
      readonly partitions: readonly { readonly partition: number; readonly offset: string }[];
    }[];
  }>;
}
