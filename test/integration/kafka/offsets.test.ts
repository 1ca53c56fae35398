import { randomUUID } from 'node:crypto';
import type { Producer } from 'kafkajs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Bench, createLedger, eventOf, openBench, startPod, until } from './harness.ts';
import { createLedTopics } from '../../../src/kafka/producers/topics.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

async function openTransactions(): Promise<Producer> {
  const settings = { transactionalId: randomUUID(), maxInFlightRequests: 1, idempotent: true };
  const producer = bench.kafka.producer(settings);
  await producer.connect();
  return producer;
}

const events = (count: number, from = 0) =>
  Array.from({ length: count }, (_, n) => eventOf(`u${String((n + from) % 17)}`, n + from));

test('control records and aborted transactions leave no lag behind', async () => {
  const topic = await bench.createTopic(1);
  const groupId = randomUUID();
  const ledger = createLedger();
  const producer = bench.kafka.producer({
    transactionalId: randomUUID(),
    maxInFlightRequests: 1,
    idempotent: true,
  });
  await producer.connect();
  const inTransaction = async (from: number, end: 'commit' | 'abort'): Promise<void> => {
    const transaction = await producer.transaction();
    await transaction.send({ topic, messages: events(10, from) });
    await transaction[end]();
  };
  await inTransaction(0, 'commit');
  await inTransaction(10, 'abort');
  const pod = startPod(bench.brokers, { topic, groupId, ledger });
  const settled = (end: number) =>
    until(`lag 0 at ${String(end)}`, async () => (await bench.committed(groupId, topic))[0] === end);
  await settled(22);
  await inTransaction(20, 'abort');
  await settled(33);
  await inTransaction(30, 'commit');
  await settled(44);
  expect(ledger.done.size).toBe(20);
  expect(pod.consumer.status().partitions).toMatchObject([{ committed: 44, highWaterMark: 44, lag: 0 }]);
  await pod.consumer.stop();
  await producer.disconnect();
});

test('a new pod that finds nothing but an aborted transaction has no lag either', async () => {
  const topic = await bench.createTopic(1);
  const groupId = randomUUID();
  const producer = bench.kafka.producer({
    transactionalId: randomUUID(),
    maxInFlightRequests: 1,
    idempotent: true,
  });
  await producer.connect();
  const transaction = await producer.transaction();
  await transaction.send({ topic, messages: events(10) });
  await transaction.abort();
  await producer.disconnect();
  const pod = startPod(bench.brokers, { topic, groupId });
  await until('committed', async () => (await bench.committed(groupId, topic))[0] === 11);
  await until('no lag', () => pod.consumer.status().partitions[0]?.lag === 0);
  await pod.consumer.stop();
});

test('transactions that overlap in a partition: what was committed is read, once, whatever its key', async () => {
  const topic = await bench.createTopic(1);
  const groupId = randomUUID();
  const ledger = createLedger();
  const [a, b] = await Promise.all([openTransactions(), openTransactions()]);
  const first = await a.transaction();
  const zeros = Buffer.alloc(4);
  const send = (to: typeof first, user: string, n: number) =>
    to.send({ topic, messages: [{ ...eventOf(user, n), key: zeros }] });
  await send(first, 'aborted', 0);
  const second = await b.transaction();
  await send(second, 'aborted', 1);
  await second.abort();
  await send(first, 'aborted', 2);
  await first.abort();
  const third = await a.transaction();
  const fourth = await b.transaction();
  for (const [transaction, user, n] of [
    [third, 'committed', 3],
    [fourth, 'aborted', 4],
    [third, 'committed', 5],
  ] as const) {
    await send(transaction, user, n);
  }
  await third.commit();
  await fourth.abort();
  await bench.send(topic, [{ ...eventOf('plain', 6), key: zeros }]);
  const pod = startPod(bench.brokers, { topic, groupId, ledger });
  // Seven records and four markers.
  await until('all is done', async () => (await bench.committed(groupId, topic))[0] === 11);
  const seen = ledger.spans.toSorted((x, y) => x.n - y.n).map(({ user, n }) => [user, n]);
  expect(seen).toEqual([
    ['committed', 3],
    ['committed', 5],
    ['plain', 6],
  ]);
  await pod.consumer.stop();
  await Promise.all([a.disconnect(), b.disconnect()]);
});

test('an open transaction holds nothing back but what lies behind it, and is no lag', async () => {
  const topic = await bench.createTopic(1);
  const groupId = randomUUID();
  const ledger = createLedger();
  const producer = await openTransactions();
  const pod = startPod(bench.brokers, { topic, groupId, ledger });
  await bench.send(topic, events(3));
  const open = await producer.transaction();
  await open.send({ topic, messages: events(2, 3) });
  await bench.send(topic, events(5, 5));
  const status = () => pod.consumer.status().partitions[0];
  await until('what can be read is done', () => status()?.committed === 3);
  await until('it is told what is held back', () => status()?.heldByTransactions === 7);
  expect(status()).toMatchObject({ highWaterMark: 10, lag: 0 });
  expect(status()).not.toHaveProperty('fault');
  await open.commit();
  await until('all is done', () => status()?.committed === 11);
  expect(status()).toMatchObject({ highWaterMark: 11, lag: 0, heldByTransactions: 0 });
  expect(ledger.done.size).toBe(10);
  await pod.consumer.stop();
  await producer.disconnect();
});

test('latest: begins at the end, skips nothing after a crash, reads added partitions from their beginning', async () => {
  const topic = await bench.createTopic(2);
  const groupId = randomUUID();
  await bench.send(topic, events(100));
  const before = (await bench.admin.fetchTopicOffsets(topic)).map(({ high }) => Number(high));
  const ledger = createLedger();
  const options = { topic, groupId, ledger, start: 'latest' as const };
  const first = startPod(bench.brokers, { ...options, name: 'first' });
  const second = startPod(bench.brokers, { ...options, name: 'second' });
  await until('both have joined', () =>
    [first, second].every((pod) => pod.consumer.status().partitions.length === 1),
  );
  expect((await bench.committed(groupId, topic)).toSorted()).toEqual(before.toSorted());
  expect(ledger.spans).toEqual([]);
  await Promise.all([first.consumer.stop(), second.consumer.stop()]);

  // Nobody is there: what comes now must be read, and so must all of a partition that is added.
  await bench.send(topic, events(50, 100));
  await bench.admin.createPartitions({ topicPartitions: [{ topic, count: 3 }] });
  const fresh = await openBench();
  await fresh.send(
    topic,
    events(30, 150).map((message) => ({ ...message, partition: 2 })),
  );
  await fresh.close();
  const third = startPod(bench.brokers, { ...options, name: 'third' });
  await until('what came meanwhile is done', () => ledger.done.size === 80);
  await third.consumer.stop();
  expect(ledger.spans).toHaveLength(80);
});

test('a committed offset that was deleted is told, counted, and reading goes on from what there is', async () => {
  const topic = await bench.createTopic(1);
  const groupId = randomUUID();
  await bench.send(topic, events(50));
  const ledger = createLedger();
  const first = startPod(bench.brokers, { topic, groupId, ledger });
  await until('committed', async () => (await bench.committed(groupId, topic))[0] === 50);
  await first.consumer.stop();
  await bench.send(topic, events(50, 50));
  await bench.deleteBefore(topic, 80);
  const second = startPod(bench.brokers, { topic, groupId, ledger });
  await until('the rest is done', () => ledger.done.size === 70);
  await until('committed', async () => (await bench.committed(groupId, topic))[0] === 100);
  expect(second.counts.lost).toBe(30);
  expect(second.consumer.status().partitions[0]?.lost).toBe(30);
  const told = second.lines.filter(
    ({ level, message }) => level === 'error' && message.includes('deleted unread'),
  );
  expect(told).toHaveLength(1);
  expect(told[0]?.fields).toMatchObject({
    topic,
    partition: 0,
    committed: 50,
    range: { low: 80, high: 100 },
  });
  await second.consumer.stop();
});

test('records deleted ahead of a running pod are told, counted and gone past', async () => {
  const topic = await bench.createTopic(1);
  const groupId = randomUUID();
  const ledger = createLedger();
  const pad = 'x'.repeat(1000);
  const messages = Array.from({ length: 2000 }, (_, n) => eventOf(`u${String(n)}`, n, { pad }));
  for (let at = 0; at < 2000; at += 50) await bench.send(topic, messages.slice(at, at + 50));
  const gate = Promise.withResolvers<undefined>();
  const pod = startPod(bench.brokers, {
    ...{
      topic,
      groupId,
      ledger,
      maxInFlightBytes: 200_000,
      maxFetchBytesPerPartition: 60_000,
      maxInFlightEvents: 50,
    },
    work: () => gate.promise,
  });
  // One more fetch would go beyond its bound.
  await until('it is full', () => pod.consumer.status().inFlightBytes >= 140_000);
  await bench.deleteBefore(topic, 1500);
  gate.resolve(undefined);
  await until('it is told', () => pod.counts.lost > 0);
  await until('committed', async () => (await bench.committed(groupId, topic))[0] === 2000);
  // What was fetched before is done, each once; what was not is lost, and so counted.
  const read = ledger.spans.map(({ n }) => n).sort((x, y) => x - y);
  const fetched = 1500 - pod.counts.lost;
  expect(fetched).toBeGreaterThan(50);
  const numbers = Array.from({ length: 2000 }, (_, n) => n);
  expect(read).toEqual(numbers.filter((n) => n < fetched || n >= 1500));
  expect(pod.consumer.status().partitions[0]?.lost).toBe(pod.counts.lost);
  await pod.consumer.stop();
});

test('a topic that is missing at the start is waited for', async () => {
  const topic = `late-${randomUUID()}`;
  const ledger = createLedger();
  const pod = startPod(bench.brokers, { topic, groupId: randomUUID(), ledger });
  await until('it says so', () => pod.lines.some(({ message }) => message.includes('looking for the topic')));
  expect(pod.consumer.status().joined).toBe(false);
  await createLedTopics(bench.admin, [{ topic, numPartitions: 1 }]);
  await bench.send(topic, events(5));
  await until('all is done', () => ledger.done.size === 5);
  await pod.consumer.stop();
});

test('lag is known also of what is not being fetched', async () => {
  const topic = await bench.createTopic(2);
  const pod = startPod(bench.brokers, {
    ...{ topic, groupId: randomUUID(), maxInFlightEvents: 1, maxInFlightBytes: 1, lagIntervalMs: 200 },
    work: () => new Promise<void>(() => undefined),
    drainTimeoutMs: 300,
  });
  await until('joined', () => pod.consumer.status().partitions.length === 2);
  await bench.send(
    topic,
    events(300).map((message, n) => ({ ...message, partition: n % 2 })),
  );
  await until('the lag is known', () => pod.consumer.status().partitions.every(({ lag }) => lag === 150));
  await pod.consumer.stop();
});
