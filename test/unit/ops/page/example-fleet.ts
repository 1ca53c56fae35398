/** Pods that are well, as the page sees them; each test changes what it is about. */
import type { Status } from '../../../../src/ops/status.ts';
import { COUNTERS, tableOf, type CounterName, type Counts } from '../../../../src/ops/page/counters.ts';
import type { Fleet } from '../../../../src/ops/page/fleet.ts';
import { SLOT_MS, type HourWindow } from '../../../../src/ops/page/hour.ts';
import type { PodSnapshot, SnapshotPartition } from '../../../../src/ops/page/snapshot.ts';

export const NOW_MS = Date.parse('2026-11-27T12:04:30.000Z');

export const counts = (changes: Partial<Record<CounterName, number>> = {}): Counts =>
  tableOf((name) => changes[name] ?? 0);

export const partition = (changes: Partial<SnapshotPartition> = {}): SnapshotPartition => ({
  topic: 'events',
  partition: 0,
  lag: 0,
  inFlight: 0,
  behindSeconds: 0.4,
  etaSeconds: 0,
  ...changes,
});

export const snapshot = (changes: Partial<PodSnapshot> = {}): PodSnapshot => ({
  form: 1,
  pod: 'pod-1',
  life: `${changes.pod ?? 'pod-1'}@1`,
  version: '1.2.3',
  uptimeSeconds: 3700,
  condition: 'ok',
  inFlight: 12,
  killSwitch: { document: false, flag: false, set: null },
  couponApi: { inFlight: 3, breaker: 'closed', p50Ms: 20, p99Ms: 85 },
  pushApi: { inFlight: 1, recentCalls: 64, recentFailures: 0, lastError: null },
  queue: { waiting: 4, active: 3, delayed: 2, failed: 0 },
  lane: 'all',
  dryRun: false,
  away: [],
  reasons: [],
  notReady: [],
  warnings: [],
  waiting: [],
  counts: counts(),
  rates: counts({ queued: 12, 'filtered.cooldown': 800 }),
  deadLetteredAtMs: {},
  partitions: [partition()],
  partitionCount: 1,
  lag: 0,
  rules: { version: 'r1', hash: '0123456789ab', loadedAt: '2026-11-27T12:00:30.000Z', lastError: null },
  merchants: null,
  logLinesDropped: 0,
  ...changes,
});

/** One slot, up to now. */
export const hourOf = (changes: Partial<Record<CounterName, number>> = {}): HourWindow => ({
  firstSlot: Math.floor(NOW_MS / SLOT_MS),
  slots: 1,
  columns: Object.fromEntries(
    COUNTERS.flatMap((name) => (changes[name] === undefined ? [] : [[name, [changes[name]]]])),
  ),
});

export const fleet = (pods: readonly Partial<PodSnapshot>[], changes: Partial<Fleet> = {}): Fleet => ({
  nowMs: NOW_MS,
  own: 'pod-1',
  pods: pods.map((pod) => ({ snapshot: snapshot(pod), ageSeconds: 0.8 })),
  silent: [],
  alone: undefined,
  hour: hourOf(),
  ...changes,
});

/** A /status of a pod that has counted this. */
export const statusWith = (changes: Partial<Status> = {}): Status => ({
  pod: 'pod-1',
  version: '1.2.3',
  uptimeSeconds: 90,
  condition: 'ok',
  away: [],
  reasons: [],
  waiting: [],
  events: eventCounts({}),
  deliveries: deliveryCounts({}),
  decidedLate: 0,
  inFlight: 0,
  partitions: [],
  rules: { version: 'r1', etag: '"e"', hash: 'abc', loadedAt: null, lastError: null },
  merchants: null,
  killSwitch: { document: false, flag: false, set: null },
  pods: [],
  couponApi: { inFlight: 0, breaker: 'closed', p50Ms: 0, p99Ms: 0 },
  pushApi: { inFlight: 0, recentCalls: 0, recentFailures: 0, lastError: null },
  queue: { waiting: 0, active: 0, delayed: 0, failed: 0 },
  logLinesDropped: 0,
  redis: { dataLost: 0, serverChanged: 0, faults: [], warnings: [] },
  ...changes,
});

export function eventCounts(changes: Partial<Record<CounterName, number>>): Status['events'] {
  const all = counts(changes);
  const under = (group: string): Record<string, number> =>
    Object.fromEntries(
      COUNTERS.filter((name) => name.startsWith(`${group}.`)).map((name) => [
        name.slice(group.length + 1),
        all[name],
      ]),
    );
  const { received, queued, abandoned } = all;
  return {
    ...{ received, queued, abandoned },
    filtered: under('filtered') as Status['events']['filtered'],
    dead_lettered: under('dead_lettered') as Status['events']['dead_lettered'],
  };
}

export function deliveryCounts(changes: Partial<Record<CounterName, number>>): Status['deliveries'] {
  const all = counts(changes);
  return Object.fromEntries(
    COUNTERS.filter((name) => name.startsWith('delivered.')).map((name) => [name.slice(10), all[name]]),
  ) as Status['deliveries'];
}
