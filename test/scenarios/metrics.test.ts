/**
 * A pod under load is asked to stop: what Datadog was sent in all, and what the last scrape of `/metrics` says, are both
 * the outcomes that the pod wrote to Kafka, by reason. It is scraped while it stops.
 */
import { afterEach, expect, it } from 'vitest';
import type { OutcomeRecord } from '../../src/domain/outcome.ts';
import { startHttpStub, type HttpStub } from '../support/partners/http-stub.ts';
import { eventAt, eventually, startScenario, type Scenario } from '../support/pods/scenario.ts';

let run: Scenario | undefined;
let datadog: HttpStub | undefined;
afterEach(async () => {
  await run?.stop();
  await datadog?.close();
});

type Counts = Readonly<Record<string, number>>;
const PIPELINE = ['queued', 'filtered', 'dead_lettered'];

/** `events queued`, `events filtered stale`, `deliveries sent`: how many of each. */
function countOutcomes(outcomes: readonly OutcomeRecord[]): Counts {
  const counts: Record<string, number> = {};
  for (const { outcome, reason } of outcomes) {
    const metric = PIPELINE.includes(outcome) ? 'events' : 'deliveries';
    addTo(counts, [metric, outcome, reason], 1);
  }
  return counts;
}

function countSent(stub: HttpStub): Counts {
  const counts: Record<string, number> = {};
  for (const { url, body } of stub.requests) {
    if (!url.startsWith('/api/v1/series')) continue;
    const { series } = JSON.parse(body) as {
      series: { metric: string; tags: string[]; points: [number, number][] }[];
    };
    for (const { metric, tags, points } of series) {
      const name = metric.replace('coupon_notifier.', '');
      const tag = (of: string): string | undefined =>
        tags.find((one) => one.startsWith(`${of}:`))?.slice(of.length + 1);
      if (name !== 'events' && name !== 'deliveries') continue;
      for (const [, value] of points) addTo(counts, [name, tag('outcome'), tag('reason')], value);
    }
  }
  return counts;
}

function countScraped(text: string): Counts {
  const counts: Record<string, number> = {};
  for (const [, name = '', labels = '', value = ''] of text.matchAll(
    /^coupon_notifier_(events|deliveries)_total\{(.*)\} (\d+)$/gm,
  )) {
    const label = (of: string): string | undefined => new RegExp(`\\b${of}="([^"]*)"`).exec(labels)?.[1];
    addTo(counts, [name, label('outcome'), label('reason')], Number(value));
  }
  return counts;
}

function addTo(counts: Record<string, number>, about: readonly (string | undefined)[], by: number): void {
  const key = about.filter((part) => part !== undefined).join(' ');
  if (by > 0) counts[key] = (counts[key] ?? 0) + by;
}

it('after a SIGTERM under load Datadog’s sums and the last scrape are the outcomes', async () => {
  datadog = await startHttpStub();
  run = await startScenario({
    pods: 1,
    env: {
      DATADOG_API_KEY: 'key',
      DATADOG_API_URL: datadog.url,
      DATADOG_FLUSH_INTERVAL_MS: '300',
    },
  });
  const [pod] = run.pods;
  if (pod === undefined) throw new Error('no pod');
  const scrapes: string[] = [];
  let isStopping = false;
  // Each flush waits for a scrape while the pod stops, the last one too.
  datadog.script(async ({ url }) => {
    if (isStopping && url.startsWith('/api/v1/series')) {
      const answer = await fetch(`${pod.url}/metrics`);
      expect(answer.status).toBe(200);
      scrapes.push(await answer.text());
    }
    return { status: 202, headers: { 'content-type': 'application/json' }, body: '{"status":"ok"}' };
  });
  await pod.start();
  await pod.waitUntilReady();
  await run.produce(['no json', Buffer.from('{"userId":1}'), eventAt(run.city, { pushConsent: false })]);
  const playing = run.play(1500, 300);
  await eventually(async () => {
    const status = await pod.status();
    expect(status?.events.queued).toBeGreaterThan(10);
    expect(status?.deliveries.sent).toBeGreaterThan(5);
    expect(status?.inFlight).toBeGreaterThan(0);
  });
  isStopping = true;
  expect(await pod.stop()).toMatchObject({ code: 0, signal: null });
  await playing;

  await run.observer.caughtUp();
  const outcomes = countOutcomes(run.observer.outcomes);
  // The city has broken ones of its own.
  for (const reason of ['malformed', 'invalid'])
    expect(outcomes[`events dead_lettered ${reason}`]).toBeGreaterThan(0);
  expect(outcomes['events queued']).toBeGreaterThan(10);
  // Stopped in the middle.
  const ended = run.observer.outcomes.filter(({ outcome }) => PIPELINE.includes(outcome));
  expect(ended.length).toBeLessThan(run.produced.length);
  expect(countSent(datadog)).toEqual(outcomes);
  expect(countScraped(scrapes.at(-1) ?? '')).toEqual(outcomes);
});
