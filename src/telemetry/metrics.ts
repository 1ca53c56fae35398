/**
 * What a pod has counted since it started, in bounded memory, for two readers. `/metrics` reads totals; Datadog takes
 * what has come since it last took. So their sums can't differ. A distribution is a histogram and, for Datadog, a
 * uniform sample of at most {@link SAMPLE_SIZE} points (Vitter's algorithm R).
 */
import {
  METRICS,
  type CounterName,
  type DistributionName,
  type MetricName,
  type MetricTags,
} from './metric-table.ts';
import { createSeriesSet, type TagValues } from './series-set.ts';

/** Points kept of one distribution series between two takings. */
export const SAMPLE_SIZE = 500;

export interface CounterReading {
  readonly name: MetricName;
  readonly tags: TagValues;
  readonly value: number;
}
export interface SampleReading {
  readonly name: MetricName;
  readonly tags: TagValues;
  readonly points: readonly number[];
}
export interface HistogramReading {
  readonly name: MetricName;
  readonly tags: TagValues;
  /** Upper bounds, rising. */
  readonly bounds: readonly number[];
  /** How many values each bucket alone has; the last those above all bounds. */
  readonly buckets: readonly number[];
  /** Of all values; one below 0 counts as 0. */
  readonly sum: number;
}

export interface Metrics {
  count<N extends CounterName>(name: N, tags: MetricTags<N>, by?: number): void;
  observe<N extends DistributionName>(name: N, value: number, tags: MetricTags<N>): void;
  /** The same as {@link count} for a series that is counted often. It is there from now on, at 0. */
  counter<N extends CounterName>(name: N, tags: MetricTags<N>): () => void;
  /** The same as {@link observe} for a series that is observed often. */
  distribution<N extends DistributionName>(name: N, tags: MetricTags<N>): (value: number) => void;
  /** Counts what somebody else counts: `total` is read at each reading and never falls. */
  follow<N extends CounterName>(name: N, tags: MetricTags<N>, total: () => number): void;
  /** What has come since the last call; series without anything new are left out. */
  drain(): { readonly counters: readonly CounterReading[]; readonly samples: readonly SampleReading[] };
  /** What has come since the start. */
  totals(): {
    readonly counters: readonly CounterReading[];
    readonly histograms: readonly HistogramReading[];
  };
}

interface CounterSeries extends CounterReading {
  value: number;
  drained: number;
  isGone: boolean;
}
interface DistributionSeries extends HistogramReading {
  readonly buckets: number[];
  sum: number;
  points: number[];
  seen: number;
  isGone: boolean;
}

/** @param isDrained false where nobody calls `drain`: then nothing is kept for it. */
export function createMetrics({ isDrained = true }: { readonly isDrained?: boolean } = {}): Metrics {
  const counters = createSeriesSet('counter', newCounter, isDrained);
  const distributions = createSeriesSet('distribution', newDistribution, isDrained);
  const followed: (() => void)[] = [];

  const add = (series: DistributionSeries, value: number): void => {
    addToBucket(series, value);
    if (isDrained) addToSample(series, value);
  };
  const lookAtFollowed = (): void => {
    for (const look of followed) look();
  };
  return {
    count: (name, tags, by = 1) => {
      counters.find(name, tags).value += by;
    },
    observe: (name, value, tags) => {
      add(distributions.find(name, tags), value);
    },
    counter: (name, tags) => {
      let series = counters.find(name, tags);
      return () => {
        if (series.isGone) series = counters.find(name, tags);
        series.value += 1;
      };
    },
    distribution: (name, tags) => {
      let series = distributions.find(name, tags);
      return (value) => {
        if (series.isGone) series = distributions.find(name, tags);
        add(series, value);
      };
    },
    follow: (name, tags, total) => {
      followed.push(() => {
        counters.find(name, tags).value = total();
      });
    },
    drain: () => {
      lookAtFollowed();
      return {
        counters: counters.take().flatMap(takeCounter),
        samples: distributions.take().flatMap(takeSample),
      };
    },
    totals: () => {
      lookAtFollowed();
      return { counters: counters.all(), histograms: distributions.all() };
    },
  };
}

function newCounter(name: MetricName, tags: TagValues): CounterSeries {
  return { name, tags, value: 0, drained: 0, isGone: false };
}

function newDistribution(name: MetricName, tags: TagValues): DistributionSeries {
  const bounds = METRICS[name].buckets;
  const buckets = Array.from({ length: bounds.length + 1 }, () => 0);
  return { name, tags, bounds, buckets, sum: 0, points: [], seen: 0, isGone: false };
}

function takeCounter(series: CounterSeries): CounterReading[] {
  const { name, tags, value, drained } = series;
  series.drained = value;
  return value === drained ? [] : [{ name, tags, value: value - drained }];
}

function takeSample(series: DistributionSeries): SampleReading[] {
  const { name, tags, points } = series;
  series.points = [];
  series.seen = 0;
  return points.length === 0 ? [] : [{ name, tags, points }];
}

function addToBucket(series: DistributionSeries, value: number): void {
  const { bounds, buckets } = series;
  let at = 0;
  while (at < bounds.length && value > (bounds[at] ?? Infinity)) at += 1;
  buckets[at] = (buckets[at] ?? 0) + 1;
  if (value > 0) series.sum += value;
}

function addToSample(series: DistributionSeries, value: number): void {
  series.seen += 1;
  if (series.points.length < SAMPLE_SIZE) {
    series.points.push(value);
    return;
  }
  const at = Math.floor(Math.random() * series.seen);
  if (at < SAMPLE_SIZE) series.points[at] = value;
}
