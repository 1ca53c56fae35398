/**
 * The series of every metric of one kind, by name and tags, bounded by metric. Where one more has no room, the oldest
 * makes it: its rules were replaced long ago. What it holds can still be taken once.
 */
import { namesOf } from '../runtime/names-of.ts';
import type { DeclaredMetric } from './declare-metric.ts';
import { METRICS, type MetricName } from './metric-table.ts';

/** Series of one metric. */
export const MAX_SERIES = 1000;

/** Names and values in the order of the declaration; absent ones left out. A series keeps one such list for life. */
export type TagValues = readonly (readonly [tag: string, value: string])[];

/** What a set sees of its series. */
interface Series {
  /** It made room for another: whoever holds it must find its series again. */
  isGone: boolean;
}

export interface SeriesSet<S extends Series> {
  /** Makes it where it is not there. */
  find(name: MetricName, tags: Readonly<Record<string, string | undefined>>): S;
  /** In the order of the table. */
  all(): S[];
  /** The same, and those that made room since the last call. */
  take(): S[];
}

/**
 * Series whose tags are all known from the declaration are there from the beginning. So a first count is a rise from 0,
 * which a rate sees, and not a series that begins at 1.
 *
 * @param keepsGone whether anybody calls `take`.
 */
export function createSeriesSet<S extends Series>(
  kind: 'counter' | 'distribution',
  make: (name: MetricName, tags: TagValues) => S,
  keepsGone: boolean,
): SeriesSet<S> {
  const names = namesOf(METRICS).filter((name) => METRICS[name].kind === kind);
  const byMetric = new Map(
    names.map((name) => [name, { known: new Map<string, S>(), tagNames: Object.keys(METRICS[name].tags) }]),
  );
  let gone: S[] = [];

  const makeRoom = (known: Map<string, S>): void => {
    for (const [key, series] of known) {
      if (known.size < MAX_SERIES) return;
      known.delete(key);
      series.isGone = true;
      if (keepsGone && gone.length < MAX_SERIES) gone.push(series);
    }
  };
  const find: SeriesSet<S>['find'] = (name, tags) => {
    const metric = byMetric.get(name);
    if (metric === undefined) throw new Error(`${name} is no ${kind}`);
    const { known, tagNames } = metric;
    let key = '';
    for (const tag of tagNames) key += `\u0000${tags[tag] ?? ''}`;
    const found = known.get(key);
    if (found !== undefined) return found;
    makeRoom(known);
    const values = tagNames.map((tag) => [tag, tags[tag] ?? ''] as const);
    const made = make(
      name,
      values.filter(([, value]) => value !== ''),
    );
    known.set(key, made);
    return made;
  };
  const all = (): S[] => [...byMetric.values()].flatMap(({ known }) => [...known.values()]);

  for (const name of names) for (const tags of knownTags(METRICS[name])) find(name, tags);
  return {
    find,
    all,
    take: () => {
      const taken = [...gone, ...all()];
      gone = [];
      return taken;
    },
  };
}

/** All combinations of a metric's tags where every list is closed and every tag is always there; else none. */
function knownTags({ tags }: DeclaredMetric): Readonly<Record<string, string>>[] {
  let known: Readonly<Record<string, string>>[] = [{}];
  for (const [tag, { values, optional }] of Object.entries(tags)) {
    if (values === undefined || optional) return [];
    known = known.flatMap((some) => values.map((value) => ({ ...some, [tag]: value })));
  }
  return known;
}
