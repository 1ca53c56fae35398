/**
 * What a Redis is, seen before anything stands on it: one that can't be used as it was said, or not by us, is refused
 * with what to change. And what it becomes while the pod runs: a policy that begins to evict.
 */
import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createClaims } from '../../../src/claims/claims.ts';
import { closeRedis, openRedis, type RedisClient } from '../../../src/redis/connection.ts';
import { createDeliveries } from '../../../src/claims/deliveries.ts';
import { inspectRedis, UnsafeRedisError } from '../../../src/redis/guard.ts';
import { watchRedis } from '../../../src/redis/watch.ts';
import { UnavailableError } from '../../../src/runtime/errors.ts';
import { claimOne } from '../../support/claims/claims-harness.ts';
import { useOwnServices } from '../../support/services/own-services.ts';
import { createLogBook } from '../../support/partners/partner-fakes.ts';
import { EVERYTHING, openRedisUser, type RedisUser } from '../../support/redis/redis-user.ts';
import { createPushRig, type PushRig } from '../../support/claims/push-rig.ts';
import { silentLogger } from '../../support/silent-logger.ts';

const soon = { timeout: 40_000, interval: 30 };
const services = useOwnServices('redis', {
  kafka: false,
  s3: false,
  redis: { appendFsync: 'no' },
  extraRedis: {
    node: { configArgs: ['--cluster-enabled', 'yes'] },
    'without-info': { configArgs: ['--rename-command', 'INFO', '', '--rename-command', 'CLIENT', ''] },
  },
});

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const address = (name = 'redis'): string => services.service(name).address;

async function openAs(rights: readonly string[], name?: string): Promise<RedisUser> {
  const user = await openRedisUser(address(name), rights);
  cleanups.push(() => user.close());
  return user;
}

async function openAdmin(name?: string): Promise<Redis> {
  const admin = new Redis(address(name));
  cleanups.push(() => {
    admin.disconnect();
  });
  await admin.ping();
  return admin;
}

async function openRig(url: string, prefix?: string): Promise<PushRig> {
  const rig = await createPushRig(url, prefix === undefined ? {} : { prefix });
  cleanups.push(() => rig.close());
  return rig;
}

async function connect(url: string, cluster = false): Promise<RedisClient> {
  const redis = openRedis({ url, cluster, purpose: 'commands', logger: silentLogger });
  cleanups.push(() => closeRedis(redis));
  if (!cluster) await vi.waitFor(() => expect(redis.status).toBe('ready'), soon);
  return redis;
}

describe('a server without INFO and CLIENT', () => {
  it('is used: claims, queue and worker, and the start warns', async () => {
    const rig = await openRig(address('without-info'));
    expect((await inspectRedis(rig.redis, 'without-info')).warnings).toEqual([
      expect.stringContaining('INFO'),
    ]);
    rig.worker().start();
    await rig.push('e1');
    await vi.waitFor(() => expect(rig.counted).toEqual(['sent']), soon);
  });
});

describe('a Redis of another kind than was said', () => {
  const fault = (redis: RedisClient): Promise<unknown> =>
    inspectRedis(redis, 'kind-test').then(
      () => 'accepted',
      (error: unknown) => error,
    );

  it('a cluster’s node without REDIS_CLUSTER is refused, by its INFO and without', async () => {
    const admin = await openAdmin('node');
    const slots = String(await admin.call('CLUSTER', 'INFO'));
    if (slots.includes('cluster_slots_assigned:0')) {
      await admin.call('CLUSTER', 'ADDSLOTS', ...Array.from({ length: 16_384 }, (_, slot) => slot));
    }
    await vi.waitFor(
      async () => expect(String(await admin.call('CLUSTER', 'INFO'))).toContain('cluster_state:ok'),
      soon,
    );
    const open = await connect(address('node'));
    expect(await fault(open)).toBeInstanceOf(UnsafeRedisError);
    expect(String(await fault(open))).toContain('REDIS_CLUSTER=true');
    const { url } = await openAs([...EVERYTHING, '-info', '-cluster'], 'node');
    const closed = await connect(url);
    expect(await fault(closed)).toBeInstanceOf(UnsafeRedisError);
    expect(String(await fault(closed))).toContain('REDIS_CLUSTER=true');
  });

  it('one server with REDIS_CLUSTER is refused, naming it', async () => {
    const redis = await connect(address(), true);
    await vi.waitFor(async () => expect(await fault(redis)).toBeInstanceOf(UnsafeRedisError), soon);
    expect(String(await fault(redis))).toContain('REDIS_CLUSTER must be false');
  });

  it('one without the database in REDIS_URL is refused, and database 0 is not used instead', async () => {
    const redis = openRedis({
      url: `${address()}/99`,
      cluster: false,
      purpose: 'commands',
      logger: silentLogger,
    });
    cleanups.push(() => closeRedis(redis));
    await vi.waitFor(async () => expect(await fault(redis)).toBeInstanceOf(UnsafeRedisError), soon);
    expect(String(await fault(redis))).toContain('database in REDIS_URL');
    await expect(redis.set('stray', '1')).rejects.toThrow();
  });

  it('one whose user may not write is refused, and what to allow is named', async () => {
    const { url } = await openAs([...EVERYTHING, '-zadd', '-xadd']);
    const found = await fault(await connect(url));
    expect(found).toBeInstanceOf(UnsafeRedisError);
    expect(String(found)).toContain('XADD, ZADD');
  });

  it('a wrong password is waited for', async () => {
    const { host } = new URL((await openAs(EVERYTHING)).url);
    const url = `redis://nobody:wrong@${host}`;
    const redis = openRedis({ url, cluster: false, purpose: 'commands', logger: silentLogger });
    cleanups.push(() => closeRedis(redis));
    const said = await new Promise<Error>((resolve) => redis.once('error', resolve));
    expect(said.message).toContain('WRONGPASS');
    expect(await fault(redis)).toBeInstanceOf(UnavailableError);
  });
});

describe('a policy that begins to evict', () => {
  it('is said, and nothing is claimed or permitted until it is set right', async () => {
    const admin = await openAdmin();
    const book = createLogBook();
    const redis = await connect(address());
    const watch = watchRedis({ redis, prefix: 'policy-test', logger: book, intervalMs: 50 });
    cleanups.push(() => watch.stop());
    await vi.waitFor(() => expect(watch.isUp()).toBe(true), soon);
    watch.assertKeeps();
    await admin.config('SET', 'maxmemory-policy', 'allkeys-lru');
    cleanups.push(() => admin.config('SET', 'maxmemory-policy', 'noeviction'));
    await vi.waitFor(() => expect(watch.faults()).toEqual([expect.stringContaining('allkeys-lru')]), soon);
    expect(() => watch.assertKeeps()).toThrow(UnavailableError);
    const kept = { redis, prefix: 'policy-test', assertKeeps: watch.assertKeeps };
    const claims = createClaims(kept);
    const ref = { userId: randomUUID(), eventId: 'e' };
    await expect(claimOne({ claims }, ref)).rejects.toThrow(/allkeys-lru/);
    await expect(createDeliveries(kept).permit(ref, 'token')).rejects.toThrow(/allkeys-lru/);
    expect(await claims.recall(ref, [])).toMatchObject({ kind: 'new' });
    expect(book.lines.map(({ level }) => level)).toEqual(['error']);
    await admin.config('SET', 'maxmemory-policy', 'noeviction');
    await vi.waitFor(() => expect(watch.faults()).toEqual([]), soon);
    watch.assertKeeps();
    expect(await claimOne({ claims }, ref)).toMatchObject({ kind: 'claimed' });
  });
});
