/** Breaks a broker of its own. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createRecordSender } from '../../../src/kafka/producers/record-sender.ts';
import { startServices, type RunningServices } from '../../simulation/services/start-services.ts';
import { findLocalObstacle } from '../../support/services/local-obstacle.ts';
import { createLogBook } from '../../support/partners/partner-fakes.ts';
import {
  type Bench,
  clock,
  createLedger,
  eventOf,
  openBench,
  orderFaults,
  startPod,
  until,
} from './harness.ts';

let services: RunningServices;
let brokers: string[];
let bench: Bench;
let obstacle: string | undefined;
beforeAll(async () => {
  obstacle = await findLocalObstacle('kafka');
  if (obstacle !== undefined) return;
  services = await startServices({
    say: () => undefined,
    kafka: {},
    redis: false,
    s3: false,
    origins: ['local'],
  });
  brokers = [services.env['KAFKA_BROKERS'] ?? ''];
  bench = await openBench(brokers);
}, 150_000);
afterAll(async () => {
  if (obstacle !== undefined) return;
  await bench.close().catch(() => undefined);
  await services.stop();
}, 120_000);
beforeEach(({ skip }) => {
  skip(obstacle !== undefined, obstacle);
});

const events = (count: number, from = 0) =>
  Array.from({ length: count }, (_, n) => eventOf(`u${String((n + from) % 40)}`, n + from));

test('a broker that is killed and comes back: work goes on, nothing is lost', async () => {
  const topic = await bench.createTopic(4);
  const groupId = randomUUID();
  const ledger = createLedger();
  await bench.send(topic, events(6000));
  const pod = startPod(brokers, {
    topic,
    groupId,
    ledger,
    work: () => clock.sleep(10),
    sessionTimeoutMs: 6000,
  });
  const sender = createRecordSender({
    connection: { brokers, clientId: 't' },
    topic,
    logger: createLogBook(),
  });
  await until('work runs', () => ledger.done.size > 500);
  await services.service('kafka').kill('SIGKILL');
  await until('it is known to be away', () => pod.consumer.status().awaySinceMs !== undefined);
  expect(pod.consumer.status().connected).toBe(false);
  await services.service('kafka').restart();
  await until('all is done', () => ledger.done.size === 6000, 60_000);
  await until(
    'all is committed',
    () => {
      const { joined, connected, partitions } = pod.consumer.status();
      return joined && connected && partitions.every(({ lag }) => lag === 0);
    },
    60_000,
  );
  await until('a producer that knew the broker before sends', async () => {
    try {
      return (await sender.send({ key: 'u1', value: JSON.stringify({ userId: 'u1', n: 6000 }) })) === 'sent';
    } catch {
      return false;
    }
  });
  await until('and it is read', () => ledger.spans.some(({ n }) => n === 6000), 30_000);
  expect(pod.fatal).toBeUndefined();
  expect(orderFaults({ ...ledger, spans: firstOfEach(ledger.spans) })).toEqual([]);
  await pod.consumer.stop();
  await sender.stop();
}, 150_000);

test('a stop while Kafka is away ends within its limit, and a start while it is away waits', async () => {
  const topic = await bench.createTopic(2);
  const groupId = randomUUID();
  const ledger = createLedger();
  await bench.send(topic, events(2000));
  const options = { topic, groupId, drainTimeoutMs: 3000, sessionTimeoutMs: 6000 };
  const pod = startPod(brokers, { ...options, ledger, work: () => clock.sleep(20) });
  await until('work runs', () => ledger.done.size > 100);
  await services.service('kafka').kill('SIGKILL');
  // Kafka stays away: a stop that waited for it would outlast the test.
  await pod.consumer.stop();
  expect(pod.counts.received).toBe(ledger.spans.length + ledger.abandoned);

  const next = startPod(brokers, { ...options, ledger });
  await until('it waits', () =>
    next.lines.some(({ level, message }) => level === 'warn' && message.includes('looking')),
  );
  expect(next.consumer.status()).toMatchObject({ joined: false, connected: false });
  const never = startPod(brokers, { ...options });
  await never.consumer.stop();
  await services.service('kafka').restart();
  await until('all is done', () => ledger.done.size === 2000, 60_000);
  expect(next.fatal).toBeUndefined();
  await next.consumer.stop();
}, 150_000);

/** After an outage some are done again: the first time of each is what has an order. */
function firstOfEach<T extends { readonly id: string }>(spans: readonly T[]): T[] {
  return [...new Map([...spans].reverse().map((span) => [span.id, span])).values()];
}
