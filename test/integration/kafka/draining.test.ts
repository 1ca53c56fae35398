/** What a drain must not cost: the session, while work that is under way takes longer than it. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Bench, clock, openBench, startPod, until } from './harness.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

test('heartbeats go on while draining: a drain that is longer than the session keeps it', async () => {
  const { topic, groupId, ledger } = await bench.load({ partitions: 4, events: 40 });
  const gate = Promise.withResolvers<undefined>();
  const first = startPod(bench.brokers, {
    ...{ topic, groupId, name: 'first', ledger, sessionTimeoutMs: 6000, drainTimeoutMs: 30_000 },
    work: () => gate.promise,
  });
  await until('all run', () => ledger.spans.length === 40);
  const second = startPod(bench.brokers, { topic, groupId, name: 'second', ledger });
  await until('the first drains', () => first.consumer.status().rebalancingSinceMs !== undefined);
  // Beyond the session: a member that was silent would have been put out of the group by now.
  const drainingSince = clock.now();
  await until('the session would be over', () => clock.now() - drainingSince > 8000);
  expect(second.consumer.status().joined).toBe(false);
  gate.resolve(undefined);
  await until('both have their part', () =>
    [first, second].every(({ consumer }) => consumer.status().partitions.length === 2),
  );
  await until('lag is gone', () =>
    [first, second].every(({ consumer }) => consumer.status().partitions.every(({ lag }) => lag === 0)),
  );
  await Promise.all([first.consumer.stop(), second.consumer.stop()]);
  expect(ledger.spans).toHaveLength(40);
  expect(ledger.done.size).toBe(40);
}, 120_000);
