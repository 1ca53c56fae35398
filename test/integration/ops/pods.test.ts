/** The list of live pods, on a real Redis: seen, replaced, forgotten, and told of new documents. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, inject, it, vi } from 'vitest';
import { UnavailableError } from '../../../src/runtime/errors.ts';
import { announceDocuments, livePods, startPodRegistry, type PodRecord } from '../../../src/ops/pods.ts';
import { openRedis } from '../../../src/redis/connection.ts';
import { openRedisUser } from '../../support/redis/redis-user.ts';
import { silentLogger } from '../../support/silent-logger.ts';

const PREFIX = 'pods-test';
/** The channels of these tests, as a right. */
const HEARD = `&${PREFIX}:*`;
const soon = { timeout: 30_000, interval: 20 };

let redis: Redis;
let subscriber: Redis;

beforeEach(async () => {
  const url = inject('services')['REDIS_URL'] ?? '';
  redis = new Redis(url);
  subscriber = new Redis(url);
  // As the pod's own: it asks a connection that stands.
  await once(redis, 'ready');
});
afterEach(() => {
  redis.disconnect();
  subscriber.disconnect();
});

function record(pod: string): PodRecord {
  return {
    pod,
    version: '1.0.0',
    startedAt: '2026-11-22T12:00:00.000Z',
    partitions: [{ topic: 't', partition: 3 }],
    rulesVersion: 'r1',
    rulesEtag: '"e1"',
    rulesHash: '0123456789ab',
    merchantsVersion: undefined,
    topic: 't',
    groupId: 'g',
    lane: 'all',
    laneThresholdBytes: 1,
  };
}

const mine = async (pod: string) => (await livePods(redis, PREFIX)).filter((live) => live.pod === pod);

it('a pod is listed at once, with what it says, and leaves the list when it stops', async () => {
  const pod = randomUUID();
  const registry = startPodRegistry({
    redis,
    subscriber,
    prefix: PREFIX,
    describe: () => record(pod),
    onDocumentsAnnounced: () => undefined,
    logger: silentLogger,
  });
  await vi.waitFor(async () => {
    expect(await mine(pod)).toMatchObject([
      { pod, rulesVersion: 'r1', rulesHash: '0123456789ab', partitions: [{ topic: 't', partition: 3 }] },
    ]);
  }, soon);
  await vi.waitFor(() => {
    expect(registry.pods().map((live) => live.pod)).toContain(pod);
  }, soon);
  await registry.stop();
  expect(await mine(pod)).toEqual([]);
});

it('a pod that was silent for too long is forgotten, its record too', async () => {
  const pod = randomUUID();
  await redis.zadd(`${PREFIX}:{pods}:seen`, Date.now() - 16_000, pod);
  await redis.hset(`${PREFIX}:{pods}:records`, pod, JSON.stringify(record(pod)));
  expect(await mine(pod)).toEqual([]);
  expect(await redis.hexists(`${PREFIX}:{pods}:records`, pod)).toBe(0);
});

it('records are short while every live pod says that it reads them so, and the list is recent', async () => {
  const own = randomUUID();
  const prefix = `t-${own}`;
  const registry = startPodRegistry({
    ...{ redis, subscriber, prefix, onDocumentsAnnounced: () => undefined, logger: silentLogger },
    describe: () => ({ ...record(own), recordForm: 2 }),
  });
  expect(registry.everyPodReads(2)).toBe(false);
  await registry.beatSoon();
  expect([registry.everyPodReads(2), registry.everyPodReads(3)]).toEqual([true, false]);

  // A pod of the version before starts, and ends.
  const older = startPodRegistry({
    ...{ redis, subscriber, prefix, onDocumentsAnnounced: () => undefined, logger: silentLogger },
    describe: () => record('older'),
  });
  await older.beatSoon();
  await registry.beatSoon();
  expect([registry.everyPodReads(2), registry.everyPodReads(1)]).toEqual([false, true]);
  await older.stop();
  await registry.beatSoon();
  expect(registry.everyPodReads(2)).toBe(true);

  // No beat was answered for as long as a silent pod counts as live.
  const nowMs = performance.now();
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => nowMs + 16_000);
  expect(registry.everyPodReads(2)).toBe(false);
  clock.mockRestore();
  await registry.stop();
});

it('every pod hears of new documents', async () => {
  const heard = vi.fn();
  const registry = startPodRegistry({
    redis,
    subscriber,
    prefix: PREFIX,
    describe: () => record(randomUUID()),
    onDocumentsAnnounced: heard,
    logger: silentLogger,
  });
  await vi.waitFor(async () => {
    await announceDocuments(redis, PREFIX);
    expect(heard).toHaveBeenCalled();
  }, soon);
  await registry.stop();
});

it('a subscription that hangs concerns itself: documents are heard of by the list', async () => {
  const silent = createServer(() => undefined);
  silent.listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const hanging = new Redis({ port: (silent.address() as AddressInfo).port, maxRetriesPerRequest: null });
  hanging.on('error', () => undefined);
  const heard = vi.fn();
  const own = randomUUID();
  const registry = startPodRegistry({
    redis,
    subscriber: hanging,
    prefix: own,
    describe: () => record('p1'),
    onDocumentsAnnounced: heard,
    logger: silentLogger,
  });
  try {
    await registry.beatSoon();
    expect(registry.pods().map(({ pod }) => pod)).toEqual(['p1']);
    await announceDocuments(redis, own);
    await registry.beatSoon();
    expect(heard).toHaveBeenCalledTimes(1);
  } finally {
    await registry.stop();
    hanging.disconnect();
    silent.close();
  }
});

it('a subscription that is refused when its connection comes back is told, and made once it may be', async () => {
  const user = await openRedisUser(inject('services')['REDIS_URL'] ?? '', [
    ...['+@all', 'allkeys', 'resetchannels', HEARD],
  ]);
  const own = openRedis({ url: user.url, cluster: false, purpose: 'worker', logger: silentLogger });
  let heard = 0;
  const registry = startPodRegistry({
    ...{ redis, subscriber: own, prefix: PREFIX, logger: silentLogger },
    describe: () => record(randomUUID()),
    onDocumentsAnnounced: () => void (heard += 1),
  });
  const channels = async (): Promise<string> => String(await redis.pubsub('NUMSUB', `${PREFIX}:documents`));
  await vi.waitFor(async () => expect(await channels()).toMatch(/,[1-9]/), soon);
  // Redis cuts whoever listens to what the user may not hear any more. The driver comes back by itself.
  await user.allow('resetchannels');
  await vi.waitFor(() => {
    expect(registry.warnings()).toEqual([
      expect.stringMatching(/^Redis refuses the announcements of documents: .*NOPERM/) as string,
    ]);
  }, soon);
  await user.allow(HEARD);
  await vi.waitFor(() => expect(registry.warnings()).toEqual([]), soon);
  const before = heard;
  await announceDocuments(redis, PREFIX);
  await vi.waitFor(() => expect(heard).toBeGreaterThan(before), soon);
  await registry.stop();
  own.disconnect();
  await user.close();
});

it('a Redis that is away is named as such', async () => {
  const nowhere = new Redis({
    port: 1,
    lazyConnect: true,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
  });
  nowhere.on('error', () => undefined);
  await expect(livePods(nowhere, PREFIX)).rejects.toThrow(UnavailableError);
  nowhere.disconnect();
});
