import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { inspectRedis, UnsafeRedisError } from '../../../src/redis/guard.ts';
import { closeRedis, openRedis } from '../../../src/redis/connection.ts';
import { watchRedis } from '../../../src/redis/watch.ts';
import { UnavailableError } from '../../../src/runtime/errors.ts';
import { claimOne } from '../../support/claims/claims-harness.ts';
import { useOwnServices } from '../../support/services/own-services.ts';
import { createPushRig, type PushRig } from '../../support/claims/push-rig.ts';
import { silentLogger } from '../../support/silent-logger.ts';

const soon = { timeout: 40_000, interval: 50 };
/** What has limits of seconds ends within this on any machine; what waits for Redis does not. */
const FEW_SECONDS_MS = 30_000;
const services = useOwnServices('redis', {
  kafka: false,
  s3: false,
  redis: { appendFsync: 'always' },
  extraRedis: {
    evicting: { configArgs: ['--maxmemory-policy', 'allkeys-lru'] },
    forgetful: { configArgs: ['--appendonly', 'no', '--save', ''] },
    full: { configArgs: ['--maxmemory', '3mb'] },
  },
});

describe('while Redis is away', () => {
  let rig: PushRig;
  beforeEach(async () => {
    rig = await createPushRig(services.service('redis').address);
  });
  afterEach(async () => {
    if (!services.areThere()) return;
    await services.service('redis').restart();
    await rig.close();
  });

  it('killed in mid-send and back later: written down as sent, and everything goes on', async () => {
    const answer = Promise.withResolvers<{ kind: 'sent' }>();
    rig.answer = (eventId) => (eventId === 'e1' ? answer.promise : { kind: 'sent' });
    rig.worker().start();
    await rig.push('e1');
    await vi.waitFor(() => expect(rig.sends).toHaveLength(1), soon);
    await services.service('redis').kill('SIGKILL');
    answer.resolve({ kind: 'sent' });
    await new Promise((resolve) => setTimeout(resolve, 3000));
    expect(rig.counted).toEqual([]);
    await services.service('redis').restart();
    await vi.waitFor(() => expect(rig.counted).toEqual(['sent']), soon);
    await vi.waitFor(() => rig.push('e2'), soon);
    await vi.waitFor(() => expect(rig.counted).toEqual(['sent', 'sent']), soon);
    expect(rig.sends.map(({ eventId }) => eventId)).toEqual(['e1', 'e2']);
  });

  it('stopped: claims and enqueues fail soon as unavailable, and nothing is sent', async () => {
    await services.service('redis').kill('SIGKILL');
    const ref = { userId: 'u', eventId: 'e' };
    const startedMs = performance.now();
    await expect(claimOne(rig, ref)).rejects.toBeInstanceOf(UnavailableError);
    await expect(rig.claims.recall(ref, [])).rejects.toBeInstanceOf(UnavailableError);
    await expect(rig.queue.enqueue(ref)).rejects.toBeInstanceOf(UnavailableError);
    await expect(rig.queue.counts()).rejects.toBeInstanceOf(UnavailableError);
    await expect(rig.killSwitch.isSet()).rejects.toBeInstanceOf(UnavailableError);
    expect(performance.now() - startedMs).toBeLessThan(FEW_SECONDS_MS);
  });

  it('hung: claims and enqueues fail within their limits, health says down, and all is well after', async () => {
    const health = watchRedis({ redis: rig.redis, prefix: 'watched', logger: silentLogger, intervalMs: 200 });
    await vi.waitFor(() => expect(health.isUp()).toBe(true), soon);
    await services.service('redis').kill('SIGSTOP');
    const ref = { userId: randomUUID(), eventId: 'e' };
    const startedMs = performance.now();
    const results = await Promise.allSettled([
      claimOne(rig, ref),
      rig.claims.recall(ref, []),
      rig.queue.enqueue(ref),
      rig.killSwitch.isSet(),
    ]);
    expect(performance.now() - startedMs).toBeLessThan(FEW_SECONDS_MS);
    for (const result of results) {
      expect(result.status === 'rejected' && result.reason).toBeInstanceOf(UnavailableError);
    }
    await vi.waitFor(() => expect(health.isUp()).toBe(false), soon);
    await services.service('redis').kill('SIGCONT');
    await vi.waitFor(() => expect(health.isUp()).toBe(true), soon);
    // What was sent before it hung may have been done since: the claim is repeated, not made twice.
    expect(['claimed', 'known']).toContain((await claimOne(rig, ref)).kind);
    await health.stop();
  });

  it('restarted while a worker waits for jobs: it takes them again', async () => {
    const worker = rig.worker();
    worker.start();
    await rig.push('e1');
    await vi.waitFor(() => expect(rig.counted).toHaveLength(1), soon);
    for (const id of ['e2', 'e3']) {
      await services.service('redis').kill('SIGKILL');
      await new Promise((resolve) => setTimeout(resolve, 1500));
      await services.service('redis').restart();
      await vi.waitFor(() => rig.push(id), soon);
      await vi.waitFor(() => expect(rig.records.map(({ eventId }) => eventId)).toContain(id), soon);
    }
    expect(rig.sends).toHaveLength(3);
  });

  it('a worker stops within its limit', async () => {
    const worker = rig.worker();
    worker.start();
    await rig.push('e1');
    await vi.waitFor(() => expect(rig.counted).toHaveLength(1), soon);
    await services.service('redis').kill('SIGKILL');
    // Redis stays away: only the limit ends it.
    await worker.close(1000);
  });
});

describe('a Redis that can not keep the promises', () => {
  const connect = async (name: string) => {
    const address = services.service(name).address;
    const redis = openRedis({ url: address, cluster: false, purpose: 'commands', logger: silentLogger });
    await new Promise((resolve) => redis.once('ready', resolve));
    return redis;
  };

  it('is refused where it may evict', async () => {
    const redis = await connect('evicting');
    await expect(inspectRedis(redis, 'guard-test')).rejects.toBeInstanceOf(UnsafeRedisError);
    await closeRedis(redis);
  });

  it('is warned of where it forgets at a restart, and not where it does not', async () => {
    const redis = await connect('forgetful');
    expect((await inspectRedis(redis, 'guard-test')).warnings).toEqual([
      expect.stringContaining('append-only'),
    ]);
    await closeRedis(redis);
    const safe = await connect('redis');
    expect((await inspectRedis(safe, 'guard-test')).warnings).toEqual([]);
    await closeRedis(safe);
    await expect(inspectRedis(safe, 'guard-test')).rejects.toBeInstanceOf(UnavailableError);
  });

  it('counts as away where its memory is full', async () => {
    const rig = await createPushRig(services.service('full').address);
    const fill = async () => {
      for (let index = 0; index < 20_000; index += 1) await rig.push(`e${String(index)}`);
    };
    await expect(fill()).rejects.toBeInstanceOf(UnavailableError);
    // What the refused command had needed is free again: there may be room for a few claims more.
    const claimOn = async () => {
      for (let index = 0; index < 20_000; index += 1)
        await claimOne(rig, { userId: 'new', eventId: `new-${String(index)}` });
    };
    await expect(claimOn()).rejects.toBeInstanceOf(UnavailableError);
    await rig.close();
  });
});
