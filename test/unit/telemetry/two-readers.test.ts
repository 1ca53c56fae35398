/**
 * What Datadog was sent in all and what the last scrape says are both what the pod counted, however flushes, scrapes,
 * counting and the stop fall together.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { DELIVERY_OUTCOMES } from '../../../src/domain/delivery.ts';
import { DEAD_LETTER_REASONS, FILTER_REASONS, type Outcome } from '../../../src/domain/outcome.ts';
import { namesOf } from '../../../src/runtime/names-of.ts';
import { createDatadogSink } from '../../../src/telemetry/datadog.ts';
import { createLedger, type Ledger } from '../../../src/telemetry/ledger.ts';
import { createMetrics } from '../../../src/telemetry/metrics.ts';
import { createPrometheusText } from '../../../src/telemetry/prometheus.ts';
import { silentLogger } from '../../support/silent-logger.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

interface Sent {
  readonly metric: string;
  readonly tags: readonly string[];
  readonly points: readonly (readonly [number, number])[];
}

/** An intake that answers late, so that counting goes on while a flush is under way. */
async function openIntake(): Promise<{ readonly url: string; readonly sent: Sent[] }> {
  const sent: Sent[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      if (request.url === '/api/v1/series') sent.push(...(JSON.parse(body) as { series: Sent[] }).series);
      setImmediate(() => response.writeHead(202).end('{}'));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => server.close());
  return { url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`, sent };
}

const ENDS: readonly Outcome[] = [
  { kind: 'queued', rulesVersion: 'v1' },
  { kind: 'queued', rulesVersion: 'v2' },
  ...namesOf(FILTER_REASONS).map((reason) => ({
    kind: 'filtered' as const,
    reason,
    rule: 'r',
    rulesVersion: 'v2',
  })),
  ...namesOf(DEAD_LETTER_REASONS).map((reason) => ({ kind: 'dead_lettered' as const, reason, error: 'e' })),
];

function countEvents(ledger: Ledger, events: number): void {
  for (let at = 0; at < events; at += 1) {
    ledger.received();
    ledger.ended(ENDS[at % ENDS.length]!, { durationMs: at % 90, endToEndMs: at });
    ledger.delivered(DELIVERY_OUTCOMES[at % DELIVERY_OUTCOMES.length]!, 'v1');
  }
}

/** By outcome and reason, whatever the rules' version. */
function counted(ledger: Ledger): Record<string, number> {
  const { queued, filtered, dead_lettered } = ledger.counts();
  const of = (metric: string, counts: Readonly<Record<string, number>>): [string, number][] =>
    Object.entries(counts).map(([name, count]) => [`${metric} ${name}`, count]);
  return Object.fromEntries([
    ['events queued', queued],
    ...of('events filtered', filtered),
    ...of('events dead_lettered', dead_lettered),
    ...of('deliveries', ledger.deliveries()),
  ]);
}

function add(sums: Record<string, number>, about: readonly (string | undefined)[], value: number): void {
  const key = about.filter((part) => part !== undefined).join(' ');
  sums[key] = (sums[key] ?? 0) + value;
}

it('both sums are the counts after a stop in the middle of it', async () => {
  const { url, sent } = await openIntake();
  const metrics = createMetrics();
  const ledger = createLedger(metrics);
  const scrape = createPrometheusText({ metrics, readGauges: () => [], pod: 'pod-1', tags: [] });
  const sink = createDatadogSink({
    ...{ apiKey: 'key', site: undefined, apiUrl: url, flushIntervalMs: 5, pod: 'pod-1', tags: [], metrics },
    readGauges: () => [],
    logger: silentLogger,
  });
  const lengths = new Set<number>();
  while (lengths.size < 5) {
    countEvents(ledger, 23);
    scrape();
    // Timers and sockets have their turn between.
    await new Promise((resolve) => setImmediate(resolve));
    lengths.add(sent.length);
  }
  countEvents(ledger, 11);
  await sink.stop();

  const ofDatadog: Record<string, number> = {};
  for (const { metric, tags, points } of sent) {
    const name = metric.replace('coupon_notifier.', '');
    if (name !== 'events' && name !== 'deliveries') continue;
    const tag = (of: string): string | undefined =>
      tags.find((one) => one.startsWith(`${of}:`))?.split(':')[1];
    for (const [, value] of points) add(ofDatadog, [name, tag('outcome'), tag('reason')], value);
  }
  const ofScrape: Record<string, number> = {};
  for (const [, name, labels = '', value] of scrape().matchAll(
    /^coupon_notifier_(events|deliveries)_total\{(.*)\} (\d+)$/gm,
  )) {
    const label = (of: string): string | undefined => new RegExp(`\\b${of}="([^"]*)"`).exec(labels)?.[1];
    add(ofScrape, [name, label('outcome'), label('reason')], Number(value));
  }
  const truth = counted(ledger);
  expect(Object.values(truth).every((count) => count > 0)).toBe(true);
  expect(ofDatadog).toEqual(truth);
  expect(ofScrape).toEqual(truth);
});
