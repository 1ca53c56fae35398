/** Every gauge is read at every reading; what is not known is not made up. */
import { expect, it } from 'vitest';
import { createGauges, type GaugeSources } from '../../../src/telemetry/gauges.ts';
import { METRICS } from '../../../src/telemetry/metric-table.ts';

const LOADED = '2026-11-27T10:00:00.000Z';
const sources: GaugeSources = {
  isReady: () => true,
  startedAtMs: Date.parse(LOADED) - 1000,
  inFlight: () => 3,
  partitions: () => [
    { topic: 'events', partition: 0, lag: 7, behindSeconds: 1.5 },
    { topic: 'events', partition: 1, lag: null, behindSeconds: null },
  ],
  curableLag: () => 5,
  waiting: () => [],
  queueDepths: () => ({ waiting: 4, active: 2, delayed: 3, failed: 1 }),
  killSwitch: () => ({ document: false, flag: true }),
  rules: () => ({ version: 'r1', loadedAt: LOADED }),
  eventLoopP99Ms: () => 12,
  isBreakerClosed: () => false,
};
const clock = { now: () => Date.parse(LOADED) + 5000, sleep: () => Promise.resolve() };

function reader(changes: Partial<GaugeSources> = {}): () => Record<string, number> {
  const read = createGauges({ ...sources, ...changes }, clock);
  return () =>
    Object.fromEntries(
      read().map(({ name, tags, value }) => [[name, ...tags.map((tag) => tag.join(':'))].join(' '), value]),
    );
}

it('reads every gauge; a lag that is not known is none', () => {
  expect(reader()()).toEqual({
    ready: 1,
    uptime_seconds: 6,
    in_flight: 3,
    'lag topic:events partition:0': 7,
    'behind_seconds topic:events partition:0': 1.5,
    curable_lag: 5,
    'queue.depth state:waiting': 4,
    'queue.depth state:active': 2,
    'queue.depth state:delayed': 3,
    'queue.depth state:failed': 1,
    'kill_switch source:document': 0,
    'kill_switch source:flag': 1,
    'rules.age_seconds rules_version:r1': 5,
    'event_loop.delay_p99_ms': 12,
    'breaker.open': 1,
  });
});

it('reads every gauge of the table', () => {
  const read = createGauges({ ...sources, waiting: () => [{ for: 'redis', events: 1 }] }, clock);
  const declared = Object.entries(METRICS).flatMap(([name, { kind }]) => (kind === 'gauge' ? [name] : []));
  expect([...new Set(read().map(({ name }) => name as string))].toSorted()).toEqual(declared.toSorted());
});

it('a closed breaker is 0, a pod that is not ready is 0, and without rules there is no age', () => {
  const found = reader({
    isBreakerClosed: () => true,
    isReady: () => false,
    rules: () => ({ version: undefined, loadedAt: undefined }),
  })();
  expect(found['breaker.open']).toBe(0);
  expect(found['ready']).toBe(0);
  expect(Object.keys(found).filter((name) => name.startsWith('rules'))).toEqual([]);
});

it('what was waited for stays at 0, under one name each, and within bounds', () => {
  let waiting = [
    { for: 'redis', events: 2 },
    { for: 'unreadable partitions', events: 3 },
    { for: 'unreadable partitions', events: 4 },
  ];
  const read = reader({ waiting: () => waiting });
  expect(read()).toMatchObject({ 'waiting for:redis': 2, 'waiting for:unreadable partitions': 7 });
  waiting = [];
  expect(read()).toMatchObject({ 'waiting for:redis': 0, 'waiting for:unreadable partitions': 0 });
  for (let other = 0; other < 100; other += 1) {
    waiting = [{ for: `service ${String(other)}`, events: 1 }];
    read();
  }
  expect(Object.keys(read()).filter((name) => name.startsWith('waiting'))).toHaveLength(31);
});
