/** What a Datadog intake receives: names with prefix, the pod on every series, both calls of the API. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it, vi } from 'vitest';
import { createDatadogSink } from '../../../src/telemetry/datadog.ts';
import { createMetrics } from '../../../src/telemetry/metrics.ts';
import { silentLogger } from '../../support/silent-logger.ts';

interface Call {
  readonly path: string;
  readonly key: string | undefined;
  readonly series: { metric: string; type: string; tags: string[]; points: unknown[] }[];
}

const soon = { timeout: 30_000, interval: 20 };

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
  vi.useRealTimers();
});

/** @param answersAfter what it waits for before it answers. */
async function intake(status = 202, answersAfter?: Promise<void>): Promise<{ url: string; calls: Call[] }> {
  const calls: Call[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString()) as { series: Call['series'] };
      calls.push({
        path: request.url ?? '',
        key: request.headers['dd-api-key'] as string | undefined,
        series: body.series,
      });
      void (answersAfter ?? Promise.resolve()).then(() =>
        response.writeHead(status, { 'content-type': 'application/json' }).end('{"status":"ok"}'),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => server.close());
  return { url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/proxy/`, calls };
}

it('sends counters, gauges and distributions with prefix, pod and tags', async () => {
  const { url, calls } = await intake();
  const metrics = createMetrics();
  const sink = createDatadogSink({
    apiKey: 'key',
    site: undefined,
    apiUrl: url,
    flushIntervalMs: 60_000,
    pod: 'pod-1',
    tags: ['env:test'],
    metrics,
    readGauges: () => [{ name: 'lag', value: 4, tags: [['topic', 'a,user:7 b']] }],
    logger: silentLogger,
  });
  metrics.count('events', { outcome: 'filtered', reason: 'stale', rules_version: 'v1' }, 3);
  metrics.observe('event.end_to_end_ms', 12, {});
  await sink.stop();

  expect(calls.map(({ path }) => path).sort()).toEqual([
    '/proxy/api/v1/distribution_points',
    '/proxy/api/v1/series',
  ]);
  expect(new Set(calls.map(({ key }) => key))).toEqual(new Set(['key']));
  const series = calls.flatMap((call) => call.series);
  expect(series.map(({ metric }) => metric).sort()).toEqual([
    'coupon_notifier.event.end_to_end_ms',
    'coupon_notifier.events',
    'coupon_notifier.lag',
  ]);
  for (const { tags } of series) expect(tags).toEqual(expect.arrayContaining(['pod:pod-1', 'env:test']));
  expect(series.find(({ metric }) => metric.endsWith('.events'))?.tags).toEqual(
    expect.arrayContaining(['outcome:filtered', 'reason:stale', 'rules_version:v1']),
  );
  // A value can't break out of its tag.
  expect(series.find(({ metric }) => metric.endsWith('.lag'))?.tags).toContain('topic:a_user:7_b');
});

it.each(['refused', 'answers 500'])(
  'an intake that is away (%s) costs a log line and nothing else',
  async (how) => {
    const { url } = await intake(500);
    const warnings: unknown[] = [];
    const metrics = createMetrics();
    const sink = createDatadogSink({
      apiKey: 'key',
      site: undefined,
      apiUrl: how === 'refused' ? 'http://127.0.0.1:1' : url,
      flushIntervalMs: 60_000,
      pod: 'pod-1',
      tags: [],
      metrics,
      readGauges: () => [],
      logger: { ...silentLogger, warn: (fields) => warnings.push(fields) },
    });
    metrics.count('rebalances', {});
    await sink.stop();
    expect(warnings.length).toBeGreaterThan(0);
    expect(JSON.stringify(warnings)).not.toContain('"key"');
  },
);

it('an intake that answers late is sent one flush at a time, and the last one waits for none', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  const answer = Promise.withResolvers<undefined>();
  const { url, calls } = await intake(202, answer.promise);
  const metrics = createMetrics();
  let flushes = 0;
  const sink = createDatadogSink({
    ...{ apiKey: 'key', site: undefined, apiUrl: url, pod: 'pod-1', tags: [] },
    flushIntervalMs: 10_000,
    metrics,
    readGauges: () => [{ name: 'lag', value: (flushes += 1), tags: [] }],
    logger: silentLogger,
  });
  await vi.advanceTimersByTimeAsync(10_000);
  metrics.count('rebalances', {});
  await vi.advanceTimersByTimeAsync(600_000);
  expect(flushes).toBe(1);
  const stopped = sink.stop();
  await vi.advanceTimersByTimeAsync(0);
  expect(flushes).toBe(2);
  // What was counted while none was sent.
  await vi.waitFor(() => {
    const names = calls.flatMap(({ series }) => series.map(({ metric }) => metric));
    expect(names).toContain('coupon_notifier.rebalances');
  }, soon);
  answer.resolve(undefined);
  await stopped;
  expect(flushes).toBe(2);
});

it('an intake that answers gets a flush each interval, and none after the last', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  const { url, calls } = await intake();
  const sink = createDatadogSink({
    ...{ apiKey: 'key', site: undefined, apiUrl: url, pod: 'pod-1', tags: [] },
    flushIntervalMs: 10_000,
    metrics: createMetrics(),
    readGauges: () => [{ name: 'lag', value: 1, tags: [] }],
    logger: silentLogger,
  });
  await vi.waitFor(() => {
    vi.advanceTimersByTime(10_000);
    expect(calls.length).toBeGreaterThanOrEqual(3);
  }, soon);
  await sink.stop();
  const sent = calls.length;
  await vi.advanceTimersByTimeAsync(600_000);
  expect(calls).toHaveLength(sent);
});
