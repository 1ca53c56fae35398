import { randomUUID } from 'node:crypto';
import { expect, inject, it } from 'vitest';
import { createCity } from '../../simulation/city/city.ts';
import { ensureTopics, openKafka } from '../../simulation/player/kafka.ts';
import { play } from '../../simulation/player/play.ts';
import { readTopic } from '../../simulation/player/read-topic.ts';
import type { ProducedEvent } from '../../simulation/verify/evidence.ts';
import { placeOf } from '../../simulation/verify/evidence.ts';

const kafka = openKafka(inject('services')['KAFKA_BROKERS'] ?? '', 'player-test');

it('says of every event where it came to lie, and plays a user’s records in order to one partition', async () => {
  const topic = `player-${randomUUID()}`;
  await ensureTopics(kafka, { [topic]: 5 });
  await ensureTopics(kafka, { [topic]: 7 }); // there already: stays as it is
  const city = createCity({ seed: 1, events: 600, maxRecordBytes: 100_000 });
  const records = [...city.records(600)];
  const produced: ProducedEvent[] = [];
  await play({
    kafka,
    topic,
    records,
    eventsPerSecond: 2000,
    onProduced: (events) => produced.push(...events),
  });

  const found = new Map<string, { value: Buffer | null; key: string | undefined }>();
  const reader = await readTopic(kafka, {
    topic,
    groupId: topic,
    onMessage: ({ offset, value, key }, partition) => {
      found.set(`${partition}/${offset}`, { value, key: key?.toString() });
    },
  });
  await reader.caughtUp();
  await reader.stop();

  expect(found.size).toBe(records.length);
  expect(produced).toHaveLength(600);
  expect(new Set(produced.map(placeOf)).size).toBe(600);
  const partitionsOf = new Map<string, Set<number>>();
  let at = 0;
  for (const record of records) {
    for (const event of record.events) {
      const { partition, offset, index, userId, eventId } = produced[at++]!;
      expect(found.get(`${partition}/${offset}`)).toEqual({ value: record.value, key: record.key });
      expect({ index, userId }).toEqual({ index: event.index, userId: event.userId });
      if (event.bad === undefined)
        expect(eventId).toBe(event.eventId ?? `${topic}-${partition}-${offset}-${index}`);
      partitionsOf.set(record.key, (partitionsOf.get(record.key) ?? new Set()).add(partition));
    }
  }
  for (const partitions of partitionsOf.values()) expect(partitions.size).toBe(1);
  expect(new Set([...found.keys()].map((place) => place.split('/')[0])).size).toBe(5);
});

it('stops soon after it is told to', async () => {
  const topic = `player-${randomUUID()}`;
  await ensureTopics(kafka, { [topic]: 2 });
  const stopping = new AbortController();
  let played = 0;
  await play({
    kafka,
    topic,
    records: createCity({ seed: 1, events: 0, people: 500 }).records(),
    eventsPerSecond: 500,
    signal: stopping.signal,
    onProduced: (events) => {
      played += events.length;
      if (played > 100) stopping.abort();
    },
  });
  expect(played).toBeGreaterThan(100);
  expect(played).toBeLessThan(700);
});
