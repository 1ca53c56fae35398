/**
 * Queue, workers and claims on a Redis Cluster: the queue's keys share a slot, a slot may move, and a master may be
 * killed in the middle of it all. Each push is sent once, and none is forgotten.
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { watchRedis } from '../../../src/redis/watch.ts';
import { inspectRedis, UnsafeRedisError } from '../../../src/redis/guard.ts';
import { encodeId } from '../../../src/claims/keys.ts';
import { SPREAD_TAGS } from '../../../src/redis/spread-tags.ts';
import { UnavailableError } from '../../../src/runtime/errors.ts';
import type { EventRef } from '../../../src/domain/event.ts';
import { queuePrefix } from '../../../src/push/push-queue.ts';
import { findLocalObstacle } from '../../support/services/local-obstacle.ts';
import { createPushRig, type PushRig } from '../../support/claims/push-rig.ts';
import { startRedisCluster, type RedisCluster } from '../../support/redis/redis-cluster.ts';
import { silentLogger } from '../../support/silent-logger.ts';

const soon = { timeout: 40_000, interval: 50 };
const ids = (count: number, name = 'e') =>
  Array.from({ length: count }, (_, index) => `${name}${String(index)}`);

describe('on a Redis Cluster', () => {
  let cluster: RedisCluster;
  let rig: PushRig;
  let obstacle: string | undefined;
  const prefix = 'cluster-test';

  beforeAll(async () => {
    obstacle = await findLocalObstacle('redis');
    if (obstacle === undefined) cluster = await startRedisCluster();
  });
  afterAll(async () => {
    if (obstacle === undefined) await cluster.stop();
  });
  beforeEach(async ({ skip }) => {
    skip(obstacle !== undefined, obstacle);
    rig = await createPushRig(cluster.url, { cluster: true, prefix });
  });
  afterEach(async () => {
    if (obstacle === undefined) await rig.close();
  });

  /** Pushes that Redis would not take are offered again, as redelivery does. */
  const pushUntilTaken = (id: string): Promise<EventRef> => vi.waitFor(() => rig.push(id), soon);

  it('every push is delivered once, by two workers, at the shared pace, and the kill switch works', async () => {
    rig.worker({ perSecond: 100 }).start();
    rig.worker({ perSecond: 100 }).start();
    for (const id of ids(40)) await rig.queue.enqueue(await rig.push(id));
    await vi.waitFor(() => expect(rig.counted).toHaveLength(40), soon);
    expect(rig.sends.map(({ eventId }) => eventId).toSorted()).toEqual(ids(40).toSorted());
    await vi.waitFor(
      async () => expect(await rig.queue.counts()).toEqual({ waiting: 0, active: 0, delayed: 0, failed: 0 }),
      soon,
    );
    await rig.killSwitch.set({ why: 'test', by: null, since: null });
    await rig.push('killed');
    await vi.waitFor(() => expect(rig.counted).toContain('withdrawn'), soon);
    await rig.killSwitch.lift();
  });

  it('a slot of a user, of the queue and of the index may move under load', async () => {
    rig.worker().start();
    const user = { userId: 'user of moved', eventId: 'moved' };
    await rig.push('first');
    const pushing = (async () => {
      for (const id of ids(60, 'm')) await pushUntilTaken(id);
    })();
    for (const key of [`${prefix}:{${encodeId(user.userId)}}`, queuePrefix(prefix), `${prefix}:open`])
      await cluster.moveSlotOf(key);
    await pushing;
    await pushUntilTaken('moved');
    await vi.waitFor(() => expect(rig.counted).toHaveLength(62), soon);
    expect(new Set(rig.counted)).toEqual(new Set(['sent']));
    expect(new Set(rig.sends.map(({ eventId }) => eventId)).size).toBe(62);
    expect(rig.sends).toHaveLength(62);
  });

  it('has one of the watched keys in each sixteenth of its slots', async () => {
    const slots = await Promise.all(SPREAD_TAGS.map((tag) => rig.redis.cluster('KEYSLOT', `x:{${tag}}:y`)));
    expect(slots.map((slot) => Math.floor(slot / 1024))).toEqual(SPREAD_TAGS.map((_, at) => at));
  });

  it('a user with what the README lists for a cluster can do all of it; only INFO is missed', async () => {
    const own = 'cluster-rights';
    const rights = ['on', '>secret', `~${own}:*`, `~{${own}:queue}:*`, 'resetchannels'];
    rights.push(
      `&${own}:*`,
      '+@read',
      '+@write',
      '-@dangerous',
      '+@connection',
      '+@scripting',
      '+@pubsub',
      '+time',
      '+cluster|slots',
      '+asking',
    );
    for (const node of cluster.nodes) await cluster.ask(node, 'ACL', 'SETUSER', 'pod', ...rights);
    const url = cluster.url.replace('redis://', 'redis://pod:secret@');
    const restricted = await createPushRig(url, { cluster: true, prefix: own });
    try {
      expect((await inspectRedis(restricted.redis, own)).warnings).toEqual([expect.stringContaining('INFO')]);
      restricted.worker({ perSecond: 100 }).start();
      for (const id of ids(10)) await restricted.push(id);
      await vi.waitFor(() => expect(restricted.counted).toHaveLength(10), soon);
      const master = await cluster.masterOf('any');
      await cluster.ask(master, 'ACL', 'SETUSER', 'pod', '-zadd');
      await expect(inspectRedis(restricted.redis, own)).rejects.toThrow(/ZADD/);
    } finally {
      await restricted.close();
    }
  });

  it('is refused where one of its masters may evict', async () => {
    expect((await inspectRedis(rig.redis, 'guard-test')).warnings).toEqual([]);
    const master = await cluster.masterOf('any');
    await cluster.ask(master, 'CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru');
    await expect(inspectRedis(rig.redis, 'guard-test')).rejects.toBeInstanceOf(UnsafeRedisError);
    await cluster.ask(master, 'CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
  });

  it('a killed master’s replica takes over in mid-send: nothing is sent twice, nothing forgotten', async () => {
    const health = watchRedis({ redis: rig.redis, prefix: 'watched', logger: silentLogger, intervalMs: 200 });
    await vi.waitFor(() => expect(health.isUp()).toBe(true), soon);
    const answers = Promise.withResolvers<{ kind: 'sent' }>();
    rig.answer = () => answers.promise;
    rig.worker({ concurrency: 8 }).start();
    for (const id of ids(30, 'k')) await rig.push(id);
    await vi.waitFor(() => expect(rig.sends).toHaveLength(8), soon);
    const master = await cluster.masterOf(queuePrefix(prefix));
    // What a replica has not received is lost with its master: the README's limit, not this test's.
    await cluster.inStep();
    await master.service.kill('SIGKILL');
    await vi.waitFor(() => expect(health.isUp()).toBe(false), soon);
    await expect(rig.queue.counts()).rejects.toBeInstanceOf(UnavailableError);
    answers.resolve({ kind: 'sent' });
    await pushUntilTaken('meanwhile');
    await vi.waitFor(() => expect(rig.counted).toHaveLength(31), soon);
    await vi.waitFor(() => expect(health.isUp()).toBe(true), soon);
    expect(new Set(rig.counted)).toEqual(new Set(['sent']));
    expect(rig.sends.map(({ eventId }) => eventId).toSorted()).toEqual(
      [...ids(30, 'k'), 'meanwhile'].toSorted(),
    );
    expect((await cluster.masterOf(queuePrefix(prefix))).id).not.toBe(master.id);
    // It comes back as the replica of its heir.
    await master.service.restart();
    await cluster.inStep();
    await rig.push('after');
    await vi.waitFor(() => expect(rig.counted).toHaveLength(32), soon);
    await health.stop();
  });
});
