/**
 * No alert fires over a normal run: three pods under load are replaced one after the other, under their own names, and
 * then rest for a night. What they sent is judged as in `alerts.test.ts`.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openAlertWatch, type AlertWatch } from '../support/alerts/alert-watch.ts';
import { openLoad, type Load } from '../support/alerts/causes.ts';
import { keepProofs } from '../support/alerts/proofs.ts';
import { findPromtoolObstacle } from '../support/alerts/promtool.ts';
import { STATE_MS } from '../support/alerts/scrapes.ts';
import { openRules, startScenario, type Scenario } from '../support/pods/scenario.ts';

const obstacle = await findPromtoolObstacle();
/** A pod's start and its handover take seconds, as they do in production, so time is stretched less. */
const STRETCH = 15;
const NIGHT_MINUTES = 480;
const BETWEEN_MS = 5000;

let run: Scenario | undefined;
let watch: AlertWatch | undefined;
let load: Load | undefined;
beforeEach(({ skip }) => {
  skip(obstacle !== undefined, obstacle);
});
afterEach(async () => {
  await load?.stop();
  await run?.stop();
  await watch?.stop();
});

it('steady load, a rolling deploy under it, and a night without any', async () => {
  watch = await openAlertWatch();
  run = await startScenario({ pods: 3, rules: openRules('first'), env: watch.env });
  const { pods } = run;
  watch.begin(pods.map(({ url }) => url));
  await Promise.all(pods.map((pod) => pod.start()));
  for (const pod of pods) await pod.waitUntilReady();
  await pause(BETWEEN_MS);
  const beginMs = performance.now();
  await pause(STATE_MS);
  load = await openLoad(run);
  load.run(true);
  await pause(BETWEEN_MS);
  for (const pod of pods) {
    expect(await pod.stop()).toMatchObject({ code: 0, signal: null });
    await pod.start();
    await pod.waitUntilReady();
    await pause(BETWEEN_MS);
  }
  load.run(false);
  await run.untilDrained();
  await pause(1000);

  const minutes = Math.round(((performance.now() - beginMs) / 60_000) * STRETCH);
  const { prometheus, datadog } = await watch.firing({
    beginMs,
    stretch: STRETCH,
    holdMinutes: NIGHT_MINUTES,
  });
  expect({ prometheus, datadog }).toEqual({ prometheus: new Map(), datadog: new Map() });
  // It was a run with work in it.
  expect(run.observer.outcomes.filter(({ outcome }) => outcome === 'sent').length).toBeGreaterThan(50);
  const over = `${String(minutes)} min of steady load with a rolling deploy of three pods, and a night of ${String(NIGHT_MINUTES / 60)} h`;
  await keepProofs({ quiet: { over } });
});
