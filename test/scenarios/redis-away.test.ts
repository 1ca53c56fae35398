/**
 * Whole pods and a Redis that fails in every way it can: frozen, killed, full, without rights, read-only, emptied;
 * and on a cluster whose masters change. Nothing is pushed meanwhile, nothing is lost, and nobody has to help the pods
 * afterwards.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startServices, type RunningServices } from '../simulation/services/start-services.ts';
import type { PodProcess } from '../simulation/demo/pods.ts';
import { queuePrefix } from '../../src/push/push-queue.ts';
import { REDIS_PREFIX } from '../../src/domain/redis-prefix.ts';
import { findLocalObstacle } from '../support/services/local-obstacle.ts';
import { startRedisCluster, type RedisCluster } from '../support/redis/redis-cluster.ts';
import { eventually, startScenario, type Scenario } from '../support/pods/scenario.ts';

const obstacle = await findLocalObstacle('redis');

beforeEach(({ skip }) => {
  skip(obstacle !== undefined, obstacle);
});

let run: Scenario | undefined;
let services: RunningServices | undefined;
let cluster: RedisCluster | undefined;
afterEach(async () => {
  await run?.stop();
  await Promise.all([services?.stop(), cluster?.stop()]);
  run = services = cluster = undefined;
});

async function start(
  pods: number,
  redis: { readonly url: string; readonly cluster?: boolean },
): Promise<Scenario> {
  run = await startScenario({ pods, redis, events: 4000 });
  for (const pod of run.pods) await pod.start();
  for (const pod of run.pods) await pod.waitUntilReady();
  return run;
}

async function expectPromisesKept(scenario: Scenario): Promise<void> {
  await scenario.untilDrained();
  expect((await scenario.promises()).filter(({ holds }) => !holds)).toEqual([]);
}

const code = async (pod: PodProcess, path: string): Promise<number> =>
  (await fetch(`${pod.url}${path}`)).status;

/** Kept for an hour or until a thousand have followed, whichever is first. */
const FINISHED_JOB = /^\{coupon-notifier:queue\}:pushes:p[\w-]{43}$/;
/** Keys without a time to live, and what bounds them. */
const BOUNDED = [
  // As long as the queue: its jobs, their order, a stream of 1000 events, counters.
  /^\{coupon-notifier:queue\}:pushes:(?:meta|id|marker|events|wait|active|delayed|completed|failed|stalled)$/,
  FINISHED_JOB,
  // An entry a live pod.
  /^coupon-notifier:\{pods\}:(?:seen|records)$/,
  // An entry a push without an outcome; swept.
  /^coupon-notifier:open$/,
];

async function keysWithoutEnd(redis: Redis): Promise<string[]> {
  const keys = await redis.keys('*');
  const ends = await Promise.all(keys.map((key) => redis.pttl(key)));
  return keys.filter((_, at) => ends[at] === -1);
}

/** An attempt may write for 2 s after its permission, and then be on its way. */
const LAST_WRITE_MS = 3000;

it('Redis frozen, killed, full, without rights and read-only under load: nothing is pushed meanwhile, nothing lost; emptied: said', async () => {
  services = await startServices({
    ...{ say: () => undefined, kafka: false, s3: false, origins: ['local'] },
    redis: { appendFsync: 'always' },
  });
  const redis = services.service('redis');
  const scenario = await start(1, { url: redis.address });
  const [pod] = scenario.pods;
  if (pod === undefined) throw new Error('no pod');
  const admin = new Redis(redis.address, { maxRetriesPerRequest: null });
  admin.on('error', () => undefined);

  const allow = (rights: string) => () => admin.call('ACL', 'SETUSER', 'default', rights);
  const set = (limit: number) => () => admin.config('SET', 'maxmemory', limit);
  const faults: readonly (readonly [string, () => Promise<unknown>, () => Promise<unknown>, RegExp])[] = [
    ['frozen', () => redis.kill('SIGSTOP'), () => redis.kill('SIGCONT'), /not reachable/],
    ['killed', () => redis.kill('SIGKILL'), () => redis.restart(), /not reachable/],
    ['full', set(1), set(0), /out of memory/],
    ['without writes', allow('-@write'), allow('+@all'), /user may not/],
    [
      'read-only',
      () => admin.replicaof('127.0.0.1', 1),
      () => admin.replicaof('NO', 'ONE'),
      /read-only replica/,
    ],
  ];
  for (const [fault, spoil, mend, words] of faults) {
    const playing = scenario.play(250, 60);
    await eventually(async () => {
      expect((await pod.status())?.inFlight, fault).toBeGreaterThan(0);
    });
    await spoil();
    const spoiltAtMs = Date.now();
    await eventually(async () => {
      expect(await code(pod, '/ready'), fault).toBe(503);
    });
    expect(await pod.status(), fault).toMatchObject({ condition: 'degraded', away: ['redis'] });
    await eventually(async () => {
      expect((await pod.status())?.redis.faults.join('; '), fault).toMatch(words);
    });
    expect(await code(pod, '/live'), fault).toBe(200);
    await pause(Math.max(0, spoiltAtMs + LAST_WRITE_MS + 500 - Date.now()));
    const mendedAtMs = Date.now();
    await mend();
    const { pushes } = await scenario.partners.ledger();
    const meanwhile = pushes.filter(({ at }) => at > spoiltAtMs + LAST_WRITE_MS && at < mendedAtMs);
    expect(meanwhile, fault).toEqual([]);
    await playing;
    await eventually(async () => {
      expect(await code(pod, '/ready'), fault).toBe(200);
      expect((await pod.status())?.condition, fault).toBe('ok');
    });
  }
  await expectPromisesKept(scenario);
  expect((await scenario.partners.ledger()).pushes.length).toBeGreaterThan(50);
  // Killed, it came back as another; read-only, it was a replica, and was promoted.
  expect((await pod.status())?.redis).toMatchObject({ dataLost: 0, serverChanged: 2, faults: [] });

  // Nothing is left behind for good: every key has an end, but for a few that are bounded themselves.
  const endless = await keysWithoutEnd(admin);
  expect(endless.filter((key) => !BOUNDED.some((known) => known.test(key)))).toEqual([]);
  expect(endless.filter((key) => FINISHED_JOB.test(key)).length).toBeLessThanOrEqual(1000);
  expect(await admin.dbsize()).toBeGreaterThan(endless.length + 50);

  await admin.flushall();
  await eventually(async () => {
    expect((await pod.status())?.redis.dataLost).toBe(1);
  });
  const said = (await scenario.log(pod)).filter(({ msg }) =>
    String(msg).includes('lost acknowledged writes'),
  );
  expect(said).toMatchObject([{ level: 'error' }]);
  await scenario.play(50, 100);
  await scenario.untilDrained();
  admin.disconnect();
});

it('two pods on a Redis Cluster: a planned failover under load and a killed master change nothing that is promised', async () => {
  cluster = await startRedisCluster();
  const { nodes, ask, masterOf, inStep } = cluster;
  const scenario = await start(2, { url: cluster.url, cluster: true });
  const [first] = scenario.pods;
  if (first === undefined) throw new Error('no pod');
  await eventually(async () => {
    expect((await first.status())?.pods.length).toBe(2);
  });

  const playing = scenario.play(900, 200);
  const queueKey = queuePrefix(REDIS_PREFIX);
  const master = await masterOf(queueKey);
  await eventually(async () => {
    expect((await first.status())?.events.queued).toBeGreaterThan(10);
  });
  // The master hands over when its replica has everything: no write is lost.
  const table = String(await ask(master, 'CLUSTER', 'NODES')).split('\n');
  const heir = nodes.find(({ id }) =>
    table.some((line) => line.startsWith(id) && line.includes(`slave ${master.id}`)),
  );
  if (heir === undefined) throw new Error('no replica');
  await ask(heir, 'CLUSTER', 'FAILOVER');
  await eventually(async () => {
    expect((await masterOf(queueKey)).id).toBe(heir.id);
  });
  await playing;
  await scenario.untilDrained();

  // A killed one loses what its replica had not received, so nothing may be under way.
  await inStep();
  await heir.service.kill('SIGKILL');
  await scenario.play(300, 150);
  await expectPromisesKept(scenario);
  expect((await scenario.partners.ledger()).pushes.length).toBeGreaterThan(50);
  for (const pod of scenario.pods) {
    await pod.waitUntilReady();
    await eventually(async () => {
      expect((await pod.status())?.redis.serverChanged).toBeGreaterThan(0);
    });
    expect(await pod.stop()).toMatchObject({ code: 0, signal: null });
  }
});
