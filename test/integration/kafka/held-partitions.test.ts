/**
 * What is held back is kept, not fetched again: with nine of ten partitions held, the tenth flows, and every byte
 * crosses the wire about once. Bytes are counted where kafkajs reads the answers to its fetches.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import kafkajs, { type ConsumerConfig, type RequestEvent } from 'kafkajs';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { type Bench, createLedger, eventOf, openBench, startPod, until } from './harness.ts';

/** The broker cuts its answer off within a batch, which then comes again: of 40 records that alone were 2 to 3 %. */
const RECORDS_A_BATCH = 8;

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());
afterEach(() => {
  vi.restoreAllMocks();
});

/** From now on, of every consumer that is made: the bytes of its fetches' answers. */
function countFetchedBytes(): () => number {
  let bytes = 0;
  const { prototype } = kafkajs.Kafka;
  const make: (this: kafkajs.Kafka, config: ConsumerConfig) => kafkajs.Consumer = prototype.consumer;
  vi.spyOn(prototype, 'consumer').mockImplementation(function (
    this: kafkajs.Kafka,
    config = { groupId: '' },
  ) {
    const consumer = make.call(this, config);
    consumer.on(consumer.events.REQUEST, ({ payload }: RequestEvent) => {
      if (payload.apiName === 'Fetch') bytes += payload.size;
    });
    return consumer;
  });
  return () => bytes;
}

test('nine of ten partitions held: the tenth flows, and bytes fetched are at most 1.05 × bytes consumed', async () => {
  const partitions = 10;
  const free = 9;
  const topic = await bench.createTopic(partitions);
  const recordBytes = 2500;
  const pad = (): string => randomBytes(recordBytes / 2).toString('hex');
  let consumed = 0;
  const fill = async (partition: number, count: number): Promise<void> => {
    const batchAt = (at: number) =>
      Array.from({ length: RECORDS_A_BATCH }, (_, n) => {
        const message = eventOf(`p${String(partition)}`, at + n, { pad: pad() });
        consumed += String(message.value).length;
        return { ...message, partition };
      });
    for (let at = 0; at < count; at += 40) {
      const batches = Array.from({ length: 40 / RECORDS_A_BATCH }, (_, n) =>
        batchAt(at + n * RECORDS_A_BATCH),
      );
      await Promise.all(batches.map((messages) => bench.send(topic, messages)));
    }
  };
  for (let partition = 0; partition < partitions; partition += 1) {
    await fill(partition, partition === free ? 8000 : 2400);
  }

  const fetched = countFetchedBytes();
  const ledger = createLedger();
  const gate = Promise.withResolvers<undefined>();
  let isOpen = false;
  const pod = startPod(bench.brokers, {
    ...{
      topic,
      groupId: randomUUID(),
      ledger,
      maxInFlightBytes: 8 * 1024 * 1024,
      maxFetchBytesPerPartition: 1024 * 1024,
    },
    work: (user) => (user === `p${String(free)}` || isOpen ? Promise.resolve() : gate.promise),
  });
  // Twice: as it is there at first, and as it comes later, when the held ones are full for long.
  await until('the free partition is done', () => ledger.done.size === 8000);
  await fill(free, 4000);
  await until('it goes on', () => ledger.done.size === 12_000);
  const held = fetched();
  isOpen = true;
  gate.resolve(undefined);
  await until('all is done', () => ledger.done.size === 12_000 + 9 * 2400);
  await pod.consumer.stop();
  const ratio = fetched() / consumed;
  console.log(
    `  ${(held / 1e6).toFixed(1)} MB fetched while held, ${(fetched() / 1e6).toFixed(1)} MB in all, of ` +
      `${(consumed / 1e6).toFixed(1)} MB: × ${ratio.toFixed(3)}`,
  );
  expect(pod.counts.received).toBe(12_000 + 9 * 2400);
  expect(ratio).toBeGreaterThan(0.99);
  expect(ratio).toBeLessThanOrEqual(1.05);
});
