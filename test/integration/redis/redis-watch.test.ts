/** What the watch says of a Redis that loses writes, is replaced, or takes none: each by a real server made to. */
import { Redis } from 'ioredis';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { closeRedis, openRedis, type RedisClient } from '../../../src/redis/connection.ts';
import { watchRedis, type RedisWatch } from '../../../src/redis/watch.ts';
import { UnavailableError } from '../../../src/runtime/errors.ts';
import type { ServiceHandle } from '../../simulation/services/service.ts';
import { claimOne } from '../../support/claims/claims-harness.ts';
import { useOwnServices } from '../../support/services/own-services.ts';
import { createLogBook } from '../../support/partners/partner-fakes.ts';
import { createPushRig } from '../../support/claims/push-rig.ts';
import { silentLogger } from '../../support/silent-logger.ts';

const soon = { timeout: 30_000, interval: 30 };
const LOADED_KEYS = 1500;
/** A server that reads its data looks up every 2 MB: every 128 of these, an eighth of a second. */
const LOADED_VALUE = 'x'.repeat(16_384);

const services = useOwnServices('redis', {
  kafka: false,
  s3: false,
  redis: { appendFsync: 'always' },
  extraRedis: {
    forgetful: { configArgs: ['--appendonly', 'no', '--save', ''] },
    slow: {
      configArgs: ['--appendonly', 'no', '--key-load-delay', '1000', '--rdbcompression', 'no'],
    },
  },
});

describe('the watch', () => {
  let redis: RedisClient;
  let watch: RedisWatch;
  let book: ReturnType<typeof createLogBook>;
  let counted: string[];
  let beats: number;
  const open = async (service: ServiceHandle): Promise<void> => {
    book = createLogBook();
    counted = [];
    beats = 0;
    redis = openRedis({ url: service.address, cluster: false, purpose: 'commands', logger: silentLogger });
    watch = watchRedis({
      redis,
      prefix: 'watch-test',
      logger: book,
      intervalMs: 50,
      count: (what) => void counted.push(what),
    });
    await vi.waitFor(() => expect(watch.isUp()).toBe(true), soon);
    await someBeats();
  };
  /** Some marks later. */
  const someBeats = async (): Promise<void> => {
    const [key = ''] = await redis.keys('watch-test:*:mark:*');
    const before = Number(await redis.get(key));
    await vi.waitFor(async () => expect(Number(await redis.get(key))).toBeGreaterThan(before + 3), soon);
    beats = Number(await redis.get(key));
  };
  afterEach(async () => {
    if (!services.areThere()) return;
    await watch.stop();
    await closeRedis(redis);
  });

  it('is quiet while nothing happens, and leaves no mark behind', async () => {
    await open(services.service('redis'));
    expect(await redis.keys('watch-test:*')).toHaveLength(1);
    await watch.stop();
    expect(await redis.keys('watch-test:*')).toEqual([]);
    expect(counted).toEqual([]);
    expect(beats).toBeGreaterThan(3);
  });

  it('of a Redis that was emptied: data lost', async () => {
    await open(services.service('redis'));
    await redis.flushall();
    await vi.waitFor(() => expect(counted).toEqual(['redis.data_lost']), soon);
    await someBeats();
    expect(watch.seen()).toEqual({ dataLost: 1, serverChanged: 0 });
    expect(watch.isUp()).toBe(true);
    expect(book.lines.map(({ level }) => level)).toEqual(['error']);
    expect(book.lines[0]?.message).toContain('lost');
  });

  it('of a Redis that was restarted with all its data: another server, nothing lost', async () => {
    await open(services.service('redis'));
    await services.service('redis').kill('SIGKILL');
    await vi.waitFor(() => expect(watch.isUp()).toBe(false), soon);
    await services.service('redis').restart();
    await vi.waitFor(() => expect(counted).toEqual(['redis.server_changed']), soon);
    await someBeats();
    expect(watch.seen()).toEqual({ dataLost: 0, serverChanged: 1 });
    expect(book.lines.map(({ level }) => level)).toEqual(['error']);
    expect(book.lines[0]?.message).toContain('restarted');
  });

  it('of a master that was a replica in between, whoever was master meanwhile: another server', async () => {
    const service = services.service('redis');
    await open(service);
    const admin = new Redis(service.address);
    // One transaction: no beat sees it as a replica, and its run id stays.
    await admin.multi().call('REPLICAOF', '127.0.0.1', '1').call('REPLICAOF', 'NO', 'ONE').exec();
    admin.disconnect();
    await vi.waitFor(() => expect(counted).toEqual(['redis.server_changed']), soon);
    await someBeats();
    expect(watch.seen()).toEqual({ dataLost: 0, serverChanged: 1 });
  });

  it('of a Redis that came back with an older state, as a late replica has: data lost', async () => {
    const service = services.service('forgetful');
    await open(service);
    await redis.call('SAVE');
    await someBeats();
    await service.kill('SIGKILL');
    await service.restart();
    await vi.waitFor(
      () => expect(counted.toSorted()).toEqual(['redis.data_lost', 'redis.server_changed']),
      soon,
    );
  });

  it.each([
    ['full', ['CONFIG', 'SET', 'maxmemory', '1'], ['CONFIG', 'SET', 'maxmemory', '0'], 0],
    ['read-only', ['REPLICAOF', '127.0.0.1', '1'], ['REPLICAOF', 'NO', 'ONE'], 1],
    [
      'without enough replicas',
      ['CONFIG', 'SET', 'min-replicas-to-write', '1'],
      ['CONFIG', 'SET', 'min-replicas-to-write', '0'],
      0,
    ],
  ])('of a Redis that is %s: away, and back once it takes writes', async (_how, spoil, mend, promotions) => {
    const service = services.service('redis');
    await open(service);
    const admin = new Redis(service.address);
    const rig = await createPushRig(service.address);
    const ref = { userId: 'u', eventId: 'e' };
    try {
      await call(admin, spoil);
      await vi.waitFor(() => expect(watch.isUp()).toBe(false), soon);
      await expect(claimOne(rig, ref)).rejects.toBeInstanceOf(UnavailableError);
      await expect(rig.queue.enqueue(ref)).rejects.toBeInstanceOf(UnavailableError);
    } finally {
      await call(admin, mend);
    }
    await vi.waitFor(() => expect(watch.isUp()).toBe(true), soon);
    await vi.waitFor(async () => expect(await claimOne(rig, ref)).toMatchObject({ kind: 'claimed' }), soon);
    await rig.queue.enqueue(ref);
    await vi.waitFor(() => expect(watch.seen()).toEqual({ dataLost: 0, serverChanged: promotions }), soon);
    await rig.close();
    admin.disconnect();
  });
});

describe('a Redis that reads its data', () => {
  it('counts as away until it has it all', async () => {
    const service = services.service('slow');
    const rig = await createPushRig(service.address);
    const filler = new Redis(service.address);
    await Promise.all(
      Array.from({ length: LOADED_KEYS }, (_, at) => filler.set(`k${String(at)}`, LOADED_VALUE)),
    );
    await filler.call('SAVE');
    filler.disconnect();
    await service.kill('SIGKILL');
    const restarted = service.restart();
    const probe = new Redis(service.address, { enableReadyCheck: false, maxRetriesPerRequest: null });
    probe.on('error', () => undefined);
    await vi.waitFor(() => expect(probe.ping()).rejects.toThrow('LOADING'), soon);
    await expect(claimOne(rig, { userId: 'u', eventId: 'e' })).rejects.toBeInstanceOf(UnavailableError);
    await restarted;
    await vi.waitFor(async () => {
      expect(await claimOne(rig, { userId: 'u', eventId: 'e' })).toMatchObject({ kind: 'claimed' });
    }, soon);
    probe.disconnect();
    await rig.close();
  });
});

function call(admin: Redis, [command = '', ...args]: readonly string[]): Promise<unknown> {
  return admin.call(command, ...args);
}
