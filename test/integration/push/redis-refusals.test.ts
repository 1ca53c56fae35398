/**
 * A Redis that answers and refuses: whom it lets in, what they may do, what it is. Each by a real server that was made
 * to. What is refused waits and is never decided otherwise, whatever command it is and wherever a script is cut off.
 */
import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { closeRedis, openRedis, type RedisClient } from '../../../src/redis/connection.ts';
import { inspectRedis } from '../../../src/redis/guard.ts';
import { createRightsCheck } from '../../../src/redis/rights.ts';
import { createSweeper } from '../../../src/claims/sweeper.ts';
import { watchRedis } from '../../../src/redis/watch.ts';
import type { Cap } from '../../../src/domain/cap.ts';
import { UnavailableError } from '../../../src/runtime/errors.ts';
import { refusalOf } from '../../../src/redis/redis-failure.ts';
import { announceDocuments, livePods, startPodRegistry } from '../../../src/ops/pods.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { claimOne } from '../../support/claims/claims-harness.ts';
import { useOwnServices } from '../../support/services/own-services.ts';
import { createLogBook } from '../../support/partners/partner-fakes.ts';
import { EVERYTHING, openRedisUser, type RedisUser } from '../../support/redis/redis-user.ts';
import { createPushRig, type PushRig } from '../../support/claims/push-rig.ts';
import { silentLogger } from '../../support/silent-logger.ts';

const soon = { timeout: 40_000, interval: 30 };
const ONE_A_DAY: readonly Cap[] = [
  { per: 'user', max: 1, windowMs: 86_400_000 },
  { per: 'user+merchant', max: 1, windowMs: 86_400_000 },
];
/** What our own scripts run that writes, or that decides what is written. */
const OF_SCRIPTS = ['hset', 'hmget', 'zadd', 'zrem', 'zcount', 'zrangebyscore', 'zremrangebyscore'];
const OF_BOTH = ['pexpire', 'pexpireat', 'pttl', 'time', 'evalsha', 'eval', 'exists', 'get', 'set', 'del'];
const OF_THE_QUEUE = ['hmset', 'xadd', 'lpush', 'rpush', 'incr', 'bzpopmin', 'zpopmin', 'lrem', 'rpoplpush'];

const services = useOwnServices('redis', {
  kafka: false,
  s3: false,
  redis: { appendFsync: 'no' },
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

/** Claims and enqueues as an event does: again from the start where Redis refuses. */
async function tryPush(
  rig: PushRig,
  userId: string,
  eventId: string,
): Promise<'refused' | 'queued' | 'no_room'> {
  const ref = { userId, eventId };
  try {
    const recalled = await rig.claims.recall(ref, ONE_A_DAY);
    if (recalled.kind === 'new') {
      const { kind } = await claimOne(rig, ref, ONE_A_DAY, { ttlMs: 120_000 });
      if (kind === 'no_room') return kind;
    }
    await rig.queue.enqueue(ref);
    return 'queued';
  } catch (error) {
    expect(error).toBeInstanceOf(UnavailableError);
    return 'refused';
  }
}

describe('rights that are taken away', () => {
  it('no writes for a while: nothing is decided, and all are queued and sent once they are back', async () => {
    const { url, allow } = await openAs(EVERYTHING);
    const rig = await openRig(url);
    rig.worker().start();
    await allow('-@write');
    const users = Array.from({ length: 20 }, (_, at) => `u${String(at)}`);
    const first = await Promise.all(users.map((user) => tryPush(rig, user, `of-${user}`)));
    expect(new Set(first)).toEqual(new Set(['refused']));
    await allow('+@write');
    for (const user of users)
      await vi.waitFor(async () => expect(await tryPush(rig, user, `of-${user}`)).toBe('queued'), soon);
    await vi.waitFor(() => expect(rig.counted).toHaveLength(20), soon);
    expect(new Set(rig.sends.map(({ eventId }) => eventId)).size).toBe(20);
  });

  it('each single command: its events wait, none is lost, and no user has two pushes', async () => {
    const { url, allow } = await openAs(EVERYTHING);
    const rig = await openRig(url);
    // A job that a script left half taken is found as one whose worker died.
    rig.worker({ stalledIntervalMs: 500, lockDurationMs: 1000 }).start();
    const commands = [...OF_SCRIPTS, ...OF_BOTH, ...OF_THE_QUEUE];
    for (const command of commands) {
      await allow(`-${command}`);
      // Two events of one user, of which one may be pushed, while its scripts are cut off at this command.
      await tryPush(rig, command, `${command}-1`);
      await tryPush(rig, command, `${command}-2`);
      await allow(`+${command}`);
    }
    for (const command of commands) {
      for (const number of ['1', '2']) {
        await vi.waitFor(
          async () => expect(await tryPush(rig, command, `${command}-${number}`)).not.toBe('refused'),
          soon,
        );
      }
    }
    await vi.waitFor(() => expect(rig.counted).toHaveLength(commands.length), soon);
    const users = rig.sends.map(({ eventId }) => eventId.split('-')[0]);
    expect(users.toSorted()).toEqual(commands.toSorted());
  });

  it('each is named, and only what is refused', async () => {
    const { url, allow } = await openAs(EVERYTHING);
    const check = createRightsCheck(await connect(url), 'rights-test');
    expect(await check()).toEqual([]);
    const named = [...OF_SCRIPTS, ...OF_BOTH, ...OF_THE_QUEUE].filter(
      (command) => !['evalsha', 'eval', 'time', 'bzpopmin'].includes(command),
    );
    for (const command of named) {
      await allow(`-${command}`);
      expect(await check()).toEqual([command.toUpperCase()]);
      await allow(`+${command}`);
    }
    await allow('-time');
    await expect(check()).rejects.toSatisfy((error) => refusalOf(error)?.kind === 'misconfigured');
    await allow('+time', '-evalsha');
    await expect(check()).rejects.toSatisfy((error) => refusalOf(error)?.kind === 'misconfigured');
  });

  it('a worker that may not wait for jobs says so', async () => {
    const { url } = await openAs([...EVERYTHING, '-bzpopmin']);
    const rig = await openRig(url);
    const worker = rig.worker();
    worker.start();
    await vi.waitFor(() => expect(worker.refused()).toContain('bzpopmin'), soon);
  });

  it('while running: the watch names them, and says when they are back', async () => {
    const { url, allow } = await openAs(EVERYTHING);
    const book = createLogBook();
    const watch = watchRedis({
      redis: await connect(url),
      prefix: 'watched-rights',
      logger: book,
      intervalMs: 50,
    });
    cleanups.push(() => watch.stop());
    await vi.waitFor(() => expect(watch.isUp()).toBe(true), soon);
    expect(watch.faults()).toEqual([]);
    await allow('-zcount', '-lpush');
    await vi.waitFor(
      () => expect(watch.faults()).toEqual([expect.stringMatching(/its user LPUSH, ZCOUNT/)]),
      soon,
    );
    expect(watch.isUp()).toBe(true);
    await allow('+zcount', '+lpush');
    await vi.waitFor(() => expect(watch.faults()).toEqual([]), soon);
    expect(book.lines.map(({ level }) => level)).toEqual(['error', 'info']);
  });
});

describe('a user with what the README lists', () => {
  const LISTED = (prefix: string): string[] => [
    ...[`~${prefix}:*`, `~{${prefix}:queue}:*`, 'resetchannels', `&${prefix}:*`],
    ...['+@read', '+@write', '-@dangerous', '+@connection', '+@scripting', '+@pubsub', '+time'],
  ];

  it('can do all of it: claims, queue, retries, pace, sweep, switch, list, announcements; only INFO is missed', async () => {
    const prefix = `listed-${randomUUID().slice(0, 8)}`;
    const { url } = await openAs(LISTED(prefix));
    const rig = await openRig(url, prefix);
    expect((await inspectRedis(rig.redis, prefix)).warnings).toEqual([expect.stringContaining('INFO')]);
    let retried = false;
    rig.answer = (eventId) => {
      if (eventId === 'rejected') return { kind: 'rejected', error: 'no' };
      if (eventId !== 'retried' || retried) return { kind: 'sent' };
      retried = true;
      return { kind: 'not_sent', error: 'later', retryAfterMs: 300 };
    };
    const worker = rig.worker({ perSecond: 100, stalledIntervalMs: 500, lockDurationMs: 1000 });
    worker.start();
    for (const id of ['sent', 'rejected', 'retried']) await rig.push(id);
    await vi.waitFor(() => expect(rig.counted.toSorted()).toEqual(['rejected', 'sent', 'sent']), soon);
    // A job that has finished and is wanted again.
    await rig.queue.enqueue({ userId: 'user of sent', eventId: 'sent' });
    expect(await rig.queue.counts()).toMatchObject({ failed: 0 });
    await rig.killSwitch.set({ why: 'test', by: null, since: null });
    expect(await rig.killSwitch.isSet()).toBe(true);
    expect(await rig.killSwitch.read()).toMatchObject({ why: 'test' });
    await rig.killSwitch.lift();
    await claimOne(rig, { userId: 'left', eventId: 'left' }, ONE_A_DAY, { ttlMs: 1 });
    const swept: string[] = [];
    const sweeper = createSweeper({
      ...{ redis: rig.redis, prefix, clock: systemClock, logger: silentLogger, sweepGraceMs: 1 },
      report: async ({ ref }) => void swept.push(ref.eventId),
      clockOffsetMs: () => 600_000,
    });
    await vi.waitFor(async () => {
      await sweeper.sweep();
      expect(swept).toContain('left');
    }, soon);
    const heard = vi.fn();
    const subscriber = openRedis({ url, cluster: false, purpose: 'worker', logger: silentLogger });
    cleanups.push(() => subscriber.disconnect());
    const registry = startPodRegistry({
      ...{ redis: rig.redis, subscriber, prefix, logger: silentLogger },
      describe: () => ({ pod: 'p1' }) as never,
      onDocumentsAnnounced: heard,
    });
    cleanups.push(() => registry.stop());
    await vi.waitFor(async () => {
      await announceDocuments(rig.redis, prefix);
      expect(heard).toHaveBeenCalled();
    }, soon);
    expect((await livePods(rig.redis, prefix)).map(({ pod }) => pod)).toEqual(['p1']);
    expect(registry.warnings()).toEqual([]);
    const watch = watchRedis({ redis: rig.redis, prefix, logger: silentLogger, intervalMs: 50 });
    await vi.waitFor(() => expect(watch.warnings()).toEqual([expect.stringContaining('INFO')]), soon);
    expect(watch.isUp()).toBe(true);
    expect(watch.faults()).toEqual([]);
    await watch.stop();
    expect(worker.refused()).toBeUndefined();
  });

  it('and without messages: the warning names them, and documents are heard of by the list', async () => {
    const { url } = await openAs([...EVERYTHING, '-subscribe', '-publish', '-client', '-config']);
    const redis = await connect(url);
    const subscriber = openRedis({ url, cluster: false, purpose: 'worker', logger: silentLogger });
    cleanups.push(() => subscriber.disconnect());
    const prefix = randomUUID();
    const heard = vi.fn();
    const registry = startPodRegistry({
      ...{ redis, subscriber, prefix, logger: silentLogger },
      describe: () => ({ pod: 'p1' }) as never,
      onDocumentsAnnounced: heard,
    });
    cleanups.push(() => registry.stop());
    await vi.waitFor(
      () => expect(registry.warnings()).toEqual([expect.stringMatching(/announcements.*subscribe/)]),
      soon,
    );
    await registry.beatSoon();
    await announceDocuments(redis, prefix);
    await registry.beatSoon();
    expect(heard).toHaveBeenCalledTimes(1);
  });
});
