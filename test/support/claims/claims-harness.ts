/** What the claims' contract is tried against: in memory, in Redis and in a Redis Cluster, one clock each. */
import type { DeliveryStore, Ending } from '../../../src/domain/delivery.ts';
import { randomUUID } from 'node:crypto';
import { createClaims } from '../../../src/claims/claims.ts';
import { closeRedis, openRedis, type RedisClient } from '../../../src/redis/connection.ts';
import { createDeliveries } from '../../../src/claims/deliveries.ts';
import { createSweeper } from '../../../src/claims/sweeper.ts';
import type { Cap } from '../../../src/domain/cap.ts';
import type { EventRef } from '../../../src/domain/event.ts';
import type { PushEnvelope } from '../../../src/domain/push.ts';
import type { ClaimAnswer, Claims } from '../../../src/pipeline/ports.ts';
import { createInMemoryClaims, type SweptEntry } from './in-memory-claims.ts';
import { replayedHarness } from './replayed-harness.ts';
import { createOlderClaim } from './older-pod.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { findLocalObstacle } from '../services/local-obstacle.ts';
import { startRedisCluster, type RedisCluster } from '../redis/redis-cluster.ts';
import { silentLogger } from '../silent-logger.ts';

export const SWEEP_GRACE_MS = 60_000;

export interface ClaimsHarness {
  readonly claims: Claims;
  readonly store: DeliveryStore;
  /** A pod of the version before, on the same users. */
  readonly older: Pick<Claims, 'claim'>;
  /** One sweep, whose outcomes are reported at once. */
  sweep(): Promise<SweptEntry[]>;
  nowMs(): Promise<number>;
  advance(ms: number): void;
  close(): Promise<void>;
}

function inMemoryHarness(): ClaimsHarness {
  let offsetMs = 0;
  const startMs = Date.now();
  const now = () => startMs + offsetMs;
  const memory = createInMemoryClaims({ now, sweepGraceMs: SWEEP_GRACE_MS });
  return {
    ...memory,
    sweep: async () => {
      const swept = memory.sweep();
      for (const { ref } of swept) await memory.store.reported(ref, 'sweep');
      return swept;
    },
    nowMs: async () => now(),
    advance: (ms) => void (offsetMs += ms),
    close: async () => {},
  };
}

export function testRedisUrl(): string {
  const url = process.env['REDIS_URL'];
  if (url === undefined) throw new Error('REDIS_URL is not set');
  return url;
}

export async function connectTestRedis(url = testRedisUrl(), cluster = false): Promise<RedisClient> {
  const redis = openRedis({
    url,
    cluster,
    purpose: 'commands',
    commandTimeoutMs: 5000,
    logger: silentLogger,
  });
  await new Promise((resolve) => redis.once('ready', resolve));
  return redis;
}

interface RedisHarnessOptions {
  readonly connect?: () => Promise<RedisClient>;
  /** No pod of the version before lives: each push's end is told as soon as it has one, and what is kept made short. */
  readonly isShort?: boolean;
}

async function redisHarness({
  connect = connectTestRedis,
  isShort = false,
}: RedisHarnessOptions = {}): Promise<ClaimsHarness> {
  const redis = await connect();
  const prefix = `test-${randomUUID()}`;
  let offsetMs = 0;
  const options = { redis, prefix, sweepGraceMs: SWEEP_GRACE_MS, clockOffsetMs: () => offsetMs };
  const deliveries = createDeliveries({ ...options, mayShorten: () => isShort });
  const store = isShort ? toldAtOnce(deliveries) : deliveries;
  const swept: SweptEntry[] = [];
  const sweeper = createSweeper({
    ...options,
    clock: systemClock,
    logger: silentLogger,
    leaseMs: 1,
    report: async ({ ref, outcome, envelope, endedAtMs, reporter }) => {
      if (await store.reported(ref, reporter)) swept.push({ ref, outcome, envelope, endedAtMs });
    },
  });
  const nowMs = async (): Promise<number> => {
    const [seconds, micros] = await redis.time();
    return Number(seconds) * 1000 + Math.floor(Number(micros) / 1000) + offsetMs;
  };
  const claims = withMomentsChecked(createClaims(options), nowMs);
  const olderClaim = createOlderClaim(options);
  return {
    claims,
    store,
    older: {
      claim: async (request) => {
        if (isShort) return claims.claim(request);
        const answer = await olderClaim(request);
        // Enters the push in the index of open ones.
        if (answer.kind === 'claimed') await claims.recall(request.ref, []);
        return answer;
      },
    },
    sweep: async () => {
      await sweeper.sweep();
      return swept.splice(0);
    },
    nowMs,
    advance: (ms) => void (offsetMs += ms),
    close: () => closeRedis(redis),
  };
}

function toldAtOnce(store: DeliveryStore): DeliveryStore {
  const told = async (ref: EventRef, ending: Ending): Promise<Ending> => {
    if (ending.kind === 'done') await store.reported(ref, 'at once');
    return ending;
  };
  return {
    ...store,
    settle: async (ref, attempt, outcome) => told(ref, await store.settle(ref, attempt, outcome)),
    release: async (ref, outcome, attempt) => told(ref, await store.release(ref, outcome, attempt)),
  };
}

/** Every answer of Redis says when it was given. The contract's answers are without: claims in memory need not say it. */
function withMomentsChecked(claims: Claims, nowMs: () => Promise<number>): Claims {
  async function checked<T extends { readonly atMs?: number }>(ask: () => Promise<T>): Promise<T> {
    const beforeMs = await nowMs();
    const { atMs = NaN, ...answer } = await ask();
    const afterMs = await nowMs();
    if (!(beforeMs <= atMs && atMs <= afterMs))
      throw new Error(`answered at ${String(atMs)}, between ${String(beforeMs)} and ${String(afterMs)}`);
    return answer as T;
  }
  return {
    recall: (ref, caps) => checked(() => claims.recall(ref, caps)),
    claim: (request) => checked(() => claims.claim(request)),
  };
}

/** What one suite of the contract is tried against. */
export interface ClaimsWorld {
  readonly name: string;
  /** @returns why it can't be had on this machine; undefined once it can. Called before all tests. */
  open(): Promise<string | undefined>;
  create(): Promise<ClaimsHarness>;
  close(): Promise<void>;
}

/** In the project `contract` the claims in memory; in `integration`, which has services, those in Redis. */
export function claimsWorlds(): readonly ClaimsWorld[] {
  const always = { open: () => Promise.resolve(undefined), close: () => Promise.resolve() };
  if (process.env['CONTRACT_ADAPTERS'] === 'in memory')
    return [
      { ...always, name: 'in memory', create: () => Promise.resolve(inMemoryHarness()) },
      { ...always, name: 'of a replay', create: () => Promise.resolve(replayedHarness(SWEEP_GRACE_MS)) },
    ];
  return [{ ...always, name: 'in Redis', create: () => redisHarness() }, clusterWorld()];
}

/** … and where all that is told is made short. */
export function shortWorlds(): readonly ClaimsWorld[] {
  if (process.env['CONTRACT_ADAPTERS'] === 'in memory') return [];
  return [
    {
      name: 'in Redis, told at once and short',
      open: () => Promise.resolve(undefined),
      create: () => redisHarness({ isShort: true }),
      close: () => Promise.resolve(),
    },
  ];
}

function clusterWorld(): ClaimsWorld {
  let cluster: RedisCluster | undefined;
  return {
    name: 'in a Redis Cluster',
    open: async () => {
      const obstacle = await findLocalObstacle('redis');
      if (obstacle === undefined) cluster = await startRedisCluster();
      return obstacle;
    },
    create: () => redisHarness({ connect: () => connectTestRedis(cluster?.url, true) }),
    close: async () => cluster?.stop(),
  };
}

export function envelopeOf(ref: EventRef, changes: Partial<PushEnvelope['push']> = {}): PushEnvelope {
  return {
    push: {
      ...ref,
      couponId: 'coupon-1',
      merchantId: 'merchant-1',
      title: 'Coffee, half price',
      collapseKey: 'coupon:merchant-1',
      rulesVersion: '2026-11-22.1',
      ...changes,
    },
    source: { topic: 'location-events', partition: 3, offset: '41', index: 0 },
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  };
}

/** Claims one push of a coupon and merchant under the given caps. */
export function claimOne(
  { claims }: { readonly claims: Pick<Claims, 'claim'> },
  ref: EventRef,
  caps: readonly Cap[] = [],
  more: { push?: Partial<PushEnvelope['push']>; ttlMs?: number; notAfterMs?: number } = {},
): Promise<ClaimAnswer> {
  return claims.claim({
    ref,
    caps,
    candidates: [{ envelope: envelopeOf(ref, more.push), notAfterMs: more.notAfterMs }],
    ttlMs: more.ttlMs ?? 30 * 60_000,
    acceptableUntilMs: Date.now() + 15 * 60_000,
  });
}
