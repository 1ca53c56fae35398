/**
 * No alert fires over a normal run: the demo's city, with phones that report late, broken records and partners that fail
 * now and then. Under it three pods are replaced one after the other, under their own names, and then rest for a night.
 * What they sent is judged as in `alerts.test.ts`.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openAlertWatch, type AlertWatch } from '../support/alerts/alert-watch.ts';
import { MILD_SETTINGS } from '../simulation/partners/settings.ts';
import { keepProofs } from '../support/alerts/proofs.ts';
import { findPromtoolObstacle } from '../support/alerts/promtool.ts';
import { STATE_MS } from '../support/alerts/scrapes.ts';
import { startScenario, type Scenario } from '../support/pods/scenario.ts';

const obstacle = await findPromtoolObstacle();
/** A pod's start and its handover take seconds, as they do in production, so time is stretched less. */
const STRETCH = 15;
const NIGHT_MINUTES = 480;
const BETWEEN_MS = 5000;
const EVENTS_A_SECOND = 100;
/** As long as the deploy takes, about. */
const EVENTS = 60 * EVENTS_A_SECOND;

let run: Scenario | undefined;
let watch: AlertWatch | undefined;
beforeEach(({ skip }) => {
  skip(obstacle !== undefined, obstacle);
});
afterEach(async () => {
  await run?.stop();
  await watch?.stop();
});

it('the demo’s city, a rolling deploy under it, and a night without anybody', async () => {
  watch = await openAlertWatch();
  run = await startScenario({ pods: 3, partners: MILD_SETTINGS, events: 2 * EVENTS, env: watch.env });
  const { pods } = run;
  watch.begin(pods.map(({ url }) => url));
  await Promise.all(pods.map((pod) => pod.start()));
  for (const pod of pods) await pod.waitUntilReady();
  await pause(BETWEEN_MS);
  const beginMs = performance.now();
  await pause(STATE_MS);
  const playing = run.play(EVENTS, EVENTS_A_SECOND);
  await pause(BETWEEN_MS);
  for (const pod of pods) {
    expect(await pod.stop()).toMatchObject({ code: 0, signal: null });
    await pod.start();
    await pod.waitUntilReady();
    await pause(BETWEEN_MS);
  }
  await playing;
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
  const over = `${String(minutes)} min of the demo’s city with a rolling deploy of three pods, and a night of ${String(NIGHT_MINUTES / 60)} h`;
  await keepProofs({ quiet: { over } });
});
