import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Bench, clock, createLedger, eventOf, openBench, startPod, until } from './harness.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

test('a user whose work never ends holds the offset and nobody else', async () => {
  const topic = await bench.createTopic(1);
  const groupId = randomUUID();
  const ledger = createLedger();
  const stuckAt = 700;
  const messages = Array.from({ length: 5000 }, (_, n) =>
    eventOf(n === stuckAt ? 'stuck' : `u${String(n % 300)}`, n),
  );
  await bench.send(topic, messages);
  const stuck = Promise.withResolvers<undefined>();
  const pod = startPod(bench.brokers, {
    ...{ topic, groupId, ledger },
    work: (user) => (user === 'stuck' ? stuck.promise : clock.sleep(2)),
  });
  await until('all others are done', () => ledger.done.size === 4999);
  await until('what may be committed is', async () => (await bench.committed(groupId, topic))[0] === stuckAt);
  const commits = pod.commits.ok;
  await clock.sleep(1000);
  expect(await bench.committed(groupId, topic)).toEqual([stuckAt]);
  expect(pod.commits.ok).toBe(commits);
  expect(pod.consumer.status().partitions).toMatchObject([
    {
      ...{ topic, partition: 0, committed: stuckAt, highWaterMark: 5000, lag: 4300, inFlight: 1 },
      ...{ heldByTransactions: 0, lost: 0, resets: 0 },
    },
  ]);
  stuck.resolve(undefined);
  await until('the rest is committed', async () => (await bench.committed(groupId, topic))[0] === 5000);
  await pod.consumer.stop();
});

test('the bounds hold: events in the pod, a partition’s span, and a part for each partition', async () => {
  const topic = await bench.createTopic(4);
  const groupId = randomUUID();
  const ledger = createLedger();
  // Partition 0 is stuck altogether; the others must go on, within what is left.
  const inPartition = (partition: number, count: number) =>
    Array.from({ length: count }, (_, n) => ({
      ...eventOf(`p${String(partition)}-${String(n % 40)}`, n),
      partition,
    }));
  await bench.send(
    topic,
    [0, 1, 2, 3].flatMap((partition) => inPartition(partition, 2000)),
  );
  const stuck = Promise.withResolvers<undefined>();
  const pod = startPod(bench.brokers, {
    ...{ topic, groupId, ledger, maxInFlightEvents: 80, maxUncommittedEvents: 500, maxRunningEvents: 200 },
    work: (user) => (user.startsWith('p0') ? stuck.promise : clock.sleep(1)),
  });
  await until('the other partitions are done', () => ledger.done.size === 6000);
  const [first] = pod.consumer.status().partitions;
  expect(pod.maxInFlight).toBeLessThanOrEqual(80);
  expect(pod.maxInFlight).toBeGreaterThan(40);
  expect(first?.inFlight).toBeGreaterThanOrEqual(10);
  expect(first?.inFlight).toBeLessThanOrEqual(50);
  stuck.resolve(undefined);
  await until('all is done', () => ledger.done.size === 8000);
  await pod.consumer.stop();
});

test('a partition’s span from the watermark is bounded, and moves on', async () => {
  const topic = await bench.createTopic(1);
  const ledger = createLedger();
  await bench.send(
    topic,
    Array.from({ length: 3000 }, (_, n) => eventOf(n === 0 ? 'stuck' : `u${String(n)}`, n)),
  );
  const stuck = Promise.withResolvers<undefined>();
  const pod = startPod(bench.brokers, {
    ...{ topic, groupId: randomUUID(), ledger, maxUncommittedEvents: 250 },
    work: (user) => (user === 'stuck' ? stuck.promise : Promise.resolve()),
  });
  await until('the span is full', () => pod.counts.received === 250);
  await clock.sleep(700);
  expect(pod.counts.received).toBe(250);
  stuck.resolve(undefined);
  await until('all is done', () => ledger.done.size === 3000);
  await pod.consumer.stop();
});

test('bytes are bounded: a partition that is full is not fetched, and nothing is fetched twice', async () => {
  const topic = await bench.createTopic(2);
  const ledger = createLedger();
  const pad = 'x'.repeat(20_000);
  const messages = Array.from({ length: 1500 }, (_, n) => eventOf(`u${String(n)}`, n, { pad }));
  for (let at = 0; at < messages.length; at += 30) await bench.send(topic, messages.slice(at, at + 30));
  const gate = Promise.withResolvers<undefined>();
  let isOpen = false;
  const pod = startPod(bench.brokers, {
    ...{ topic, groupId: randomUUID(), ledger },
    ...{ maxInFlightBytes: 4_000_000, maxFetchBytesPerPartition: 1024 * 1024 },
    work: () => (isOpen ? Promise.resolve() : gate.promise),
  });
  await until('the buffers are full', () => pod.consumer.status().inFlightBytes >= 2_000_000);
  await clock.sleep(700);
  expect(pod.consumer.status().inFlightBytes).toBeLessThan(4_000_000 + 2 * 1024 * 1024 + 1_000_000);
  isOpen = true;
  gate.resolve(undefined);
  await until('all is done', () => ledger.done.size === 1500);
  expect(pod.counts.received).toBe(1500);
  expect(pod.consumer.status().inFlightBytes).toBe(0);
  await pod.consumer.stop();
});

test('records of many events, small and large, are committed after their last event', async () => {
  const topic = await bench.createTopic(1);
  const groupId = randomUUID();
  const ledger = createLedger();
  const few = Array.from({ length: 3 }, (_, n) => ({ userId: `a${String(n)}`, n }));
  const many = Array.from({ length: 20_000 }, (_, n) => ({ userId: `b${String(n)}`, n }));
  await bench.send(topic, [
    { value: JSON.stringify(few) },
    { value: JSON.stringify(many) },
    { value: 'no json' },
    { value: null },
    { value: few.map((event) => JSON.stringify(event)).join('\n') },
  ]);
  const last = Promise.withResolvers<undefined>();
  const pod = startPod(bench.brokers, {
    ...{ topic, groupId, ledger, maxInFlightEvents: 500 },
    work: (user) => (user === 'b19999' ? last.promise : Promise.resolve()),
  });
  await until('all but one are done', () => ledger.done.size === 3 + 19_999 + 2 + 3);
  expect(pod.maxInFlight).toBeLessThanOrEqual(500);
  await until('the first record is committed', async () => (await bench.committed(groupId, topic))[0] === 1);
  last.resolve(undefined);
  await until('all is committed', async () => (await bench.committed(groupId, topic))[0] === 5);
  await pod.consumer.stop();
});

test('one at a time by partition, all at once without ordering', async () => {
  const topic = await bench.createTopic(1);
  await bench.send(
    topic,
    Array.from({ length: 30 }, (_, n) => eventOf('same', n)),
  );
  const atOnce = async (ordering: 'partition' | 'none'): Promise<number> => {
    let running = 0;
    let most = 0;
    const ledger = createLedger();
    const pod = startPod(bench.brokers, {
      ...{ topic, groupId: randomUUID(), ledger, ordering },
      async work() {
        running += 1;
        most = Math.max(most, running);
        await clock.sleep(10);
        running -= 1;
      },
    });
    await until('all is done', () => ledger.done.size === 30);
    await pod.consumer.stop();
    return most;
  };
  expect(await atOnce('partition')).toBe(1);
  expect(await atOnce('none')).toBeGreaterThan(10);
});

test('a defect in an event’s work is fatal and is not committed past', async () => {
  const topic = await bench.createTopic(1);
  const groupId = randomUUID();
  await bench.send(
    topic,
    Array.from({ length: 10 }, (_, n) => eventOf(`u${String(n)}`, n)),
  );
  const pod = startPod(bench.brokers, {
    ...{ topic, groupId },
    work: (_user, n) => (n === 4 ? Promise.reject(new Error('a defect')) : Promise.resolve()),
  });
  await until('it is told', () => pod.fatal !== undefined);
  expect(pod.fatal?.message).toBe('a defect');
  await pod.consumer.stop();
  expect(await bench.committed(groupId, topic)).toEqual([4]);
});

test('each lane takes its side of the threshold and passes over the other', async () => {
  const topic = await bench.createTopic(1);
  const groupId = (lane: string): string => `${topic}-${lane}`;
  const sized = (bytes: number, n: number) => {
    const empty = JSON.stringify({ userId: 'u', n, pad: '' });
    return { key: 'u', value: JSON.stringify({ userId: 'u', n, pad: 'x'.repeat(bytes - empty.length) }) };
  };
  const records = [
    sized(999, 0),
    sized(1000, 1),
    sized(1001, 2),
    { key: 'u', value: null },
    sized(100, 4),
    sized(5000, 5),
  ];
  await bench.send(topic, records);
  const run = async (lane: 'small' | 'large'): Promise<string[]> => {
    const ledger = createLedger();
    const pod = startPod(bench.brokers, {
      topic,
      groupId: groupId(lane),
      ledger,
      lane,
      laneThresholdBytes: 1000,
    });
    await until('all is committed', async () => (await bench.committed(groupId(lane), topic))[0] === 6);
    await pod.consumer.stop();
    expect(pod.counts.passedOver).toBe(3);
    return ledger.spans.map(({ id }) => id);
  };
  expect(await run('small')).toEqual(['0/0/0', '0/3/0', '0/4/0']);
  expect(await run('large')).toEqual(['0/1/0', '0/2/0', '0/5/0']);
});
