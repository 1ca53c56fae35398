/**
 * A topic that is deleted and made anew under its name: what was committed of the one before says nothing of it, also
 * where the offset is in its log.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createLedTopics } from '../../../src/kafka/producers/topics.ts';
import { type Bench, createLedger, eventOf, openBench, startPod, until } from './harness.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

const events = (count: number, from: number) =>
  Array.from({ length: count }, (_, n) => eventOf(`u${String(n)}`, n + from));

async function commitAsBefore(groupId: string, topic: string, metadata: string): Promise<void> {
  const consumer = bench.kafka.consumer({ groupId });
  const joined = Promise.withResolvers<undefined>();
  consumer.on(consumer.events.GROUP_JOIN, () => {
    joined.resolve(undefined);
  });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({ autoCommit: false, eachBatch: () => Promise.resolve() });
  await joined.promise;
  await consumer.commitOffsets([{ topic, partition: 0, offset: '20', metadata }]);
  await consumer.disconnect();
}

/** Deleted and made again under its name, with so many events. */
async function makeAnew(topic: string, count: number): Promise<void> {
  await bench.admin.deleteTopics({ topics: [topic] });
  await until('it is gone and there again', async () => {
    try {
      return await createLedTopics(bench.admin, [{ topic, numPartitions: 1 }]);
    } catch {
      return false;
    }
  });
  const fresh = await openBench();
  await fresh.send(topic, events(count, 1000));
  await fresh.close();
}

describe('a topic that is deleted and made anew', () => {
  test('while no pod is there, and is longer than before: is read from its beginning, and that is told', async () => {
    const { topic, groupId, ledger } = await bench.load({ partitions: 1, events: 20 });
    const first = startPod(bench.brokers, { topic, groupId, ledger });
    await until('committed', async () => (await bench.committed(groupId, topic))[0] === 20);
    await first.consumer.stop();
    const [before] = await bench.admin.fetchOffsets({ groupId, topics: [topic] });
    await makeAnew(topic, 30);
    // Brokers forget a topic's offsets with it; what copies or restores groups does not.
    await commitAsBefore(groupId, topic, before?.partitions[0]?.metadata ?? '');
    const again = createLedger();
    const second = startPod(bench.brokers, { topic, groupId, ledger: again });
    await until('all is done', () => again.done.size === 30);
    expect(second.lines.filter(({ message }) => message.includes('made anew'))).toHaveLength(1);
    expect(second.counts).toMatchObject({ resets: 1, lost: 0 });
    await until('committed', async () => (await bench.committed(groupId, topic))[0] === 30);
    expect(second.consumer.status().partitions[0]).toMatchObject({ resets: 1, lag: 0 });
    await second.consumer.stop();
    // What is committed now is of the new one.
    const third = startPod(bench.brokers, { topic, groupId, ledger: again });
    await until('joined', () => third.consumer.status().partitions.length === 1);
    expect(third.counts.resets).toBe(0);
    await third.consumer.stop();
  });

  test('under a running pod: is read from its beginning, and that is told', async () => {
    const { topic, groupId, ledger } = await bench.load({ partitions: 1, events: 20 });
    const pod = startPod(bench.brokers, { topic, groupId, ledger, lagIntervalMs: 500 });
    await until('committed', async () => (await bench.committed(groupId, topic))[0] === 20);
    await makeAnew(topic, 30);
    const isNew = (n: number) => n >= 1000;
    const read = () => new Set(ledger.spans.filter(({ n }) => isNew(n)).map(({ n }) => n)).size;
    await until('all of the new one is done', () => read() === 30);
    await until('it is told', () => pod.counts.resets > 0);
    await until('committed', async () => (await bench.committed(groupId, topic))[0] === 30);
    expect(pod.fatal).toBeUndefined();
    await pod.consumer.stop();
  });
});
