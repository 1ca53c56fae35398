/** What is wrong at start is named; what is away is waited for; and a pod that waits can be stopped. */
import { spawn } from 'node:child_process';
import { Redis } from 'ioredis';
import { afterEach, describe, expect, inject, it } from 'vitest';
import { startServices, type RunningServices } from '../simulation/services/start-services.ts';
import { findLocalObstacle } from '../support/services/local-obstacle.ts';
import { eventAt, eventually, openRules, startScenario, type Scenario } from '../support/pods/scenario.ts';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function scenario(options: Partial<Parameters<typeof startScenario>[0]>): Promise<Scenario> {
  const started = await startScenario({ pods: 1, redisDatabase: 1, ...options });
  cleanups.push(() => started.stop());
  return started;
}

async function runPod(env: Record<string, string>): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, ['src/main.ts'], {
    env: { PATH: process.env['PATH'] ?? '', ...env },
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.on('exit', resolve));
  return { code, output };
}

const reasons = async (url: string): Promise<string> => {
  const answer = await fetch(`${url}/ready`);
  expect(answer.status).toBe(503);
  return ((await answer.json()) as { reasons: string[] }).reasons.join('; ');
};

describe('a configuration that can not work', () => {
  it('missing and bad variables: all named at once, exit code 78', async () => {
    const { code, output } = await runPod({ KAFKA_BROKERS: 'nonsense', AUTH_CLIENT_SECRET: 'hunter2' });
    expect(code).toBe(78);
    for (const name of [
      'KAFKA_BROKERS',
      'REDIS_URL',
      'COUPON_API_URL',
      'PUSH_API_URL',
      'RULES_S3_URI',
      'AUTH_TOKEN_URL',
    ]) {
      expect(output).toContain(name);
    }
    expect(output).not.toContain('hunter2');
  });

  it.each([
    ['a Redis that evicts keys', ['--maxmemory-policy', 'allkeys-lru'], /allkeys-lru.*noeviction/],
    ['a node of a Redis Cluster', ['--cluster-enabled', 'yes'], /REDIS_CLUSTER=true/],
  ])('%s: exit code 78, naming what to change', async (_name, configArgs, words) => {
    const services: RunningServices = await startServices({
      kafka: false,
      s3: false,
      redis: { configArgs },
      origins: ['docker', 'local'],
      say: () => undefined,
    });
    cleanups.push(() => services.stop());
    const { code, output } = await runPod({
      ...inject('services'),
      ...services.env,
      COUPON_API_URL: 'http://127.0.0.1:1',
      PUSH_API_URL: 'http://127.0.0.1:1',
      RULES_S3_URI: 's3://bucket/rules.yaml',
      HOST: '127.0.0.1',
      PORT: '0',
    });
    expect(code).toBe(78);
    expect(output).toMatch(words);
  });

  it('another threshold or push API than a live pod of its prefix: exit code 78, naming both', async () => {
    const { pods, names } = await scenario({ env: { LANE: 'small', LANE_THRESHOLD_BYTES: '1000' } });
    const [pod] = pods;
    if (pod === undefined) throw new Error('no pod');
    await pod.start();
    await pod.waitUntilReady();
    const services = inject('services');
    const { code, output } = await runPod({
      ...services,
      REDIS_URL: `${services['REDIS_URL'] ?? ''}/1`,
      KAFKA_TOPIC: names.topic,
      KAFKA_GROUP_ID: `${names.groupId}-large`,
      LANE: 'large',
      LANE_THRESHOLD_BYTES: '2000',
      COUPON_API_URL: 'http://127.0.0.1:1',
      PUSH_API_URL: 'http://127.0.0.1:1',
      RULES_S3_URI: names.rulesUri,
      HOST: '127.0.0.1',
      PORT: '0',
    });
    expect(code).toBe(78);
    expect(output).toMatch(/LANE_THRESHOLD_BYTES is 2000 here and 1000/);
    expect(output).toMatch(/PUSH_API_URL is http:\/\/127\.0\.0\.1:1\/ here and http:.*REDIS_PREFIX/);
  });
});

describe('what is away or wrong is waited for', () => {
  it.each([
    [
      'an unreachable broker',
      { KAFKA_BROKERS: '127.0.0.1:1' },
      /not joined to the consumer group: .*ECONNREFUSED/,
    ],
    ['an unreachable Redis', { REDIS_URL: 'redis://127.0.0.1:1' }, /redis is not reachable: .*ECONNREFUSED/],
    ['an S3 that is away', { S3_ENDPOINT: 'http://127.0.0.1:1' }, /no valid rules yet/],
  ])('%s: alive, not ready with the reason, stops with 0', async (_name, env, reason) => {
    const { pods } = await scenario({ env });
    const [pod] = pods;
    if (pod === undefined) throw new Error('no pod');
    await pod.start();
    await eventually(async () => {
      expect(await reasons(pod.url)).toMatch(reason);
    });
    expect((await fetch(`${pod.url}/live`)).status).toBe(200);
    expect(await pod.stop()).toMatchObject({ code: 0, signal: null });
  });

  it('a Redis with another password: named, and the right one in its URL is taken', async ({ skip }) => {
    const obstacle = await findLocalObstacle('redis');
    skip(obstacle !== undefined, obstacle);
    // Characters that a URL has to encode.
    const password = 'p@ss/w%rd';
    const services = await startServices({
      ...{ kafka: false, s3: false, origins: ['local'], say: () => undefined },
    });
    cleanups.push(() => services.stop());
    const { address } = services.service('redis');
    const admin = new Redis(address);
    await admin.config('SET', 'requirepass', password);
    admin.disconnect();
    const { host } = new URL(address);
    const urlWith = (given: string): string => `redis://:${encodeURIComponent(given)}@${host}`;
    const { pods } = await scenario({
      pods: 2,
      envOf: (pod) => ({ REDIS_URL: urlWith(pod === 0 ? 'wrong' : password) }),
    });
    const [refused, accepted] = pods;
    if (refused === undefined || accepted === undefined) throw new Error('no pods');
    await Promise.all(pods.map((pod) => pod.start()));
    await accepted.waitUntilReady();
    await eventually(async () => {
      expect(await reasons(refused.url)).toMatch(/redis is not reachable: .*WRONGPASS/);
    });
    for (const pod of pods) expect(await pod.stop()).toMatchObject({ code: 0, signal: null });
  });

  it('invalid rules: nothing is consumed, the fault is named with its place, and good rules heal it', async () => {
    const run = await scenario({
      rules: 'version: "1"\ncaps:\n  - { per: user, max: 1, window: 24h }\nrulez: []\n',
    });
    const [pod] = run.pods;
    if (pod === undefined) throw new Error('no pod');
    await run.produce([eventAt(run.city)]);
    await pod.start();
    await eventually(async () => {
      expect(await reasons(pod.url)).toMatch(/rulez/);
    });
    expect((await pod.status())?.events.received).toBe(0);
    await run.putRules(openRules('2'));
    await pod.waitUntilReady();
    await eventually(async () => {
      expect((await pod.status())?.events.queued).toBe(1);
    });
  });

  it('invalid rules later never replace the last good ones', async () => {
    const run = await scenario({ rules: openRules('good'), env: { DOCUMENT_POLL_MS: '200' } });
    const [pod] = run.pods;
    if (pod === undefined) throw new Error('no pod');
    await pod.start();
    await pod.waitUntilReady();
    await run.putRules('version: [');
    const status = await eventually(async () => {
      const now = await pod.status();
      expect(now?.rules.lastError).toBeTruthy();
      return now;
    });
    expect(status?.rules.version).toBe('good');
    await run.produce([eventAt(run.city)]);
    await eventually(async () => {
      expect((await pod.status())?.deliveries.sent).toBe(1);
    });
  });
});
