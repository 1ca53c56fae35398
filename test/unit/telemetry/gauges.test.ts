import { expect, it } from 'vitest';
import { createGauges, type GaugeSources } from '../../../src/telemetry/gauges.ts';
import { createMetrics } from '../../../src/telemetry/metrics.ts';

const LOADED = '2026-11-27T10:00:00.000Z';
const sources: GaugeSources = {
  inFlight: () => 3,
  partitions: () => [
    { topic: 'events', partition: 0, lag: 7 },
    { topic: 'events', partition: 1, lag: null },
  ],
  queueDepths: () => ({ waiting: 4, failed: 1 }),
  rules: () => ({ version: 'r1', loadedAt: LOADED }),
  eventLoopP99Ms: () => 12,
  isBreakerClosed: () => false,
};

function gauges(changes: Partial<GaugeSources> = {}): Record<string, number> {
  const metrics = createMetrics();
  const clock = { now: () => Date.parse(LOADED) + 5000, sleep: () => Promise.resolve() };
  createGauges(metrics, { ...sources, ...changes }, clock)();
  const { gauges: series } = metrics.drain();
  return Object.fromEntries(series.map(({ name, tags, value }) => [[name, ...tags].join(' '), value]));
}

it('sets every gauge; a lag that is not known sets none', () => {
  expect(gauges()).toEqual({
    in_flight: 3,
    'lag topic:events partition:0': 7,
    'queue.depth state:waiting': 4,
    'queue.depth state:failed': 1,
    'rules.age_seconds rules_version:r1': 5,
    'event_loop.delay_p99_ms': 12,
    'breaker.open': 1,
  });
});

it('a closed breaker is 0, and without rules there is no age', () => {
  const found = gauges({
    isBreakerClosed: () => true,
    rules: () => ({ version: undefined, loadedAt: undefined }),
  });
  expect(found['breaker.open']).toBe(0);
  expect(Object.keys(found).filter((name) => name.startsWith('rules'))).toEqual([]);
});
