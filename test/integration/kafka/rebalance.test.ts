import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AbandonedError } from '../../../src/runtime/errors.ts';
import type { Ownership } from '../../../src/domain/ownership.ts';
import {
  type Bench,
  clock,
  createLedger,
  eventOf,
  openBench,
  orderFaults,
  startPod,
  uneven,
  until,
} from './harness.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

const unevenWork = (user: string, n: number): Promise<void> =>
  clock.sleep(5 + Math.floor(45 * uneven(`${user}/${String(n)}`)));

/** Ends when told, or as abandoned when its ownership is revoked. */
function untilAborted(ownership: Ownership): Promise<void> {
  return new Promise((_resolve, reject) => {
    const give = (): void => {
      reject(new AbandonedError());
    };
    if (ownership.signal.aborted) give();
    else ownership.signal.addEventListener('abort', give, { once: true });
  });
}

describe('a planned rebalance', () => {
  test('pods that come and go under load do nothing twice, lose nothing and keep each user’s order', async () => {
    const topic = await bench.createTopic(8);
    const groupId = randomUUID();
    const users = 200;
    const total = 12_000;
    const messages = Array.from({ length: total }, (_, n) => eventOf(`u${String(n % users)}`, n));
    await bench.send(topic, messages);
    const ledger = createLedger();
    const pod = (name: string) => startPod(bench.brokers, { topic, groupId, name, ledger, work: unevenWork });

    const first = pod('first');
    await until('a fifth is done', () => ledger.done.size > total / 5);
    const second = pod('second');
    await until('the second works', () => ledger.spans.some((span) => span.pod === 'second'));
    await until('two fifths are done', () => ledger.done.size > (2 * total) / 5);
    const third = pod('third');
    await until('the third works', () => ledger.spans.some((span) => span.pod === 'third'));
    await until('three fifths are done', () => ledger.done.size > (3 * total) / 5);
    await second.consumer.stop();
    await until('four fifths are done', () => ledger.done.size > (4 * total) / 5);
    await third.consumer.stop();
    await until('all is done', () => ledger.done.size === total);
    await until('all is committed', () => first.consumer.status().partitions.every(({ lag }) => lag === 0));
    await first.consumer.stop();

    expect([...ledger.done.values()].filter((times) => times > 1)).toEqual([]);
    expect(ledger.spans).toHaveLength(total);
    expect(orderFaults(ledger)).toEqual([]);
    expect((await bench.committed(groupId, topic)).reduce((sum, offset) => sum + offset, 0)).toBe(total);
    expect(first.counts.rebalances).toBeGreaterThanOrEqual(3);
    expect([first.fatal, second.fatal, third.fatal]).toEqual([undefined, undefined, undefined]);
  }, 120_000);

  test('waits for work that runs before any other pod may begin with it', async () => {
    const { topic, groupId, ledger } = await bench.load({ partitions: 4, events: 40 });
    const gate = Promise.withResolvers<undefined>();
    const first = startPod(bench.brokers, {
      topic,
      groupId,
      name: 'first',
      ledger,
      work: () => gate.promise,
    });
    await until('all run', () => ledger.spans.length === 40);
    const second = startPod(bench.brokers, { topic, groupId, name: 'second', ledger });
    await until('a handover is under way', () => first.consumer.status().rebalancingSinceMs !== undefined);
    await clock.sleep(2500);
    expect(ledger.spans).toHaveLength(40);
    expect(second.consumer.status().joined).toBe(false);
    gate.resolve(undefined);
    await until('the second has partitions', () => second.consumer.status().partitions.length === 2);
    await until('lag is gone', () =>
      [first, second].every((pod) => pod.consumer.status().partitions.every(({ lag }) => lag === 0)),
    );
    await Promise.all([first.consumer.stop(), second.consumer.stop()]);
    expect(ledger.spans).toHaveLength(40);
    expect(ledger.done.size).toBe(40);
  }, 120_000);

  test('gives up at the drain limit what cannot finish, and another pod takes it up', async () => {
    const { topic, groupId, ledger } = await bench.load({ partitions: 4, events: 20 });
    const first = startPod(bench.brokers, {
      ...{ topic, groupId, name: 'first', ledger, drainTimeoutMs: 1500 },
      work: (_user, _n, ownership) => untilAborted(ownership),
    });
    await until('all run', () => ledger.spans.length === 20);
    const second = startPod(bench.brokers, { topic, groupId, name: 'second', ledger });
    await until('the second has done its part', () => ledger.done.size > 0);
    expect(ledger.abandoned).toBe(20);
    await first.consumer.stop();
    await until('the second has done everything', () => ledger.done.size === 20);
    expect(second.fatal ?? first.fatal).toBeUndefined();
    await second.consumer.stop();
  }, 120_000);

  test('new partitions are found, joined and read from their beginning', async () => {
    const { topic, groupId, ledger } = await bench.load({ partitions: 2, events: 500 });
    const pod = startPod(bench.brokers, { topic, groupId, ledger, work: unevenWork });
    await until('work runs', () => ledger.done.size > 50);
    await bench.admin.createPartitions({ topicPartitions: [{ topic, count: 4 }] });
    const late = Array.from({ length: 100 }, (_, n) => ({ ...eventOf(`v${String(n)}`, n), partition: 3 }));
    // A producer that does not know a partition yet drops what is meant for it, so one that looks afresh.
    const fresh = await openBench();
    await fresh.send(topic, late);
    await fresh.close();
    await until('all is done', () => ledger.done.size === 600);
    await until('all is committed', () => pod.consumer.status().partitions.every(({ lag }) => lag === 0));
    expect(pod.consumer.status().partitions.map(({ partition }) => partition)).toEqual([0, 1, 2, 3]);
    expect(ledger.spans).toHaveLength(600);
    await pod.consumer.stop();
  }, 120_000);
});

test('a pod that was frozen beyond its session joins again and loses nothing', async () => {
  const { topic, groupId, ledger } = await bench.load({ partitions: 2, events: 3000, users: 50 });
  const pod = startPod(bench.brokers, {
    ...{ topic, groupId, ledger, sessionTimeoutMs: 6000, drainTimeoutMs: 5000 },
    work: unevenWork,
  });
  await until('work runs', () => ledger.done.size > 300);
  // Nothing of this process runs meanwhile, so the broker hears no heartbeat.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 8000);
  await until('all is done', () => ledger.done.size === 3000, 30_000);
  await until('all is committed', () => pod.consumer.status().partitions.every(({ lag }) => lag === 0));
  expect(pod.counts.rebalances).toBeGreaterThanOrEqual(1);
  expect(pod.fatal).toBeUndefined();
  await pod.consumer.stop();
  expect((await bench.committed(groupId, topic)).reduce((sum, offset) => sum + offset, 0)).toBe(3000);
}, 120_000);

describe('a stop', () => {
  test('finishes what runs, commits, leaves the group at once, and is the same when asked twice', async () => {
    const { topic, groupId, ledger } = await bench.load({ partitions: 2, events: 2000, users: 50 });
    const pod = startPod(bench.brokers, {
      topic,
      groupId,
      ledger,
      work: unevenWork,
      commitIntervalMs: 60_000,
    });
    await until('work runs', () => ledger.done.size > 100);
    const stopped = pod.consumer.stop();
    expect(pod.consumer.stop()).toBe(stopped);
    await stopped;
    const done = ledger.done.size;
    expect(ledger.spans).toHaveLength(done);
    expect(pod.counts.received).toBe(done + ledger.abandoned);
    expect(done).toBeLessThan(2000);
    const { groups } = await bench.admin.describeGroups([groupId]);
    expect(groups[0]?.members).toEqual([]);

    const next = startPod(bench.brokers, { topic, groupId, ledger });
    await until('the rest is done', () => ledger.done.size === 2000);
    await next.consumer.stop();
    // Also what had finished beyond the watermark is not done again.
    expect(ledger.spans).toHaveLength(2000);
    expect(orderFaults(ledger)).toEqual([]);
  }, 120_000);

  test('in the middle of a join leaves no member behind', async () => {
    const topic = await bench.createTopic(2);
    const groupId = randomUUID();
    // A member left behind would keep the group waiting for longer than `until` does.
    const options = { topic, groupId, sessionTimeoutMs: 120_000 };
    const first = startPod(bench.brokers, { ...options, name: 'first' });
    await until('the first has joined', () => first.consumer.status().joined);
    const second = startPod(bench.brokers, { ...options, name: 'second' });
    await until('the group is rebalancing', () => first.consumer.status().rebalancingSinceMs !== undefined);
    await second.consumer.stop();
    await until('the first has all again', () => first.consumer.status().partitions.length === 2);
    await first.consumer.stop();
  });
});
