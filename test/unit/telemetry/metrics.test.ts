/** Metrics are bounded, and the ledger's equation holds at every reading. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createLedger } from '../../../src/telemetry/ledger.ts';
import { createMetrics, SAMPLE_SIZE } from '../../../src/telemetry/metrics.ts';
import type { Outcome } from '../../../src/domain/outcome.ts';

it('a distribution keeps a bounded, uniform sample', () => {
  const metrics = createMetrics();
  for (let value = 0; value < 100_000; value += 1) metrics.observe('event.end_to_end_ms', value, {});
  const [series] = metrics.drain().distributions;
  const points = [...(series?.points ?? [])].sort((a, b) => a - b);
  expect(points).toHaveLength(SAMPLE_SIZE);
  // The median of 500 uniform draws from 0…100,000 has a deviation of about 2,200: 8 deviations either way.
  expect(points[SAMPLE_SIZE / 2]).toBeGreaterThan(32_000);
  expect(points[SAMPLE_SIZE / 2]).toBeLessThan(68_000);
});

it('drains counters and starts anew', () => {
  const metrics = createMetrics();
  metrics.count('commits', { result: 'ok' });
  metrics.count('commits', { result: 'ok' }, 2);
  metrics.count('commits', { result: 'failed' });
  expect(metrics.drain().counters).toEqual([
    { name: 'commits', tags: ['result:ok'], value: 3 },
    { name: 'commits', tags: ['result:failed'], value: 1 },
  ]);
  expect(metrics.drain().counters).toEqual([]);
});

it('series that outsiders could multiply are bounded', () => {
  const metrics = createMetrics();
  for (let index = 0; index < 20_000; index += 1)
    metrics.count('rule.errors', { rule: `r${String(index)}`, rules_version: '1' });
  expect(metrics.drain().counters).toHaveLength(5000);
});

it('a tag value can not break out of its tag', () => {
  const metrics = createMetrics();
  metrics.count('rule.errors', { rule: 'a,user:7 b', rules_version: '1' });
  expect(metrics.drain().counters[0]?.tags).toEqual(['rule:a_user:7_b', 'rules_version:1']);
});

it('received = queued + filtered + dead-lettered + abandoned + in flight, at every reading', () => {
  const outcomes: Outcome[] = [
    { kind: 'queued' },
    { kind: 'filtered', reason: 'stale', rule: 'event.maxAge' },
    { kind: 'dead_lettered', reason: 'invalid', error: 'x' },
  ];
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 50 }), (moves) => {
      const ledger = createLedger(createMetrics());
      for (const move of moves) {
        const outcome = outcomes[move - 1];
        if (move === 0) ledger.received();
        else if (ledger.inFlight() === 0) continue;
        else if (outcome === undefined) ledger.abandoned();
        else ledger.ended(outcome, { durationMs: 1, endToEndMs: undefined });
        const { received, queued, filtered, dead_lettered, abandoned } = ledger.counts();
        const sum = (counts: Record<string, number>): number =>
          Object.values(counts).reduce((a, b) => a + b, 0);
        expect(received).toBe(queued + sum(filtered) + sum(dead_lettered) + abandoned + ledger.inFlight());
      }
    }),
  );
});
