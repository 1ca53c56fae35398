/** The player's ledger names every record that its sends left in Kafka: no send may be repeated under new numbers. */
import type { Kafka, ProducerRecord } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { createCity } from '../../simulation/city/city.ts';
import { play } from '../../simulation/player/play.ts';
import type { ProducedEvent } from '../../simulation/verify/evidence.ts';

const PARTITIONS = 6;

/** A cluster that takes everything, and leaves the first send's answer out. */
function fakeKafka(brokers: number): { readonly kafka: Kafka; readonly sends: ProducerRecord[] } {
  const sends: ProducerRecord[] = [];
  const ends = new Map<number, number>();
  const kafka = {
    admin: () => ({
      connect: async () => undefined,
      disconnect: async () => undefined,
      describeCluster: async () => ({
        brokers: Array.from({ length: brokers }, (_, nodeId) => ({ nodeId })),
      }),
      fetchTopicMetadata: async () => ({ topics: [{ partitions: Array.from({ length: PARTITIONS }) }] }),
    }),
    producer: () => ({
      connect: async () => undefined,
      disconnect: async () => undefined,
      send: async (record: ProducerRecord) => {
        sends.push(record);
        if (sends.length === 1) return [];
        return [...Map.groupBy(record.messages, ({ partition = 0 }) => partition)].map(([partition, all]) => {
          const baseOffset = ends.get(partition) ?? 0;
          ends.set(partition, baseOffset + all.length);
          return { partition, baseOffset: String(baseOffset) };
        });
      },
    }),
  };
  return { kafka: kafka as unknown as Kafka, sends };
}

async function playOn(kafka: Kafka): Promise<ProducedEvent[]> {
  const produced: ProducedEvent[] = [];
  const records = createCity({ seed: 1, events: 200 }).records(200);
  const onProduced = (events: readonly ProducedEvent[]): void => void produced.push(...events);
  await play({ kafka, topic: 'events', records, eventsPerSecond: 100_000, onProduced });
  return produced;
}

describe('the player', () => {
  it('sends to one broker at a time of several', async () => {
    const { kafka, sends } = fakeKafka(3);
    const produced = await playOn(kafka);
    expect(produced).toHaveLength(200);
    expect(sends.length).toBeGreaterThan(1);
    for (const { messages } of sends)
      expect(new Set(messages.map(({ partition }) => partition)).size).toBe(1);
    const places = produced.map(
      ({ partition, offset, index }) => `${String(partition)}/${offset}/${String(index)}`,
    );
    expect(new Set(places).size).toBe(200);
  });

  it('sends to an only broker all at once', async () => {
    const { kafka, sends } = fakeKafka(1);
    expect(await playOn(kafka)).toHaveLength(200);
    expect(
      Math.max(...sends.map(({ messages }) => new Set(messages.map(({ partition }) => partition)).size)),
    ).toBeGreaterThan(1);
  });
});
