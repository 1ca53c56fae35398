/**
 * The run in numbers: what became of the events and of the pushes, how long it took, how many a user got. Counts
 * events by their place in the topic, so one that was processed again after a crash is one.
 */
import type { OutcomeRecord } from '../../domain/outcome.ts';
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
  funnel(): Funnel;
  deliveries(): Readonly<Record<string, number>>;
}

/** Of several records of one event, `queued` counts, else the last; of several of one push, the last. */
export const createFunnelCounter = (): FunnelCounter => {
  const byPlace = new Map<string, { readonly outcome: string; readonly reason: string }>();
  const byEvent = new Map<string, string>();
  let seen = 0;
  return {
    add(record) {
      if (!isPipelineRecord(record)) {
        byEvent.set(identityOf(record.userId ?? '', record.eventId), record.outcome);
        return;
      }
      seen += 1;
      const place = placeOf(record.source);
      if (byPlace.get(place)?.outcome !== 'queued')
        byPlace.set(place, { outcome: record.outcome, reason: record.reason ?? '?' });
    },
    funnel() {
      const ends = [...byPlace.values()];
      const reasons = (outcome: string): string[] =>
        ends.filter((end) => end.outcome === outcome).map(({ reason }) => reason);
      return {
        events: ends.length,
        queued: ends.filter(({ outcome }) => outcome === 'queued').length,
        filtered: countBy(reasons('filtered')),
        deadLettered: countBy(reasons('dead_lettered')),
        repeated: seen - ends.length,
      };
    },
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
