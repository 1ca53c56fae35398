/**
 * The run in numbers: what became of the events and of the pushes, how long it took, how many a user got. Counts
 * events by their place in the topic, so one that was processed again after a crash is one.
 */
import type { OutcomeRecord } from '../../../src/domain/outcome.ts';
import type { PushEntry } from '../partners/ledger.ts';
import { isPipelineRecord } from './accounting.ts';
import type { ProducedEvent } from './evidence.ts';
import { identityOf, placeOf } from './evidence.ts';

export interface Percentiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

export interface Funnel {
  readonly events: number;
  readonly queued: number;
  readonly filtered: Readonly<Record<string, number>>;
  readonly deadLettered: Readonly<Record<string, number>>;
  /** Pipeline records beyond one an event: work that was done again. */
  readonly repeated: number;
}

/** Counts by name, largest first. */
const countBy = (names: Iterable<string>): Record<string, number> => {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return Object.fromEntries([...counts].sort(([, a], [, b]) => b - a));
};

/** Counts outcome records as they come. */
export interface FunnelCounter {
  add(record: OutcomeRecord): void;
  /** How many events have an outcome. */
  decided(): number;
  funnel(): Funnel;
  deliveries(): Readonly<Record<string, number>>;
}

/** Of several records of one event, `queued` counts, else the last; of several of one push, the last. */
export const createFunnelCounter = (): FunnelCounter => {
  const byPlace = new Map<string, string>();
  const counts = new Map<string, number>();
  const byEvent = new Map<string, string>();
  let seen = 0;
  const count = (end: string, by: 1 | -1): void => {
    counts.set(end, (counts.get(end) ?? 0) + by);
  };
  const reasonsOf = (outcome: string): Record<string, number> =>
    Object.fromEntries(
      [...counts]
        .filter(([end, times]) => times > 0 && end.startsWith(`${outcome} `))
        .map(([end, times]): [string, number] => [end.slice(outcome.length + 1), times])
        .sort(([, a], [, b]) => b - a),
    );
  return {
    add(record) {
      if (!isPipelineRecord(record)) {
        byEvent.set(identityOf(record.userId ?? '', record.eventId), record.outcome);
        return;
      }
      seen += 1;
      const place = placeOf(record.source);
      const before = byPlace.get(place);
      if (before === 'queued') return;
      if (before !== undefined) count(before, -1);
      const end = record.outcome === 'queued' ? 'queued' : `${record.outcome} ${record.reason ?? '?'}`;
      byPlace.set(place, end);
      count(end, 1);
    },
    decided: () => byPlace.size,
    funnel: () => ({
      events: byPlace.size,
      queued: counts.get('queued') ?? 0,
      filtered: reasonsOf('filtered'),
      deadLettered: reasonsOf('dead_lettered'),
      repeated: seen - byPlace.size,
    }),
    deliveries: () => countBy(byEvent.values()),
  };
};

/** Percentiles of a list of durations; all 0 where it is empty. */
export const percentilesOf = (durations: readonly number[]): Percentiles => {
  const sorted = [...durations].sort((a, b) => a - b);
  const at = (share: number): number =>
    Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0);
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) };
};

/** From the broker's acknowledgement of an event to its first outcome, and to its push's arrival, in ms. */
export const measureLatency = (
  produced: readonly ProducedEvent[],
  records: readonly OutcomeRecord[],
  pushes: readonly PushEntry[],
): { readonly toOutcome: Percentiles; readonly toPush: Percentiles } => {
  const producedAt = new Map(produced.map((event) => [placeOf(event), event.producedAt]));
  const bornAt = new Map<string, number>();
  for (const { userId, eventId, producedAt: at } of produced) {
    if (userId === undefined || eventId === undefined) continue;
    const key = identityOf(userId, eventId);
    if (!bornAt.has(key)) bornAt.set(key, at);
  }
  const toOutcome: number[] = [];
  const judged = new Set<string>();
  for (const record of records) {
    const place = placeOf(record.source);
    const from = producedAt.get(place);
    if (from === undefined || judged.has(place) || !isPipelineRecord(record)) continue;
    judged.add(place);
    toOutcome.push(Math.max(0, Date.parse(record.at) - from));
  }
  const toPush = pushes
    .filter(({ accepted }) => accepted)
    .map(({ userId = '', eventId = '', at }) => at - (bornAt.get(identityOf(userId, eventId)) ?? at));
  return { toOutcome: percentilesOf(toOutcome), toPush: percentilesOf(toPush) };
};

/** How many users got so many pushes: `{"1": 2311, "2": 4}`. */
export const pushesPerUser = (pushes: readonly PushEntry[]): Readonly<Record<string, number>> => {
  const perUser = countBy(pushes.flatMap(({ accepted, userId }) => (accepted ? (userId ?? []) : [])));
  return countBy(Object.values(perUser).map(String));
};
