/**
 * What a push costs in Redis at each stage of its life, by what the server says it uses before and after many: the
 * allocator's rounding and the table's own slots are in it, which `MEMORY USAGE` of a key leaves out.
 */
import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { createClaims } from '../../../src/claims/claims.ts';
import { closeRedis, openRedis } from '../../../src/redis/connection.ts';
import { createDeliveries } from '../../../src/claims/deliveries.ts';
import type { EventRef } from '../../../src/domain/event.ts';
import type { PushEnvelope } from '../../../src/domain/push.ts';
import type { EventSource } from '../../../src/domain/record.ts';
import { REDIS_PREFIX } from '../../../src/domain/redis-prefix.ts';
import { createPushQueue } from '../../../src/push/push-queue.ts';
import { startServices } from '../../simulation/services/start-services.ts';
import { silentLogger } from '../../support/silent-logger.ts';
import { figure, type Benchmark } from '../benchmark.ts';
import { keepFigures } from '../kept-figures.ts';
import { medianOf } from '../statistics.ts';

const USERS = 20_000;
const HISTORY_USERS = 1000;
/** A push a day for the longest time that counts. */
const HISTORY_DAYS = 30;
const AT_ONCE = 200;
const MILLION = 1_000_000;

interface PlacedEvent extends EventRef {
  readonly source: EventSource;
}

/** By Redis's default a hash is packed while no value is above 64 bytes: a waiting push's text and its job are. */
const PACKED_VALUE = '1024';

interface Bytes {
  readonly undelivered: number;
  readonly job: number;
  /** … where Redis packs larger values. */
  readonly packed: number;
  readonly decided: number;
  /** With one push that waits, and with one that was sent. */
  readonly waitingHistory: number;
  readonly history: number;
  readonly laterHistory: number;
}

export const redisMemory: Benchmark = {
  name: 'redis-memory',
  title: 'memory in Redis',
  workload: `${String(USERS)} users with ids of 36 characters, texts of usual length; AOF on`,
  async run(lab, rounds) {
    const runs: Bytes[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const services = await startServices({
        say: () => undefined,
        kafka: false,
        s3: false,
        origins: ['docker', 'local'],
      });
      try {
        runs.push(await measureBoth(services.service('redis').address));
      } finally {
        await services.stop();
      }
      lab.say(`  round ${String(round + 1)}`);
    }
    const median = (of: (bytes: Bytes) => number): number => medianOf(runs, of);
    const undelivered = median((bytes) => bytes.undelivered);
    const job = median((bytes) => bytes.job);
    const decided = median((bytes) => bytes.decided);
    const history = median((bytes) => bytes.history);
    const later = median((bytes) => bytes.laterHistory);
    const packed = median((bytes) => bytes.packed);
    await keepFigures('redis-memory', {
      ...{ undeliveredBytes: undelivered, jobBytes: job, decidedBytes: decided },
      ...{ historyBytes: history, laterPushBytes: later },
    });
    return [
      figure('an undelivered push: its record and its entry in the index', bytesOf(undelivered)),
      figure('… its job, while it waits or runs', bytesOf(job)),
      figure(`… both with hash-max-listpack-value ${PACKED_VALUE}`, bytesOf(packed)),
      figure('a decided push: its record, for a day beyond its event', bytesOf(decided)),
      figure('a user’s history with one push, for 31 days', bytesOf(history)),
      figure('… each further push', bytesOf(later)),
      figure(
        'a million users, one push each and waiting',
        gigabytesOf(MILLION * (undelivered + job + median((bytes) => bytes.waitingHistory))),
      ),
      figure(
        'a million users, a push a day for a month',
        gigabytesOf(MILLION * (decided + history + (HISTORY_DAYS - 1) * later)),
      ),
    ];
  },
};

async function measureBoth(url: string): Promise<Bytes> {
  const bytes = await measure(url);
  const admin = new Redis(url);
  try {
    await admin.flushall();
    // Known to every version under its first name.
    await admin.config('SET', 'hash-max-ziplist-value', PACKED_VALUE);
    const { undelivered, job } = await measure(url, false);
    return { ...bytes, packed: undelivered + job };
  } finally {
    admin.disconnect();
  }
}

/** @param toItsEnd false: only what waits. */
async function measure(url: string, toItsEnd = true): Promise<Omit<Bytes, 'packed'>> {
  const redis = openRedis({
    url,
    cluster: false,
    purpose: 'commands',
    commandTimeoutMs: 10_000,
    logger: silentLogger,
  });
  await new Promise((resolve) => redis.once('ready', resolve));
  const admin = new Redis(url);
  const prefix = REDIS_PREFIX;
  const claims = createClaims({ redis, prefix });
  const store = createDeliveries({ redis, prefix, mayShorten: () => true });
  const queue = createPushQueue({ redis, prefix, logger: silentLogger, timeoutMs: 10_000 });
  await queue.counts(); // its fixed keys are there

  const used = async (): Promise<number> => {
    // Clients' buffers and the AOF's come and go: what is told apart is the data and its tables.
    const stats = (await admin.call('MEMORY', 'STATS')) as (string | number | (string | number)[])[];
    const fields = new Map(
      stats.flatMap((name, at) => (at % 2 === 0 ? [[name, stats[at + 1]] as const] : [])),
    );
    const tables = fields.get('db.0');
    const overhead = Array.isArray(tables)
      ? tables.filter((_, at) => at % 2 === 1).reduce<number>((sum, one) => sum + Number(one), 0)
      : 0;
    return Number(fields.get('dataset.bytes')) + overhead;
  };
  const claim = (event: PlacedEvent): Promise<unknown> =>
    claims.claim({
      ref: { userId: event.userId, eventId: event.eventId },
      caps: [],
      candidates: [{ envelope: envelopeOf(event), notAfterMs: undefined }],
      ttlMs: 1_800_000,
      acceptableUntilMs: Date.now() + 900_000,
    });
  const deliver = async (ref: EventRef): Promise<void> => {
    const permission = await store.permit(ref, randomUUID());
    if (permission.kind !== 'granted') throw new Error(permission.kind);
    await store.settle(ref, permission.attempt, 'sent');
    await store.reported(ref, randomUUID());
  };
  const histories = async (users: readonly string[]): Promise<number> => {
    let sum = 0;
    for (const user of users)
      sum += Number(await admin.memory('USAGE', `${prefix}:{${user}}:h`, 'SAMPLES', 0));
    return sum / users.length;
  };
  /** An event without an id of its own, which is known by its place. */
  const eventOf = (userId: string, nth: number): PlacedEvent => {
    const source = {
      topic: 'location-events',
      partition: nth % 12,
      offset: String(1_000_000 + nth),
      index: 0,
    };
    return { userId, eventId: `location-events-${String(source.partition)}-${source.offset}-0`, source };
  };

  const users = Array.from({ length: USERS }, () => randomUUID());
  const refs = users.map(eventOf);
  const start = await used();
  await inTurns(refs, claim);
  const claimed = await used();
  await inTurns(refs, (ref) => queue.enqueue(ref));
  const enqueued = await used();
  const some = users.slice(0, HISTORY_USERS);
  const waitingHistory = await histories(some);
  if (toItsEnd) await inTurns(refs, deliver);
  await (await queue.open()).obliterate({ force: true });
  const delivered = await used();

  const history = await histories(some);
  for (let day = 1; toItsEnd && day < HISTORY_DAYS; day += 1) {
    const further = some.map((user, at) => eventOf(user, day * USERS + at));
    await inTurns(further, claim);
    await inTurns(further, deliver);
  }
  const full = await histories(some);
  await queue.close();
  await closeRedis(redis);
  admin.disconnect();
  return {
    undelivered: (claimed - start) / USERS - waitingHistory,
    job: (enqueued - claimed) / USERS,
    decided: (delivered - start) / USERS - history,
    waitingHistory,
    history,
    laterHistory: (full - history) / (HISTORY_DAYS - 1),
  };
}

function envelopeOf({ source, ...ref }: PlacedEvent): PushEnvelope {
  return {
    push: {
      ...ref,
      couponId: `c-${ref.eventId.slice(-9)}`,
      merchantId: `m-${ref.userId.slice(0, 8)}`,
      title: 'Half price on every second coffee',
      body: 'Only 120 m away, until eight tonight',
      deepLink: `app://coupons/c-${ref.eventId.slice(-9)}`,
      collapseKey: `coupon:m-${ref.userId.slice(0, 8)}`,
      rulesVersion: '2026-11-22.1',
    },
    source,
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    rulesHash: '9f86d081884c',
  };
}

async function inTurns<T>(list: readonly T[], task: (one: T) => Promise<unknown>): Promise<void> {
  for (let from = 0; from < list.length; from += AT_ONCE)
    await Promise.all(list.slice(from, from + AT_ONCE).map(task));
}

const bytesOf = (bytes: number): string => `${String(Math.round(bytes / 10) * 10)} B`;
const gigabytesOf = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;
