/** Two pods under load, and what production does to them: restarts, kill -9, partners that fail. */
import { afterEach, expect, it } from 'vitest';
import { eventually, startScenario, type Scenario } from '../support/pods/scenario.ts';

let run: Scenario | undefined;
afterEach(async () => {
  await run?.stop();
  run = undefined;
});

async function start(options: Partial<Parameters<typeof startScenario>[0]> = {}): Promise<Scenario> {
  run = await startScenario({
    pods: 2,
    partners: { couponApi: { latency: { medianMs: 20, sigma: 0.5, maxMs: 200 } } },
    ...options,
  });
  for (const pod of run.pods) await pod.start();
  for (const pod of run.pods) await pod.waitUntilReady();
  return run;
}

async function expectPromisesKept(scenario: Scenario): Promise<void> {
  await scenario.untilDrained();
  const broken = (await scenario.promises()).filter(({ holds }) => !holds);
  expect(broken).toEqual([]);
}

const FAULTS = { error500: 0.03, unavailable503: 0.03 };

it('a pod killed in mid-load: every event has an outcome, nobody is over a cap, offsets end at the end', async () => {
  const scenario = await start();
  const playing = scenario.play(1500, 300);
  const [first] = scenario.pods;
  if (first === undefined) throw new Error('no pod');
  await eventually(async () => {
    expect((await first.status())?.events.queued).toBeGreaterThan(10);
  });
  expect(await first.kill()).toMatchObject({ signal: 'SIGKILL' });
  await first.start();
  await playing;
  await first.waitUntilReady();
  await expectPromisesKept(scenario);
});

it('a planned restart in mid-load: exit code 0, nothing is done twice', async () => {
  const scenario = await start();
  const playing = scenario.play(1500, 300);
  const [first] = scenario.pods;
  if (first === undefined) throw new Error('no pod');
  await eventually(async () => {
    expect((await first.status())?.events.queued).toBeGreaterThan(10);
  });
  expect(await first.stop()).toMatchObject({ code: 0, signal: null });
  await first.start();
  await playing;
  await first.waitUntilReady();
  await expectPromisesKept(scenario);
  // Phones send some events twice.
  const sent = Map.groupBy(scenario.produced, ({ eventId }) => eventId);
  const once = new Set([...sent].flatMap(([eventId, { length }]) => (length === 1 ? [eventId] : [])));
  expect(once.size).toBeGreaterThan(500);
  const { couponCalls } = await scenario.partners.ledger();
  expect(couponCalls.filter(({ eventId, calls }) => once.has(eventId) && calls > 1)).toEqual([]);
});

it('failing partners: retried, and every promise holds', async () => {
  const scenario = await start({
    partners: { couponApi: { rates: FAULTS }, pushApi: { rates: FAULTS } },
  });
  await scenario.play(1000, 500);
  await expectPromisesKept(scenario);
});
