/**
 * Metrics between two flushes, in bounded memory. A counter or gauge is one number a series. A distribution is a
 * uniform sample of at most {@link SAMPLE_SIZE} points a series (Vitter's algorithm R). So a pod that decides ten
 * thousand events a second needs no more memory than a quiet one.
 */
import type { CounterTags, DistributionTags, GaugeTags } from './metric-names.ts';

/** Points kept of one distribution series between two flushes. */
export const SAMPLE_SIZE = 500;
/** Series held between two flushes; further ones are dropped and counted, as a defect of ours would be. */
const MAX_SERIES = 5000;

export interface Series {
  readonly name: string;
  /** `key:value`, in the order in which they were given. */
  readonly tags: readonly string[];
}

export interface MetricsSnapshot {
  readonly counters: readonly (Series & { readonly value: number })[];
  readonly gauges: readonly (Series & { readonly value: number })[];
  readonly distributions: readonly (Series & { readonly points: readonly number[] })[];
}

export interface Metrics {
  count<N extends keyof CounterTags>(name: N, tags: CounterTags[N], by?: number): void;
  gauge<N extends keyof GaugeTags>(name: N, value: number, tags: GaugeTags[N]): void;
  observe<N extends keyof DistributionTags>(name: N, value: number, tags: DistributionTags[N]): void;
  /** The same as {@link count} for one series that is counted often: its name and tags are looked at once. */
  counter<N extends keyof CounterTags>(name: N, tags: CounterTags[N]): () => void;
  /** The same as {@link observe} for one series that is observed often. */
  distribution<N extends keyof DistributionTags>(name: N, tags: DistributionTags[N]): (value: number) => void;
  /** What has come since the last call; starts anew. */
  drain(): MetricsSnapshot;
}

interface Sample extends Series {
  readonly points: number[];
  seen: number;
}

export function createMetrics(): Metrics {
  let counters = new Map<string, Series & { value: number }>();
  let gauges = new Map<string, Series & { value: number }>();
  let samples = new Map<string, Sample>();
  let drains = 0;

  const find = <S extends Series>(
    map: Map<string, S>,
    name: string,
    tags: object,
    make: (series: Series) => S,
  ): S | undefined => {
    let key = name;
    for (const value of Object.values(tags) as string[]) key += `\u0000${value}`;
    const found = map.get(key);
    if (found !== undefined) return found;
    if (map.size >= MAX_SERIES) return undefined;
    const made = make({
      name,
      tags: Object.entries(tags).map(([tag, value]) => `${tag}:${cleanTag(String(value))}`),
    });
    map.set(key, made);
    return made;
  };

  const findCounter = (name: string, tags: object): (Series & { value: number }) | undefined =>
    find(counters, name, tags, (made) => ({ ...made, value: 0 }));
  const findSample = (name: string, tags: object): Sample | undefined =>
    find(samples, name, tags, (made) => ({ ...made, points: [], seen: 0 }));

  return {
    count: (name, tags, by = 1) => {
      const series = findCounter(name, tags);
      if (series !== undefined) series.value += by;
    },
    gauge: (name, value, tags) => {
      const series = find(gauges, name, tags, (made) => ({ ...made, value }));
      if (series !== undefined) series.value = value;
    },
    observe: (name, value, tags) => {
      addPoint(findSample(name, tags), value);
    },
    counter: (name, tags) => {
      let series: ReturnType<typeof findCounter>;
      let foundIn = -1;
      return () => {
        if (foundIn !== drains) series = findCounter(name, tags);
        foundIn = drains;
        if (series !== undefined) series.value += 1;
      };
    },
    distribution: (name, tags) => {
      let sample: ReturnType<typeof findSample>;
      let foundIn = -1;
      return (value) => {
        if (foundIn !== drains) sample = findSample(name, tags);
        foundIn = drains;
        addPoint(sample, value);
      };
    },
    drain: () => {
      const snapshot = {
        counters: [...counters.values()],
        gauges: [...gauges.values()],
        distributions: [...samples.values()].map(({ name, tags, points }) => ({ name, tags, points })),
      };
      counters = new Map();
      gauges = new Map();
      samples = new Map();
      drains += 1;
      return snapshot;
    },
  };
}

function addPoint(sample: Sample | undefined, value: number): void {
  if (sample === undefined) return;
  sample.seen += 1;
  if (sample.points.length < SAMPLE_SIZE) {
    sample.points.push(value);
    return;
  }
  const at = Math.floor(Math.random() * sample.seen);
  if (at < SAMPLE_SIZE) sample.points[at] = value;
}

/** Datadog's tags take no commas and at most 200 characters. */
function cleanTag(value: string): string {
  return value.replace(/[,\s]+/g, '_').slice(0, 200);
}
