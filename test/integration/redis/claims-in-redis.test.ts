import type { DeliveryStore, EndedPush } from '../../../src/domain/delivery.ts';
import { randomUUID } from 'node:crypto';
import { Cluster } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createClaims, cooldownPrefix, type CooldownOptions } from '../../../src/claims/claims.ts';
import { closeRedis, type RedisClient } from '../../../src/redis/connection.ts';
import { createDeliveries } from '../../../src/claims/deliveries.ts';
import { capSlices, historyMember, MEMBER_EVENT_LENGTH, PARTS } from '../../../src/claims/history-member.ts';
import { createKeyspace } from '../../../src/claims/keys.ts';
import { createKillSwitch } from '../../../src/claims/kill-switch.ts';
import { claimScript } from '../../../src/claims/scripts/claim.ts';
import { createSweeper } from '../../../src/claims/sweeper.ts';
import type { Cap } from '../../../src/domain/cap.ts';
import type { Claims } from '../../../src/pipeline/ports.ts';
import { scriptOn } from '../../../src/redis/script.ts';
import { claimOne, connectTestRedis } from '../../support/claims/claims-harness.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { findLocalObstacle } from '../../support/services/local-obstacle.ts';
import { startRedisCluster, type RedisCluster } from '../../support/redis/redis-cluster.ts';
import { silentLogger } from '../../support/silent-logger.ts';

const DAY_MS = 86_400_000;
const oncePerDay: Cap = { per: 'user', max: 1, windowMs: DAY_MS };
const ref = { userId: 'u-1', eventId: 'e-1' };
const SOME_MS = expect.any(Number) as number;

let redis: RedisClient;
let options: CooldownOptions;
let claims: Claims;
let store: DeliveryStore;
let offsetMs: number;
const swept: EndedPush[] = [];

/** Of a cluster: on all of its masters. */
const nodes = () => (redis instanceof Cluster ? redis.nodes('master') : [redis]);
const keys = async () => {
  const found = await Promise.all(nodes().map((node) => node.keys(`${options.prefix}:*`)));
  return found.flat().toSorted();
};
const sweeper = () =>
  createSweeper({
    ...options,
    clock: systemClock,
    logger: silentLogger,
    report: async (push) => {
      swept.push(push);
      await store.reported(push.ref, push.reporter);
    },
  });

const places = [
  { name: 'Redis', isCluster: false },
  { name: 'a Redis Cluster', isCluster: true },
];

describe.each(places)('in $name', ({ isCluster }) => {
  let cluster: RedisCluster | undefined;
  let obstacle: string | undefined;
  beforeAll(async () => {
    obstacle = isCluster ? await findLocalObstacle('redis') : undefined;
    if (isCluster && obstacle === undefined) cluster = await startRedisCluster();
  });
  afterAll(() => cluster?.stop());
  beforeEach(async ({ skip }) => {
    skip(obstacle !== undefined, obstacle);
    redis = await connectTestRedis(cluster?.url, isCluster);
    offsetMs = 0;
    swept.length = 0;
    options = {
      redis,
      prefix: `test-${randomUUID()}`,
      sweepGraceMs: 60_000,
      clockOffsetMs: () => offsetMs,
    };
    claims = createClaims(options);
    store = createDeliveries(options);
  });
  afterEach(async () => {
    if (obstacle === undefined) await closeRedis(redis);
  });

  describe('what is kept', () => {
    it('one slot a user, a key an event and one history; and an end for each of them', async () => {
      await claimOne({ claims }, ref);
      await claimOne({ claims }, { ...ref, eventId: 'odd }{ id' });
      const ofUser = (await keys()).filter((key) => key.includes('{u-1}'));
      expect(ofUser).toHaveLength(3);
      expect(await keys()).toEqual([...ofUser, `${options.prefix}:open`].toSorted());
      for (const key of ofUser) {
        const ttlMs = await redis.pttl(key);
        expect(ttlMs).toBeGreaterThan(30 * DAY_MS);
        expect(ttlMs).toBeLessThan(33 * DAY_MS);
      }
    });

    it('a decided record for a day beyond its event, its history for the longest window', async () => {
      await claimOne({ claims }, ref);
      await store.permit(ref, 't');
      await store.settle(ref, 1, 'sent');
      const [record, history] = [`${options.prefix}:{u-1}:e:e-1`, `${options.prefix}:{u-1}:h`];
      expect(await redis.pttl(record)).toBeGreaterThan(DAY_MS);
      expect(await redis.pttl(record)).toBeLessThan(DAY_MS + 31 * 60_000);
      expect(await redis.pttl(history)).toBeGreaterThan(30 * DAY_MS);
    });

    it('nothing of what was released, and nothing older than thirty days', async () => {
      const history = `${options.prefix}:{u-1}:h`;
      await claimOne({ claims }, ref);
      await store.release(ref, 'expired');
      expect(await redis.zcard(history)).toBe(0);
      for (let index = 0; index < 5; index += 1) {
        const event = { ...ref, eventId: `e${String(index)}` };
        await claimOne({ claims }, event);
        await store.permit(event, 't');
        await store.settle(event, 1, 'sent');
        offsetMs += 10 * DAY_MS;
      }
      expect(await redis.zcard(history)).toBe(3);
    });

    it('no index entry once the outcome is published', async () => {
      await claimOne({ claims }, ref);
      expect(await redis.zcard(`${options.prefix}:open`)).toBe(1);
      await store.permit(ref, 't');
      await store.settle(ref, 1, 'sent');
      await store.reported(ref, 'r');
      expect(await redis.zcard(`${options.prefix}:open`)).toBe(0);
    });

    it('within a few hundred bytes a user and about a kilobyte a push', async () => {
      await claimOne({ claims }, { userId: randomUUID(), eventId: 'location-events-11-1234567-0' });
      const bytes = async (part: string) => {
        const key = (await keys()).find((name) => name.includes(part));
        return Number(await redis.memory('USAGE', key ?? '', 'SAMPLES', 0));
      };
      expect(await bytes(':h')).toBeLessThan(300);
      expect(await bytes(':e:')).toBeLessThan(1500);
    });
  });

  describe('a later version’s members, with a part more', () => {
    /** Its part follows today's last one. */
    const lastOfToday = Object.values(PARTS).reduce((sum, length) => sum + length, MEMBER_EVENT_LENGTH);
    const later = `${String(lastOfToday + 1)}-${String(lastOfToday + 12)}`;
    /** As that version's pods would claim. @param slices of a cap with at most `max` a day. */
    const claimLater = async (
      eventId: string,
      more: string,
      slices: string,
      max: number,
      merchantId = 'm-1',
    ) => {
      const member = `${historyMember(eventId, { merchantId, couponId: 'c-1' })}${more.padEnd(12, '_')}`;
      const run = scriptOn(redis, claimScript, () => offsetMs);
      const about = createKeyspace(options.prefix).ofEvent({ ...ref, eventId });
      const [answer] = await run(about, [60_000, 0, 1, slices, max, DAY_MS, '{}', '', member]);
      return answer;
    };

    it('are told apart by it, and one without it counts as if it were of every subject', async () => {
      await claimOne({ claims }, ref);
      expect(await claimLater('e-2', 'food', later, 1)).toBe('no_room');
      expect(await claimLater('e-2', 'food', later, 2)).toBe('claimed');
      expect(await claimLater('e-3', 'food', later, 2)).toBe('no_room');
      expect(await claimLater('e-3', 'books', later, 2)).toBe('claimed');
      expect(await claimLater('e-4', 'books', later, 2)).toBe('no_room');
    });

    it('may be counted by several parts at once', async () => {
      const both = `${capSlices('user+merchant')},${later}`;
      expect(await claimLater('e-2', 'food', both, 1)).toBe('claimed');
      expect(await claimLater('e-3', 'food', both, 1)).toBe('no_room');
      expect(await claimLater('e-3', 'books', both, 1)).toBe('claimed');
      expect(await claimLater('e-4', 'food', both, 1, 'm-2')).toBe('claimed');
    });

    it('are read by today’s pods', async () => {
      await claimLater('e-2', 'food', '', 9);
      const perMerchant: Cap = { per: 'user+merchant', max: 1, windowMs: DAY_MS };
      const same = { push: { merchantId: 'm-1' } };
      expect(await claimOne({ claims }, ref, [perMerchant], same)).toEqual({
        kind: 'no_room',
        cap: 0,
        atMs: SOME_MS,
      });
      expect(await claimOne({ claims }, ref, [perMerchant])).toMatchObject({ kind: 'claimed' });
    });
  });

  describe('the index of open pushes', () => {
    it('is completed by redelivery where a pod died between the claim and the entry', async () => {
      await claimOne({ claims }, ref);
      await redis.del(`${options.prefix}:open`);
      expect(await claims.recall(ref, [])).toMatchObject({ kind: 'known', undelivered: true });
      expect(await redis.zcard(`${options.prefix}:open`)).toBe(1);
    });

    it('is swept by several at once, each push once', async () => {
      for (let index = 0; index < 30; index += 1) {
        await claimOne({ claims }, { ...ref, eventId: `e${String(index)}` }, [], { ttlMs: 1000 });
      }
      offsetMs += 120_000;
      const counts = await Promise.all([sweeper().sweep(), sweeper().sweep(), sweeper().sweep()]);
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(30);
      expect(swept).toHaveLength(30);
      expect(await redis.zcard(`${options.prefix}:open`)).toBe(0);
    });

    it('keeps what could not be reported, for the next sweep', async () => {
      await claimOne({ claims }, ref, [], { ttlMs: 1000 });
      offsetMs += 120_000;
      const failing = createSweeper({
        ...options,
        clock: systemClock,
        logger: silentLogger,
        report: () => Promise.reject(new Error('Kafka is away')),
      });
      expect(await failing.sweep()).toBe(0);
      expect(await sweeper().sweep()).toBe(0);
      offsetMs += 61_000;
      expect(await sweeper().sweep()).toBe(1);
      expect(swept).toMatchObject([{ outcome: 'expired' }]);
    });

    it('frees a place whose record is gone, after its window', async () => {
      await claimOne({ claims }, ref, [], { ttlMs: 1000 });
      await redis.del(`${options.prefix}:{u-1}:e:e-1`);
      offsetMs += 120_000;
      await sweeper().sweep();
      const next = { ...ref, eventId: 'e-2' };
      expect(await claimOne({ claims }, next, [oncePerDay])).toEqual({
        kind: 'no_room',
        cap: 0,
        atMs: SOME_MS,
      });
      offsetMs += DAY_MS;
      expect(await claimOne({ claims }, next, [oncePerDay])).toMatchObject({ kind: 'claimed' });
    });

    it('runs by itself until it is stopped', async () => {
      await claimOne({ claims }, ref, [], { ttlMs: 1 });
      offsetMs += 120_000;
      const running = createSweeper({
        ...options,
        clock: systemClock,
        logger: silentLogger,
        intervalMs: 20,
        report: async (push) => void swept.push(push),
      });
      running.start();
      await expect.poll(() => swept.length, { timeout: 30_000 }).toBe(1);
      await running.stop();
    });
  });

  describe('recalls at once', () => {
    it('get each their own answer', async () => {
      const about = (at: number) => ({ userId: `u-${String(at)}`, eventId: 'e-1' });
      for (const at of [2, 5]) await claimOne({ claims }, about(at), [oncePerDay]);
      const sameUser = { userId: 'u-5', eventId: 'e-2' };
      const refs = [about(1), about(2), about(3), sameUser, about(5), about(6)];
      const found = await Promise.all(refs.map((one) => claims.recall(one, [oncePerDay])));
      expect(found.map((one) => (one.kind === 'known' ? one.envelope.push.couponId : one.fullCap))).toEqual([
        undefined,
        expect.any(String),
        undefined,
        0,
        expect.any(String),
        undefined,
      ]);
    });

    it(`are ${isCluster ? 'pipelined' : 'a batch already, and no pipeline beside'}`, async () => {
      const pipelines = vi.spyOn(redis, 'pipeline');
      const refs = Array.from({ length: 20 }, (_, at) => ({ userId: `u-${String(at)}`, eventId: 'e-1' }));
      await Promise.all(refs.map((one) => claims.recall(one, [oncePerDay])));
      expect(pipelines.mock.calls.length > 0).toBe(isCluster);
    });
  });

  describe('Redis', () => {
    it('that forgot its scripts is told them again', async () => {
      await claimOne({ claims }, ref);
      await Promise.all(nodes().map((node) => node.script('FLUSH')));
      expect(await claims.recall(ref, [])).toMatchObject({ kind: 'known' });
      expect(await Promise.all([store.checkPending(ref), claims.recall(ref, [])])).toHaveLength(2);
    });

    it('keeps a dry run apart', async () => {
      const dry = createClaims({ ...options, prefix: cooldownPrefix(options.prefix, true) });
      await claimOne({ claims: dry }, ref, [oncePerDay]);
      expect(await claims.recall(ref, [oncePerDay])).toEqual({ kind: 'new', atMs: SOME_MS });
    });

    it('carries the kill switch', async () => {
      const killSwitch = createKillSwitch(redis, options.prefix);
      expect(await killSwitch.isSet()).toBe(false);
      const flag = { why: 'rules 2026-11-22.2', by: 'anna', since: '2026-11-22T12:00:00.000Z' };
      await killSwitch.set(flag);
      expect(await killSwitch.isSet()).toBe(true);
      expect(await killSwitch.read()).toEqual(flag);
      await killSwitch.lift();
      expect(await killSwitch.isSet()).toBe(false);
      expect(await killSwitch.read()).toBeUndefined();
      // By hand, or by an older version.
      for (const text of ['by hand', '{"x":1}', '12']) {
        await redis.set(`${options.prefix}:kill-switch`, text);
        expect(await killSwitch.isSet()).toBe(true);
        expect(await killSwitch.read()).toEqual({
          why: text === '{"x":1}' ? '' : text,
          by: null,
          since: null,
        });
      }
      await killSwitch.lift();
    });
  });
});
