/**
 * What is redone when partitions change hands: nothing by a planned stop or rebalance but what could not end within
 * the drain limit, and no more than the uncommitted span by a death.
 */
import { afterEach, expect, it } from 'vitest';
import type { OutcomeRecord } from '../../src/domain/outcome.ts';
import type { PodProcess } from '../simulation/demo/pods.ts';
import { eventAt, eventually, openRules, startScenario, type Scenario } from '../support/pods/scenario.ts';

let run: Scenario | undefined;
afterEach(async () => {
  await run?.stop();
  run = undefined;
});

async function start(options: Partial<Parameters<typeof startScenario>[0]>): Promise<Scenario> {
  run = await startScenario({ pods: 2, rules: openRules('handover'), ...options });
  return run;
}

function podsOf(scenario: Scenario): [PodProcess, PodProcess] {
  const [first, second] = scenario.pods;
  if (first === undefined || second === undefined) throw new Error('two pods are needed');
  return [first, second];
}

async function up(...pods: readonly PodProcess[]): Promise<void> {
  for (const pod of pods) await pod.start();
  for (const pod of pods) await pod.waitUntilReady();
}

const eventsOf = (scenario: Scenario, count: number): Record<string, unknown>[] =>
  Array.from({ length: count }, (_, n) => eventAt(scenario.city, { userId: `user-${String(n)}` }));

const isPipeline = ({ outcome }: OutcomeRecord): boolean =>
  ['queued', 'filtered', 'dead_lettered'].includes(outcome);

/** How often each event was decided, by event id. */
function decisions(scenario: Scenario): Map<string, OutcomeRecord[]> {
  return Map.groupBy(scenario.observer.outcomes.filter(isPipeline), ({ eventId }) => eventId);
}

/** A call to the coupon API ends long after the drain limit. */
const HELD = { DRAIN_TIMEOUT_MS: '2000', COUPON_API_TIMEOUT_MS: '90000' };

/** The first pod works on these events and no answer ever comes; calls that are made later are answered. */
async function holdEvents(scenario: Scenario, pod: PodProcess, count: number): Promise<void> {
  await scenario.partners.control({ couponApi: { rates: { timeout: 1 } } });
  await up(pod);
  await scenario.produce(eventsOf(scenario, count));
  await eventually(async () => {
    expect((await scenario.partners.ledger()).couponCalls).toHaveLength(count);
  });
  await scenario.partners.control({ couponApi: { rates: {} } });
}

async function expectDecidedOnce(scenario: Scenario, count: number): Promise<void> {
  await scenario.untilDrained();
  const { couponCalls, pushes } = await scenario.partners.ledger();
  expect([...decisions(scenario).values()].map((records) => records.length)).toEqual(Array(count).fill(1));
  expect(couponCalls.map(({ calls }) => calls)).toEqual(Array(count).fill(2));
  expect(new Set(pushes.map(({ userId }) => userId)).size).toBe(count);
  expect(pushes).toHaveLength(count);
}

it('work that outlives the drain of a stop is abandoned before its claim: exit code 0, the next pod decides it', async () => {
  const scenario = await start({ env: HELD });
  const [first, second] = podsOf(scenario);
  await holdEvents(scenario, first, 12);
  expect(await first.stop()).toMatchObject({ code: 0, signal: null });
  expect(await scenario.log(first)).toContainEqual(
    expect.objectContaining({ msg: 'partitions handed over', finished: 0, unfinished: 12 }),
  );
  expect(decisions(scenario).size).toBe(0);
  await up(second);
  await expectDecidedOnce(scenario, 12);
  expect(new Set([...decisions(scenario).values()].flat().map(({ pod }) => pod))).toEqual(
    new Set([second.name]),
  );
});

it('work that outlives the drain of a rebalance is abandoned before its claim, counted, and decided once', async () => {
  const scenario = await start({ env: HELD });
  const [first, second] = podsOf(scenario);
  await holdEvents(scenario, first, 12);
  await up(second);
  const status = await eventually(async () => {
    const now = await first.status();
    expect(now?.events.abandoned).toBe(12);
    return now;
  });
  expect(status?.partitions.length).toBeLessThanOrEqual(6);
  await expectDecidedOnce(scenario, 12);
});

it('a death redoes no more than the uncommitted span', async () => {
  const span = 20;
  const total = 900;
  const scenario = await start({
    // Nobody is pushed to, so that an event which is done again calls the coupon API again.
    rules: openRules('nobody', { rules: [{ id: 'nobody', when: 'true', then: 'exclude' }] }),
    partners: { couponApi: { latency: { medianMs: 30, sigma: 0, maxMs: 30 } } },
    // Only the span makes it commit.
    env: { MAX_UNCOMMITTED_EVENTS: String(span), COMMIT_INTERVAL_MS: '600000', COMMIT_MAX_EVENTS: '1000000' },
  });
  const [first, second] = podsOf(scenario);
  await up(first);
  await scenario.produce(eventsOf(scenario, total));
  await eventually(async () => {
    expect((await first.status())?.events.received).toBeGreaterThan(total / 3);
  });
  await first.kill();
  await up(second);
  await eventually(async () => {
    await scenario.observer.caughtUp();
    expect(decisions(scenario).size).toBe(total);
  });
  expect(await second.stop()).toMatchObject({ code: 0, signal: null });

  const { couponCalls } = await scenario.partners.ledger();
  const calls = new Map(couponCalls.map((call) => [call.eventId, call.calls]));
  const redone = [...decisions(scenario)].filter(
    ([eventId, records]) => records.length > 1 || (calls.get(eventId) ?? 0) > 1,
  );
  const byPartition = Map.groupBy(redone, ([, [record]]) => record?.source.partition);
  expect(redone.length).toBeGreaterThan(0);
  expect(Math.max(...[...byPartition.values()].map(({ length }) => length))).toBeLessThanOrEqual(span);
});

it('a pod that the group has given up joins again as a new member: nothing is skipped, the caps hold', async () => {
  const scenario = await startScenario({
    pods: 2,
    partners: { couponApi: { latency: { medianMs: 20, sigma: 0.5, maxMs: 200 } } },
    env: { KAFKA_SESSION_TIMEOUT_MS: '6000', DRAIN_TIMEOUT_MS: '4000' },
  });
  run = scenario;
  const [first, second] = podsOf(scenario);
  await up(first, second);
  const playing = scenario.play(2000, 120);
  await eventually(async () => {
    expect((await first.status())?.events.queued).toBeGreaterThan(10);
  });
  const pid = first.pid() ?? 0;
  process.kill(pid, 'SIGSTOP');
  await eventually(async () => {
    expect((await second.status())?.partitions).toHaveLength(6);
  });
  process.kill(pid, 'SIGCONT');
  await eventually(async () => {
    for (const pod of [first, second]) expect((await pod.status())?.partitions).toHaveLength(3);
  });
  await playing;
  await scenario.untilDrained();
  expect((await scenario.promises()).filter(({ holds }) => !holds)).toEqual([]);
  expect(await scenario.log(first)).toContainEqual(
    expect.objectContaining({ msg: 'joined the group', joins: 2 }),
  );
});

it('a drain limit beyond the session: exit code 78, naming both', async () => {
  const scenario = await start({ env: { KAFKA_SESSION_TIMEOUT_MS: '8000', DRAIN_TIMEOUT_MS: '8000' } });
  const [first] = podsOf(scenario);
  await first.start();
  await expect(first.waitUntilReady()).rejects.toThrow(
    /exit code 78[^]*DRAIN_TIMEOUT_MS.*KAFKA_SESSION_TIMEOUT_MS/,
  );
});
