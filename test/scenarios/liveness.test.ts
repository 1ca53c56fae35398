/**
 * A pod that hangs says so on /live and exits with its reason; a pod that waits for what is known to be away, or
 * that hangs itself, is alive and degraded for as long as it takes, and recovers unaided.
 */
import { afterEach, describe, expect, it } from 'vitest';
import type { PodProcess } from '../simulation/demo/pods.ts';
import type { ServiceHandle } from '../simulation/services/service.ts';
import { startServices } from '../simulation/services/start-services.ts';
import { openIntruder } from '../support/kafka/group-intruder.ts';
import { findLocalObstacle } from '../support/services/local-obstacle.ts';
import { eventAt, eventually, openRules, startScenario, type Scenario } from '../support/pods/scenario.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function start(
  options: Partial<Parameters<typeof startScenario>[0]>,
): Promise<{ scenario: Scenario; pod: PodProcess }> {
  const scenario = await startScenario({ pods: 1, ...options });
  cleanups.push(() => scenario.stop());
  const [pod] = scenario.pods;
  if (pod === undefined) throw new Error('no pod');
  await pod.start();
  await pod.waitUntilReady();
  return { scenario, pod };
}

/** A service of this scenario's own, to be broken. Skips the test, with the reason, where this machine can't run it. */
async function ownService(
  kind: 'kafka' | 'redis',
  skip: (condition: boolean, note?: string) => void,
): Promise<ServiceHandle> {
  const obstacle = await findLocalObstacle(kind);
  skip(obstacle !== undefined, obstacle);
  const services = await startServices({
    ...{ kafka: false, redis: false, s3: false, [kind]: {} },
    origins: ['local'],
    say: () => undefined,
  });
  cleanups.push(() => services.stop());
  return services.service(kind);
}

async function live(pod: PodProcess): Promise<{ status: number; reasons: readonly string[] }> {
  const answer = await fetch(`${pod.url}/live`);
  const { reasons = [] } = (await answer.json()) as { reasons?: string[] };
  return { status: answer.status, reasons };
}

/** Alive and degraded in every reading until it ends. */
async function expectDegradedWhile(
  pod: PodProcess,
  service: string,
  goesOn: () => boolean | Promise<boolean>,
): Promise<void> {
  await eventually(async () => {
    const status = await pod.status();
    expect(status?.condition).toBe('degraded');
    expect(status?.away).toContain(service);
  });
  while (await goesOn()) {
    expect(await live(pod)).toEqual({ status: 200, reasons: [] });
    const { condition, away } = (await pod.status()) ?? {};
    // Between two tries of a service that hangs, the pod may be at work on something else for a moment.
    if (condition !== 'ok') expect(away).toContain(service);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

const forMs = (ms: number): (() => boolean) => {
  const until = performance.now() + ms;
  return () => performance.now() < until;
};

async function expectRecovered(scenario: Scenario, pod: PodProcess): Promise<void> {
  await pod.waitUntilReady();
  await scenario.untilDrained();
  expect((await scenario.promises()).filter(({ holds }) => !holds)).toEqual([]);
  await eventually(async () => {
    expect(await pod.status()).toMatchObject({ condition: 'ok', away: [] });
  });
}

describe('waiting for what is away is no stall', () => {
  const STALL_MS = 4000;

  it('a coupon partner that accepts and never answers', async () => {
    const { scenario, pod } = await start({ env: { STALL_TIMEOUT_MS: String(STALL_MS) } });
    await scenario.partners.control({ couponApi: { rates: { timeout: 1 } } });
    await scenario.play(100, 500);
    await expectDegradedWhile(pod, 'coupon API', forMs(2 * STALL_MS));
    await scenario.partners.control({ couponApi: { rates: {} } });
    await expectRecovered(scenario, pod);
  });

  it('a coupon partner whose every answer takes longer than the stall limit, but not than its own', async () => {
    const { scenario, pod } = await start({
      env: { STALL_TIMEOUT_MS: '2000', COUPON_API_TIMEOUT_MS: '20000' },
      partners: { couponApi: { latency: { medianMs: 4000, sigma: 0, maxMs: 4000 } } },
    });
    await scenario.play(60, 1000);
    await eventually(async () => {
      expect((await pod.status())?.couponApi.inFlight).toBeGreaterThan(0);
    });
    await expectRecovered(scenario, pod);
    expect(pod.isRunning()).toBe(true);
    expect((await scenario.log(pod)).filter(({ msg }) => msg === 'stalled')).toEqual([]);
  });

  it('a Redis that accepts and never answers', async ({ skip }) => {
    const redis = await ownService('redis', skip);
    const { scenario, pod } = await start({
      env: { STALL_TIMEOUT_MS: String(STALL_MS), REDIS_URL: redis.address },
    });
    await redis.kill('SIGSTOP');
    await scenario.play(100, 500);
    await expectDegradedWhile(pod, 'redis', forMs(2 * STALL_MS));
    await redis.kill('SIGCONT');
    await expectRecovered(scenario, pod);
  });

  it('a broker that hangs, dies, and is away for longer than the stall limit', async ({ skip }) => {
    const kafka = await ownService('kafka', skip);
    const stallMs = 12_000;
    const { scenario, pod } = await start({
      brokers: kafka.address,
      env: { STALL_TIMEOUT_MS: String(stallMs) },
      // Slow enough that work is left when the broker hangs: without any there is nothing to stall on.
      partners: { couponApi: { latency: { medianMs: 700, sigma: 0, maxMs: 700 } } },
    });
    await scenario.play(800, 800);
    expect((await pod.status())?.inFlight).toBeGreaterThan(0);
    await kafka.kill('SIGSTOP');
    await expectDegradedWhile(pod, 'kafka', forMs(stallMs));
    await kafka.kill('SIGKILL');
    await expectDegradedWhile(pod, 'kafka', forMs(2 * stallMs));
    expect((await fetch(`${pod.url}/ready`)).status).toBe(503);
    await kafka.restart();
    await scenario.play(200, 300);
    await expectRecovered(scenario, pod);
  }, 240_000);
});

describe('what can not go on exits with its reason', () => {
  it('a group that never lets the pod back in: /live fails, then exit code 1', async () => {
    const { scenario, pod } = await start({
      rules: openRules('stall'),
      env: { STALL_TIMEOUT_MS: '3000', DRAIN_TIMEOUT_MS: '5000' },
    });
    await scenario.produce([eventAt(scenario.city)]);
    await scenario.untilDrained();
    const intruder = await openIntruder(scenario.kafka, scenario.names);
    cleanups.push(() => {
      intruder.close();
    });
    await intruder.join();
    // The first never answers the rebalance that the second begins: the pod's join waits for both.
    intruder.join().catch(() => undefined);
    await eventually(async () => {
      expect(await live(pod)).toEqual({
        status: 503,
        reasons: [expect.stringMatching(/no progress for \d+ ms/)],
      });
    });
    await eventually(() => {
      expect(pod.isRunning()).toBe(false);
    });
    expect(await pod.stop()).toMatchObject({ code: 1, signal: null });
    expect(await scenario.log(pod)).toContainEqual(
      expect.objectContaining({
        msg: 'the pod can not go on',
        reason: expect.stringMatching(/no progress for \d+ ms while there is work/) as string,
      }),
    );
  });

  it.each([
    [
      'a group of another kind of members',
      {},
      (scenario: Scenario) => openIntruder(scenario.kafka, scenario.names),
      /protocol/i,
      1,
    ],
    [
      'a session that the broker refuses',
      { KAFKA_SESSION_TIMEOUT_MS: '2000', DRAIN_TIMEOUT_MS: '1000' },
      () => undefined,
      /KAFKA_SESSION_TIMEOUT_MS: expected .*, got 2000/,
      78,
    ],
  ])(
    '%s: a crash that kafkajs does not restart from ends the pod',
    async (_name, env, intrude, reason, code) => {
      const scenario = await startScenario({ pods: 1, rules: openRules('crash'), env });
      cleanups.push(() => scenario.stop());
      const intruder = await intrude(scenario);
      if (intruder !== undefined) {
        cleanups.push(() => {
          intruder.close();
        });
        await intruder.join('another-kind');
      }
      const [pod] = scenario.pods;
      if (pod === undefined) throw new Error('no pod');
      await pod.start();
      await eventually(() => {
        expect(pod.isRunning()).toBe(false);
      });
      expect(await pod.stop()).toMatchObject({ code, signal: null });
      expect(await scenario.log(pod)).toContainEqual(
        expect.objectContaining({
          msg: 'the pod can not go on',
          reason: expect.stringMatching(reason) as string,
        }),
      );
    },
  );
});
