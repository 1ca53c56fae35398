/** Metrics are bounded, typed by their table, and the same for both readers; the ledger's equation always holds. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../../src/domain/outcome.ts';
import type { EndedEvent } from '../../../src/pipeline/ports.ts';
import { createLedger } from '../../../src/telemetry/ledger.ts';
import { METRICS } from '../../../src/telemetry/metric-table.ts';
import { createMetrics, SAMPLE_SIZE, type CounterReading } from '../../../src/telemetry/metrics.ts';
import { MAX_SERIES } from '../../../src/telemetry/series-set.ts';

const shown = (readings: readonly CounterReading[]): Record<string, number> =>
  Object.fromEntries(
    readings.map(({ name, tags, value }) => [[name, ...tags.map((tag) => tag.join(':'))].join(' '), value]),
  );
const sum = (readings: readonly CounterReading[], of: string): number =>
  readings.reduce((all, { name, value }) => all + (name === of ? value : 0), 0);

it('a distribution keeps a bounded, uniform sample', () => {
  const metrics = createMetrics();
  for (let value = 0; value < 100_000; value += 1) metrics.observe('event.end_to_end_ms', value, {});
  const [series] = metrics.drain().samples;
  const points = [...(series?.points ?? [])].sort((a, b) => a - b);
  expect(points).toHaveLength(SAMPLE_SIZE);
  // The median of 500 uniform draws from 0…100,000 has a deviation of about 2,200: 8 deviations either way.
  expect(points[SAMPLE_SIZE / 2]).toBeGreaterThan(32_000);
  expect(points[SAMPLE_SIZE / 2]).toBeLessThan(68_000);
});

it('a histogram has every value, in its bucket or above all', () => {
  const metrics = createMetrics({ isDrained: false });
  const bounds = METRICS['push_api.duration_ms'].buckets;
  const last = bounds.at(-1) ?? 0;
  for (const value of [-3, 0, 1, 1.5, last, last + 1]) metrics.observe('push_api.duration_ms', value, {});
  const found = metrics.totals().histograms.find(({ name }) => name === 'push_api.duration_ms');
  expect(found?.bounds).toEqual(bounds);
  expect(found?.buckets.slice(0, 3)).toEqual([3, 1, 0]);
  expect(found?.buckets.slice(-2)).toEqual([1, 1]);
  expect(found?.buckets).toHaveLength(bounds.length + 1);
  // A clock that is behind makes no sum fall.
  expect(found?.sum).toBe(2.5 + last + last + 1);
  expect(metrics.drain().samples).toEqual([]);
});

it('drains what is new; totals go on', () => {
  const metrics = createMetrics();
  const again = metrics.counter('commits', { result: 'ok' });
  again();
  metrics.count('commits', { result: 'ok' }, 2);
  metrics.count('commits', { result: 'failed' });
  expect(shown(metrics.drain().counters)).toEqual({ 'commits result:ok': 3, 'commits result:failed': 1 });
  expect(metrics.drain().counters).toEqual([]);
  again();
  expect(shown(metrics.drain().counters)).toEqual({ 'commits result:ok': 1 });
  expect(shown(metrics.totals().counters)).toMatchObject({
    'commits result:ok': 4,
    'commits result:failed': 1,
  });
});

it('counters whose tags are known begin at 0; others with their first mention', () => {
  const metrics = createMetrics();
  const before = shown(metrics.totals().counters);
  expect(before).toMatchObject({ 'redis.data_lost': 0, 'document.reload document:rules result:invalid': 0 });
  expect(Object.keys(before).filter((name) => name.startsWith('rule'))).toEqual([]);
  metrics.counter('deliveries', { outcome: 'sent', rules_version: 'v1' });
  expect(shown(metrics.totals().counters)).toMatchObject({ 'deliveries outcome:sent rules_version:v1': 0 });
});

it('follows what another counts', () => {
  const metrics = createMetrics();
  let dropped = 2;
  metrics.follow('log_lines_dropped', {}, () => dropped);
  expect(sum(metrics.drain().counters, 'log_lines_dropped')).toBe(2);
  dropped = 5;
  expect(sum(metrics.drain().counters, 'log_lines_dropped')).toBe(3);
  expect(sum(metrics.totals().counters, 'log_lines_dropped')).toBe(5);
});

it('tags are told apart by their names, and given in any order', () => {
  const metrics = createMetrics();
  metrics.count('events', { outcome: 'filtered', reason: 'stale' });
  metrics.count('events', { outcome: 'filtered', rules_version: 'stale' });
  metrics.count('events', { rules_version: 'stale', outcome: 'filtered' });
  expect(shown(metrics.drain().counters)).toEqual({
    'events outcome:filtered reason:stale': 1,
    'events outcome:filtered rules_version:stale': 2,
  });
});

it('series that outsiders could multiply are bounded, and nothing drained is lost by it', () => {
  const metrics = createMetrics();
  const first = metrics.counter('rule.errors', { rule: 'r0', rules_version: '1' });
  first();
  for (let index = 1; index < 1.5 * MAX_SERIES; index += 1)
    metrics.count('rule.errors', { rule: `r${String(index)}`, rules_version: '1' });
  // Made room: it is found again, from 0.
  first();
  const kept = metrics.totals().counters.filter(({ name }) => name === 'rule.errors');
  expect(kept).toHaveLength(MAX_SERIES);
  expect(shown(kept)['rule.errors rule:r0 rules_version:1']).toBe(1);
  expect(sum(metrics.drain().counters, 'rule.errors')).toBe(1.5 * MAX_SERIES + 1);
  for (let index = 0; index < 20_000; index += 1)
    metrics.count('rule.errors', { rule: `r${String(index)}`, rules_version: '2' });
  expect(metrics.drain().counters.length).toBeLessThanOrEqual(2 * MAX_SERIES);
});

it('what nobody drains is not kept for it', () => {
  const metrics = createMetrics({ isDrained: false });
  for (let index = 0; index < 2 * MAX_SERIES; index += 1)
    metrics.count('rule.errors', { rule: `r${String(index)}`, rules_version: '1' });
  expect(sum(metrics.drain().counters, 'rule.errors')).toBe(MAX_SERIES);
});

it('the compiler refuses what the table does not declare', () => {
  const metrics = createMetrics();
  const refused = [
    // @ts-expect-error -- no such metric
    () => metrics.count('events.seen', {}),
    // @ts-expect-error -- a gauge is read, not counted
    () => metrics.count('lag', { topic: 't', partition: '0' }),
    // @ts-expect-error -- no such tag
    () => metrics.count('events', { outcome: 'queued', user: 'u-1' }),
    // @ts-expect-error -- a metric without tags
    () => metrics.count('rebalances', { user: 'u-1' }),
    // @ts-expect-error -- its tag is missing
    () => metrics.counter('commits', {}),
    // @ts-expect-error -- no value of the list
    () => metrics.counter('commits', { result: 'maybe' }),
    // @ts-expect-error -- nor of this one
    () => metrics.distribution('stage.duration_ms', { stage: 'lunch' }),
  ];
  expect(refused).toHaveLength(7);
});

it('received = queued + filtered + dead-lettered + abandoned + in flight, at every reading', () => {
  const outcomes: Outcome[] = [
    { kind: 'queued', rulesVersion: 'v1' },
    { kind: 'filtered', reason: 'stale', rule: 'event.maxAge' },
    { kind: 'dead_lettered', reason: 'invalid', error: 'x' },
  ];
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 50 }), (moves) => {
      const metrics = createMetrics();
      const ledger = createLedger(metrics);
      for (const move of moves) {
        const outcome = outcomes[move - 1];
        if (move === 0) ledger.received();
        else if (ledger.inFlight() === 0) continue;
        else if (outcome === undefined) ledger.abandoned();
        else ledger.ended(outcome, { durationMs: 1, endToEndMs: undefined });
        const { received, queued, filtered, dead_lettered, abandoned } = ledger.counts();
        const all = (counts: Record<string, number>): number =>
          Object.values(counts).reduce((a, b) => a + b, 0);
        const decided = queued + all(filtered) + all(dead_lettered);
        expect(received).toBe(decided + abandoned + ledger.inFlight());
        expect(sum(metrics.totals().counters, 'events')).toBe(decided);
      }
    }),
  );
});

describe('an event is late beyond five seconds', () => {
  const lateOf = (...all: readonly Pick<EndedEvent, 'endToEndMs' | 'sinceWrittenMs'>[]): number => {
    const metrics = createMetrics();
    const ledger = createLedger(metrics);
    for (const times of all)
      ledger.ended({ kind: 'queued', rulesVersion: 'v1' }, { durationMs: 1, ...times });
    expect(sum(metrics.drain().counters, 'events.late')).toBe(ledger.late());
    return ledger.late();
  };

  it('from when its record was written, however late its phone told of it', () => {
    const reportedLate = { endToEndMs: 600_000 };
    expect(lateOf({ ...reportedLate, sinceWrittenMs: 5000 })).toBe(0);
    expect(lateOf({ ...reportedLate, sinceWrittenMs: 5001 })).toBe(1);
    expect(lateOf({ endToEndMs: undefined, sinceWrittenMs: 5001 })).toBe(1);
  });

  it('from its own time where the record does not say', () => {
    expect(lateOf({ endToEndMs: undefined }, { endToEndMs: 5000 }, { endToEndMs: 5001 })).toBe(1);
  });
});

it('what was put back from the dead letters counts by its outcome, once more', () => {
  const metrics = createMetrics();
  const ledger = createLedger(metrics);
  for (const isReplay of [true, false, true])
    ledger.ended({ kind: 'queued', rulesVersion: 'v1' }, { durationMs: 1, endToEndMs: 1, isReplay });
  ledger.ended(
    { kind: 'dead_lettered', reason: 'invalid', error: '' },
    { durationMs: 1, endToEndMs: undefined, isReplay: true },
  );
  expect(shown(metrics.totals().counters)).toMatchObject({
    'dead_letters.replayed result:queued': 2,
    'dead_letters.replayed result:dead_lettered': 1,
  });
});

it('the first event of a version shows every other way to end, at 0', () => {
  const metrics = createMetrics();
  createLedger(metrics).ended({ kind: 'queued', rulesVersion: 'v1' }, { durationMs: 1, endToEndMs: 1 });
  expect(shown(metrics.totals().counters)).toMatchObject({
    'events outcome:queued rules_version:v1': 1,
    'events outcome:dead_lettered reason:internal_error rules_version:v1': 0,
    'events outcome:dead_lettered reason:malformed': 0,
  });
});
