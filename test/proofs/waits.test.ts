/**
 * Everything that events can wait for, caused on whole pods: `waiting` on `/status` names it, and what a person sees
 * meanwhile is kept for the runbook.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { WAITING_NAMES, type WaitingName } from '../../src/ops/health/waiting-names.ts';
import { withAdmin } from '../simulation/player/kafka.ts';
import { startServices, type RunningServices } from '../simulation/services/start-services.ts';
import { openLoad, untilWell, type Load } from '../support/alerts/causes.ts';
import { openOperatorView, waitsOf, type OperatorView } from '../support/alerts/operator-view.ts';
import { keepProofs, type WaitProof } from '../support/alerts/proofs.ts';
import { startKafkaCluster, type KafkaCluster } from '../support/kafka/kafka-cluster.ts';
import { eventually, openRules, startScenario, type Scenario } from '../support/pods/scenario.ts';
import { findLocalObstacle } from '../support/services/local-obstacle.ts';

const obstacle = (await findLocalObstacle('kafka')) ?? (await findLocalObstacle('redis'));
const SESSION_MS = 8000;
/** Longer than an ordinary moment, and than the page's looks. */
const SETTLED_MS = 3000;

let run: Scenario;
let view: OperatorView;
let load: Load;
const cleanups: (() => Promise<unknown>)[] = [];
const proofs: WaitProof[] = [];

beforeEach(({ skip }) => {
  skip(obstacle !== undefined, obstacle);
});

async function open(options: Partial<Parameters<typeof startScenario>[0]>): Promise<void> {
  run = await startScenario({ pods: 2, rules: openRules('first'), ...options });
  cleanups.push(() => run.stop());
  view = openOperatorView(run);
  for (const pod of run.pods) await pod.start();
  for (const pod of run.pods) await pod.waitUntilReady();
  load = await openLoad(run);
  cleanups.push(() => load.stop());
}

async function close(): Promise<void> {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
}

interface Fault {
  readonly name: WaitingName;
  /** In the words of the runbook. */
  readonly fault: string;
  cause(): Promise<unknown>;
  mend(): Promise<unknown>;
}

/** Under load; `mend` is done whatever comes of it, and then all is well again. */
async function proveWait({ name, fault, cause, mend }: Fault): Promise<void> {
  load.run(true);
  await pause(SETTLED_MS);
  const before = await view.before();
  try {
    await cause();
    await eventually(async () => {
      const statuses = await Promise.all(run.pods.map((pod) => pod.status()));
      expect(statuses.flatMap(waitsOf)).toContain(name);
    });
    await pause(SETTLED_MS);
    const seen = await view.look(before);
    const rows = seen.status.filter((line) => line.startsWith('waiting: '));
    expect(rows.join('\n')).toContain(`waiting: ${name.replace('…', '')}`);
    proofs.push({ name, fault, seen });
    await keepProofs({ waits: [{ name, fault, seen }] });
  } finally {
    await mend();
    load.run(false);
  }
  await untilWell(run);
}

describe('on one broker', { timeout: 300_000 }, () => {
  let services: RunningServices;
  beforeAll(async () => {
    if (obstacle !== undefined) return;
    services = await startServices({
      ...{ say: () => undefined, kafka: false, s3: false, origins: ['local'] },
      redis: { appendFsync: 'always' },
    });
    await open({
      redis: { url: services.service('redis').address },
      envOf: (_pod, { topic }) => ({ KAFKA_DECISION_TOPIC: `${topic}.decisions` }),
    });
  }, 300_000);
  afterAll(async () => {
    await close();
    await services.stop();
  });
  afterEach(() => {
    load.run(false);
  });

  /** By default a broker takes 1 MiB. */
  const refuseWrites = (topic: string, isRefusing: boolean): Promise<unknown> =>
    withAdmin(run.kafka, (admin) =>
      admin.alterConfigs({
        validateOnly: false,
        resources: [
          {
            type: 2,
            name: topic,
            configEntries: [{ name: 'max.message.bytes', value: isRefusing ? '1' : '1048588' }],
          },
        ],
      }),
    );
  const topicTakesNothing = (name: WaitingName, topic: () => string): Fault => ({
    name,
    fault: 'the topic’s `max.message.bytes` was set to 1',
    cause: () => refuseWrites(topic(), true),
    mend: () => refuseWrites(topic(), false),
  });

  it('the coupon API', () =>
    proveWait({
      name: 'coupon API',
      fault: 'the coupon API refuses connections',
      cause: () => run.partners.control({ couponApi: { down: true } }),
      mend: () => run.partners.control({ couponApi: { down: false } }),
    }));

  it('the coupon API, for single users', () =>
    proveWait({
      name: 'coupon API (single users)',
      fault: 'the coupon API answers a tenth of the users with 503',
      cause: () => run.partners.control({ couponApi: { sickUsers: { share: 0.1, way: 'unavailable503' } } }),
      mend: () => run.partners.control({ couponApi: { sickUsers: { share: 0, way: 'unavailable503' } } }),
    }));

  it('Redis', () =>
    proveWait({
      name: 'redis',
      fault: 'Redis was killed',
      cause: () => services.service('redis').kill('SIGKILL'),
      mend: () => services.service('redis').restart(),
    }));

  it('the outcome topic', () => proveWait(topicTakesNothing('outcome topic', () => run.names.outcomeTopic)));

  it('the decision topic', () =>
    proveWait(topicTakesNothing('decision topic', () => `${run.names.topic}.decisions`)));

  it('the dead-letter topic', () => {
    const refusal = topicTakesNothing('dead-letter topic', () => run.names.deadLetterTopic);
    return proveWait({
      ...refusal,
      cause: async () => {
        await refusal.cause();
        await run.produce(Array.from({ length: 20 }, (_, n) => `{"userId": broken ${String(n)}`));
      },
    });
  });
});

describe('on three brokers', { timeout: 300_000 }, () => {
  const LONE = 0;
  let cluster: KafkaCluster;
  beforeAll(async () => {
    if (obstacle !== undefined) return;
    cluster = await startKafkaCluster();
    await open({ brokers: cluster.brokers.join(',') });
  }, 300_000);
  afterAll(async () => {
    await close();
    await cluster.stop();
  });

  it('a partition that can’t be read', async () => {
    const { topic } = run.names;
    await withAdmin(run.kafka, (admin) =>
      admin.alterPartitionReassignments({
        topics: [{ topic, partitionAssignment: [{ partition: LONE, replicas: [3] }] }],
      }),
    );
    await proveWait({
      name: 'partition …',
      fault: 'the only broker with the partition was killed',
      cause: () => cluster.node(3).kill('SIGKILL'),
      mend: () => cluster.node(3).restart(),
    });
  });
});

describe('on a broker that stands still', { timeout: 300_000 }, () => {
  let services: RunningServices;
  beforeAll(async () => {
    if (obstacle !== undefined) return;
    services = await startServices({ say: () => undefined, redis: false, s3: false, origins: ['local'] });
    await open({
      pods: 1,
      brokers: services.service('kafka').address,
      env: { KAFKA_SESSION_TIMEOUT_MS: String(SESSION_MS), DRAIN_TIMEOUT_MS: '5000' },
    });
  }, 300_000);
  afterAll(async () => {
    await close();
    await services.stop();
  });

  it('Kafka: the session may be over', () =>
    proveWait({
      name: 'kafka',
      fault: 'the broker stood still for longer than a session while events were at work',
      cause: async () => {
        await run.partners.control({ couponApi: { down: true } });
        await pause(SETTLED_MS);
        load.run(false);
        await services.service('kafka').kill('SIGSTOP');
        await pause(SESSION_MS);
        await run.partners.control({ couponApi: { down: false } });
      },
      mend: () => services.service('kafka').kill('SIGCONT'),
    }));
});

it('nothing that events wait for is left out', async () => {
  expect(proofs.map(({ name }) => name).toSorted()).toEqual([...WAITING_NAMES].toSorted());
});
