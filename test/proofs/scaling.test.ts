/**
 * What KEDA asks for by deploy/kubernetes' own ScaledObject, on what whole pods say of themselves: nothing more while the
 * coupon API is away, and the right number soon after a burst. `npm run prove-scaling` keeps it, beside what the raw lag
 * would ask for. The pods stay as many as they are: it is their numbers that are judged.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { recordScrapes, type Scrape, type ScrapeRecorder } from '../support/alerts/scrapes.ts';
import { eventAt, openRules, startScenario, type Scenario } from '../support/pods/scenario.ts';
import type { Reading } from '../support/scaling/autoscaler.ts';
import { answerTo, keepScaling, type KeptScaling } from '../support/scaling/kept-scaling.ts';
import { readScaledObject } from '../support/scaling/read-scaled-object.ts';

const { autoscaler, gauge } = readScaledObject();
/** Of a coupon call, and how many a pod makes at once: some 160 a second each. */
const CALL_MS = 100;
const POOL = 16;
const A_SEND = 250;
const A_BURST_SEND = 4000;
const OUTAGE = { pods: 3, realSeconds: 60, stretch: 10, eventsPerSecond: 500 };
const BURST = { pods: 2, realSeconds: 75, stretch: 1, events: 28_000 };
const SOON_SECONDS = 60;

let run: Scenario | undefined;
let recorder: ScrapeRecorder | undefined;
afterEach(async () => {
  await recorder?.stop();
  await run?.stop();
});

async function startPods(pods: number): Promise<Scenario> {
  run = await startScenario({
    ...{ pods, partitions: autoscaler.max, rules: openRules('first') },
    env: { COUPON_API_CONCURRENCY: String(POOL), MAX_EVENT_AGE_MS: '86400000' },
    partners: { couponApi: { latency: { medianMs: CALL_MS, sigma: 0, maxMs: CALL_MS } } },
  });
  await Promise.all(run.pods.map((pod) => pod.start()));
  for (const pod of run.pods) await pod.waitUntilReady();
  return run;
}

/** Sums of a gauge over all pods, as a Prometheus query has them. */
function sumsOf(scrapes: readonly Scrape[], name: string, beginMs: number, stretch: number): Reading[] {
  const ofTarget = new Map<string, number>();
  return scrapes.map(({ atMs, target, samples = new Map<string, number>() }) => {
    const own = [...samples].filter(([series]) => series.startsWith(`coupon_notifier_${name}{`));
    ofTarget.set(
      target,
      own.reduce((sum, [, value]) => sum + value, 0),
    );
    const value = [...ofTarget.values()].reduce((sum, one) => sum + one, 0);
    return { atSeconds: ((atMs - beginMs) / 1000) * stretch, value };
  });
}

interface Case extends Pick<KeptScaling, 'name'> {
  readonly what: string;
  readonly pods: number;
  readonly realSeconds: number;
  readonly stretch: number;
}

function judge(
  { name: ofCase, what, pods, realSeconds, stretch }: Case,
  scrapes: readonly Scrape[],
  beginMs: number,
): KeptScaling {
  const about = { podsAtBegin: pods, seconds: realSeconds * stretch };
  const answer = (name: string): KeptScaling['rawLag'] =>
    answerTo(sumsOf(scrapes, name, beginMs, stretch), autoscaler, about);
  const judged = { name: ofCase, what, stretch, ...about, curableLag: answer(gauge), rawLag: answer('lag') };
  console.log(JSON.stringify(judged));
  return judged;
}

async function produceMany(
  { city, produce }: Scenario,
  {
    count,
    mark,
    atOnce = A_SEND,
  }: { readonly count: number; readonly mark: string; readonly atOnce?: number },
): Promise<void> {
  const values = Array.from({ length: count }, (_, n) =>
    eventAt(city, { userId: `${mark}-${String(n)}`, eventId: `${mark}-${String(n)}` }),
  );
  for (let from = 0; from < count; from += atOnce) await produce(values.slice(from, from + atOnce));
}

it('the coupon API is away: as many pods as there were, whatever waits', { timeout: 900_000 }, async () => {
  const { pods: count, realSeconds, stretch, eventsPerSecond } = OUTAGE;
  const scenario = await startPods(count);
  const { partners, pods } = scenario;
  await produceMany(scenario, { count: A_SEND, mark: 'calm' });
  await scenario.untilDrained();
  recorder = recordScrapes(
    pods.map(({ url }) => url),
    250,
  );
  await pause(1000);
  await partners.control({ couponApi: { down: true } });
  const beginMs = performance.now();
  for (let sent = 0; performance.now() - beginMs < realSeconds * 1000; sent += 1) {
    await produceMany(scenario, { count: A_SEND, mark: `away-${String(sent)}` });
    const dueMs = beginMs + (sent + 1) * A_SEND * (1000 / eventsPerSecond);
    await pause(Math.max(0, dueMs - performance.now()));
  }
  await recorder.stop();
  const what = `the coupon API refuses connections, ${String(eventsPerSecond)} events/s come in`;
  const judged = judge(
    { name: 'outage', what, pods: count, realSeconds, stretch },
    recorder.scrapes,
    beginMs,
  );
  expect(judged.curableLag).toMatchObject({ podsAtMost: count, afterSeconds: 0 });
  expect(judged.rawLag.podsAtMost).toBeGreaterThan(count);
  await keepScaling(judged);
});

it('a burst: the right number of pods within a minute', { timeout: 900_000 }, async () => {
  const { pods: count, realSeconds, stretch, events } = BURST;
  const scenario = await startPods(count);
  recorder = recordScrapes(
    scenario.pods.map(({ url }) => url),
    500,
  );
  await pause(1000);
  await produceMany(scenario, { count: events, mark: 'burst', atOnce: A_BURST_SEND });
  // However long a busy machine takes to write them: now they are all there.
  const beginMs = performance.now();
  await pause(realSeconds * 1000);
  await recorder.stop();
  const what = `${events.toLocaleString('en')} events at once, two pods, calls of 100 ms`;
  const judged = judge({ name: 'burst', what, pods: count, realSeconds, stretch }, recorder.scrapes, beginMs);
  const { curableLag } = judged;
  // The backlog shrinks meanwhile: right is the number for what is left of it, and never more than for all.
  const left = sumsOf(recorder.scrapes, gauge, beginMs, stretch).findLast(
    ({ atSeconds }) => atSeconds <= curableLag.afterSeconds,
  );
  const podsFor = (events: number): number => Math.ceil(events / autoscaler.threshold);
  expect(curableLag.podsAtMost).toBeGreaterThanOrEqual(podsFor(left?.value ?? Infinity));
  expect(curableLag.podsAtMost).toBeLessThanOrEqual(podsFor(curableLag.most));
  expect(curableLag.podsAtMost).toBeGreaterThan(count);
  expect(curableLag.afterSeconds).toBeLessThanOrEqual(SOON_SECONDS);
  await keepScaling(judged);
});
