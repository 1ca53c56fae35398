/**
 * Each alert's fault is caused on whole pods, and the alert's own expression fires on what the pods sent: Prometheus'
 * by its own evaluator, Datadog's over what its intake got. No alert fires that the fault has nothing to do with.
 * Alerts look at minutes and hours, so one real second counts as a minute.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { PodProcess } from '../simulation/demo/pods.ts';
import { startServices, type RunningServices } from '../simulation/services/start-services.ts';
import { readAlerts, RULE_FILES } from '../support/alerts/alert-files.ts';
import { openAlertWatch, type AlertWatch } from '../support/alerts/alert-watch.ts';
import {
  loseUnreadOffsets,
  openLoad,
  openSickDirectory,
  putAt,
  restart,
  untilWell,
  type Load,
  type SickDirectory,
} from '../support/alerts/causes.ts';
import { openOperatorView, type OperatorView } from '../support/alerts/operator-view.ts';
import { keepProofs, type Proof } from '../support/alerts/proofs.ts';
import { checkRules, findPromtoolObstacle } from '../support/alerts/promtool.ts';
import { proveAlerts, STRETCH, type Fault, type Proved } from '../support/alerts/prove.ts';
import { eventAt, eventually, openRules, startScenario, type Scenario } from '../support/pods/scenario.ts';
import { findLocalObstacle } from '../support/services/local-obstacle.ts';

const obstacle = (await findPromtoolObstacle()) ?? (await findLocalObstacle('redis'));
const KILL_SWITCH = 'coupon-notifier:kill-switch';
const SICK_POD = 2;
const otherRules = (uri: string): string => `${uri}.other`;
/** Set off by whatever holds events back for longer than 5 s. */
const LATE = ['EventsDecidedLateFast', 'EventsDecidedLateSlow'];

let run: Scenario;
let watch: AlertWatch;
let view: OperatorView;
let services: RunningServices;
let sick: SickDirectory;
let load: Load;
let redis: Redis;
const cleanups: (() => Promise<unknown>)[] = [];
const proofs: Proof[] = [];

beforeEach(({ skip }) => {
  skip(obstacle !== undefined, obstacle);
});

beforeAll(async () => {
  if (obstacle !== undefined) return;
  services = await startServices({
    ...{ say: () => undefined, kafka: false, s3: false, origins: ['local'] },
    redis: { appendFsync: 'always' },
  });
  cleanups.push(() => services.stop());
  const { address } = services.service('redis');
  watch = await openAlertWatch();
  cleanups.push(() => watch.stop());
  sick = await openSickDirectory();
  run = await startScenario({
    pods: 3,
    redis: { url: address },
    rules: openRules('first'),
    env: { ...watch.env, DOCUMENT_POLL_MS: '300', KAFKA_SESSION_TIMEOUT_MS: '20000' },
    // Deployed with another document, and with defects.
    envOf: (pod, { rulesUri }) =>
      pod === SICK_POD ? { ...sick.env, RULES_S3_URI: otherRules(rulesUri) } : {},
  });
  cleanups.push(() => run.stop());
  // The sick one's log is a pipe that nobody reads.
  view = openOperatorView(run, (pod) => pod !== run.pods[SICK_POD]);
  redis = new Redis(address, { maxRetriesPerRequest: null });
  redis.on('error', () => undefined);
  cleanups.push(async () => {
    redis.disconnect();
  });
  load = await openLoad(run);
  cleanups.push(() => load.stop());
  watch.begin(run.pods.map(({ url }) => url));
}, 300_000);

afterAll(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup();
});

function podAt(index: number): PodProcess {
  const pod = run.pods[index];
  if (pod === undefined) throw new Error(`no pod ${String(index)}`);
  return pod;
}

async function prove(fault: Fault): Promise<Proved> {
  const proved = await proveAlerts(watch, view, fault);
  proofs.push(...proved.proofs);
  await keepProofs({ proofs: proved.proofs });
  return proved;
}

/** Whatever the test before it has left. */
async function begin(): Promise<void> {
  await redis.del(KILL_SWITCH);
  await run.partners.control({ couponApi: { down: false }, pushApi: { down: false, rates: {} } });
  const both = run.pods.slice(0, SICK_POD);
  for (const pod of both) if (!pod.isRunning()) await pod.start();
  for (const pod of both) await pod.waitUntilReady();
  await calm();
}

function startLoad(): void {
  load.run(true);
}

async function calm(): Promise<void> {
  load.run(false);
  await untilWell(run);
  // What was counted by then is sent.
  await pause(1000);
}

/** The evaluator by the rules as they are: nothing is copied. */
it('promtool finds nothing against the rule files', async () => {
  expect(await checkRules(RULE_FILES)).toBe('');
});

describe('each alert fires for its fault', { timeout: 400_000 }, () => {
  it('Kafka deleted what nobody had read', async () => {
    await loseUnreadOffsets(run);
    await prove({
      fault: 'retention took records that the group had not read, before the pods started',
      fires: ['PromiseMayBeBroken'],
      // Nobody is there before the first pod.
      mayFire: ['NoPodIsReady'],
      stretch: 10,
      cause: () => Promise.all([podAt(0).start(), podAt(1).start()]),
    });
    for (const pod of run.pods.slice(0, SICK_POD)) await pod.waitUntilReady();
    // The first events of a process are slow.
    startLoad();
    await pause(4000);
    await calm();
  });

  it('the coupon API is away, and comes back', async () => {
    await begin();
    const outage = await prove({
      fault: 'the coupon API refuses connections under load',
      fires: ['CouponApiIsAway', 'BehindAndGrowing'],
      mayFire: LATE,
      before: startLoad,
      cause: () => run.partners.control({ couponApi: { down: true } }),
    });
    await prove({
      fault: 'the coupon API was away, and what waited is decided late',
      fires: LATE,
      mayFire: ['CouponApiIsAway', 'BehindAndGrowing'],
      since: outage,
      cause: () => run.partners.control({ couponApi: { down: false } }),
    });
    await calm();
  });

  it('the push API is away while the rules are broken, and then refuses', async () => {
    await begin();
    const outage = await prove({
      before: startLoad,
      fault: 'the push API refuses connections; the rules document was replaced by one that is none',
      fires: ['PushesAreNotDelivered', 'DocumentDoesNotReload'],
      cause: async () => {
        await run.partners.control({ pushApi: { down: true } });
        await run.putRules('version: [');
      },
    }).finally(() => run.putRules(openRules('second')));
    await prove({
      fault: 'the push API answers every push with 400',
      fires: ['PushesUndeliveredFast', 'PushesUndeliveredSlow'],
      mayFire: ['PushesAreNotDelivered', 'DocumentDoesNotReload'],
      since: { beginMs: outage.beginMs, calm: outage.calm },
      cause: () => run.partners.control({ pushApi: { down: false, rates: { rejected: 1 } } }),
    });
    await run.partners.control({ pushApi: { rates: {} } });
    await calm();
  });

  it('the kill switch is forgotten', async () => {
    await begin();
    await prove({
      fault: 'the flag was set, and nobody lifted it',
      fires: ['KillSwitchForgotten'],
      holdMinutes: 250,
      cause: () => redis.set(KILL_SWITCH, '{"why":"a test","by":"a test","since":null}'),
    });
    await redis.del(KILL_SWITCH);
    await calm();
  });

  it('a flood of poison', async () => {
    await begin();
    await prove({
      fault: '300 records that are no JSON',
      fires: ['DeadLetterFlood'],
      cause: () => run.produce(Array.from({ length: 300 }, (_, n) => `{"userId": broken ${String(n)}`)),
    });
  });

  it('a pod has other rules, a defect, and a log that nobody reads', async () => {
    await begin();
    cleanups.push(await sick.prepare(podAt(SICK_POD)));
    await putAt(otherRules(run.names.rulesUri), openRules('third'));
    await prove({
      fault: 'a pod was started with another document, a planted defect, and a log that nobody reads',
      fires: ['RulesVersionsDiffer', 'InternalErrors', 'LogLinesDropped'],
      holdMinutes: 20,
      cause: async () => {
        await podAt(SICK_POD).start();
        await podAt(SICK_POD).waitUntilReady();
        await eventually(async () => {
          expect((await podAt(SICK_POD).status())?.partitions.length).toBeGreaterThan(0);
        });
        // A third of them are this pod's.
        await run.produce(
          Array.from({ length: 80 }, (_, n) => eventAt(run.city, { userId: `defect-${String(n)}` })),
        );
      },
    }).finally(() => podAt(SICK_POD).kill());
    await calm();
  });

  it('Redis dies, and comes back as another', async () => {
    await begin();
    const server = services.service('redis');
    const outage = await prove({
      before: startLoad,
      fault: 'Redis was killed under load',
      fires: ['NoPodIsReady', 'NothingIsDecided'],
      mayFire: ['BehindAndGrowing', 'PushesAreNotDelivered', ...LATE],
      cause: () => server.kill('SIGKILL'),
    }).catch(async (error: unknown) => {
      await server.restart();
      throw error;
    });
    await prove({
      fault: 'Redis was killed and started again',
      fires: ['RedisServerChanged'],
      mayFire: ['NoPodIsReady', 'NothingIsDecided', 'BehindAndGrowing', 'PushesAreNotDelivered', ...LATE],
      since: { beginMs: outage.beginMs, calm: outage.calm },
      cause: () => server.restart(),
    });
    await calm();
  });

  it('Redis loses what it had acknowledged', async () => {
    await begin();
    await prove({
      fault: 'Redis was emptied (FLUSHALL)',
      fires: ['PromiseMayBeBroken'],
      cause: () => redis.flushall(),
    });
    await calm();
  });

  it('a pod keeps restarting', async () => {
    await begin();
    const starting = podAt(1);
    await prove({
      fault: 'a pod was killed three times within a quarter of an hour',
      fires: ['PodsKeepRestarting'],
      // Each death holds the group of two up until its session ends.
      mayFire: ['NoPodIsReady'],
      stretch: STRETCH / 4,
      cause: () => restart(starting, 3, (sinceMs) => watch.untilSeen(starting.url, sinceMs)),
    });
  });

  it('no alert is left out', async () => {
    const proved = new Set(proofs.map(({ alert }) => alert));
    expect((await readAlerts()).filter(({ name }) => !proved.has(name))).toEqual([]);
  });
});
