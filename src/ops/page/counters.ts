/**
 * What the page counts, by name, as one flat table: it is what pods tell each other, and what an hour is kept of. The
 * names follow the closed lists, so a new reason is counted without a line here.
 */
import { DELIVERY_OUTCOMES, type DeliveryOutcome } from '../../domain/delivery.ts';
import {
  DEAD_LETTER_REASONS,
  FILTER_REASONS,
  type DeadLetterReason,
  type FilterReason,
} from '../../domain/outcome.ts';
import { namesOf } from '../../runtime/names-of.ts';
import type { Status } from '../status.ts';

export type CounterName =
  | 'received'
  | 'queued'
  | 'abandoned'
  /** Decided more than 5 s after the record was written. */
  | 'late'
  /** A promise may be broken: Redis lost writes, or Kafka deleted what nobody had read. */
  | 'breaches'
  | `filtered.${FilterReason}`
  | `dead_lettered.${DeadLetterReason}`
  | `delivered.${DeliveryOutcome}`;

export type Counts = Readonly<Record<CounterName, number>>;

export const FILTERED = namesOf(FILTER_REASONS);
export const DEAD_LETTERED = namesOf(DEAD_LETTER_REASONS);

const FILTERED_COUNTERS = FILTERED.map((reason) => `filtered.${reason}` as const);
const DEAD_LETTERED_COUNTERS = DEAD_LETTERED.map((reason) => `dead_lettered.${reason}` as const);

export const COUNTERS: readonly CounterName[] = [
  'received',
  'queued',
  'abandoned',
  'late',
  'breaches',
  ...FILTERED_COUNTERS,
  ...DEAD_LETTERED_COUNTERS,
  ...DELIVERY_OUTCOMES.map((outcome) => `delivered.${outcome}` as const),
];

/** @returns what `/status` says, as the flat table. @param breaches since the pod started. */
export function countsOf(
  { events, deliveries, decidedLate }: Pick<Status, 'events' | 'deliveries' | 'decidedLate'>,
  breaches: number,
): Counts {
  const { received, queued, abandoned, filtered, dead_lettered } = events;
  return {
    ...{ received, queued, abandoned, late: decidedLate, breaches },
    ...under('filtered', filtered),
    ...under('dead_lettered', dead_lettered),
    ...under('delivered', deliveries),
  };
}

function under<Group extends string, Key extends string>(
  group: Group,
  table: Readonly<Record<Key, number>>,
): Record<`${Group}.${Key}`, number> {
  const rows = Object.entries<number>(table).map(([key, value]) => [`${group}.${key}`, value]);
  return Object.fromEntries(rows) as Record<`${Group}.${Key}`, number>;
}

/** @param valueOf what is no number counts as 0. */
export function tableOf(valueOf: (name: CounterName) => number | undefined): Counts {
  return Object.fromEntries(
    COUNTERS.map((name) => {
      const value = valueOf(name) ?? 0;
      return [name, Number.isFinite(value) ? value : 0];
    }),
  ) as Counts;
}

/** Of events with an outcome. */
export const DECIDED_COUNTERS = ['queued', ...FILTERED_COUNTERS, ...DEAD_LETTERED_COUNTERS] as const;

const sumOf =
  (names: readonly CounterName[]) =>
  (counts: Counts): number =>
    names.reduce((sum, name) => sum + counts[name], 0);

export const filteredOf = sumOf(FILTERED_COUNTERS);
export const deadLetteredOf = sumOf(DEAD_LETTERED_COUNTERS);
/** Events with an outcome. */
export const decidedOf = sumOf(DECIDED_COUNTERS);
