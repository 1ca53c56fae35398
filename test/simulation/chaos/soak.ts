/**
 * What must not grow, measured each 10 s from outside: each pod's memory, open files and how late it answers (its
 * event loop's delay, and the way there), and what Redis holds for each push. In a soak (moderate load, no faults, as long as asked)
 * the last quarter's median is held against the first's.
 */
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import type { PodProcess } from '../demo/pods.ts';
import { check, type PromiseCheck } from '../verify/check-promises.ts';

const SAMPLE_EVERY_MS = 10_000;
const MOST_RSS = 512;

/** One reading, by series: `pod-1 RSS`, `Redis a push`, … */
type Sample = Readonly<Record<string, number>>;

interface Measure {
  readonly unit: string;
  /** The last quarter's median may be this many times the first's, and beyond that this much more. */
  readonly growth: number;
  readonly slack: number;
}

/**
 * A young process grows until its heap has found its size. Redis grows with what was pushed: a record is kept for an
 * hour, a user's history for 30 days; what a push costs there is what must stay.
 */
const MEASURES = {
  RSS: { unit: 'MiB', growth: 1.1, slack: 16 },
  handles: { unit: 'files', growth: 1.1, slack: 8 },
  'answers late': { unit: 'ms', growth: 1.5, slack: 20 },
  'Redis a push': { unit: 'KiB', growth: 1.1, slack: 0.2 },
} as const satisfies Readonly<Record<string, Measure>>;

export interface Trend {
  readonly series: string;
  readonly unit: string;
  readonly first: number;
  readonly last: number;
  readonly highest: number;
  readonly flat: boolean;
}

const measureOf = (series: string): Measure =>
  Object.entries(MEASURES).find(([name]) => series.endsWith(name))?.[1] ?? { unit: '', growth: 1, slack: 0 };

const medianOf = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/** First quarter against last, series by series. A series with fewer than four readings says nothing. */
export const findTrends = (samples: readonly Sample[]): readonly Trend[] => {
  const names = [...new Set(samples.flatMap((sample) => Object.keys(sample)))].sort();
  return names.flatMap((series) => {
    const values = samples.flatMap((sample) => sample[series] ?? []);
    const quarter = Math.floor(values.length / 4);
    if (quarter === 0) return [];
    const { unit, growth, slack } = measureOf(series);
    const first = medianOf(values.slice(0, quarter));
    const last = medianOf(values.slice(-quarter));
    return [
      { series, unit, first, last, highest: Math.max(...values), flat: last <= first * growth + slack },
    ];
  });
};

/** Of a pod that ends meanwhile: nothing. */
const samplePod = async (pod: PodProcess): Promise<Sample> => {
  const pid = pod.pid();
  if (pid === undefined || !pod.isRunning()) return {};
  try {
    const status = await readFile(`/proc/${String(pid)}/status`, 'utf8');
    const files = await readdir(`/proc/${String(pid)}/fd`);
    const startedAt = performance.now();
    await pod.status();
    return {
      [`${pod.name} RSS`]: Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0) / 1024,
      [`${pod.name} handles`]: files.length,
      [`${pod.name} answers late`]: performance.now() - startedAt,
    };
  } catch {
    return {};
  }
};

/** Redis may be away. */
const sampleRedis = async (redis: Redis, pushes: number): Promise<Sample> => {
  try {
    const [, used, , empty] =
      /used_memory:(\d+)[^]*(used_memory_startup):(\d+)/.exec(await redis.info('memory')) ?? [];
    if (pushes === 0) return {};
    return { 'Redis a push': (Number(used ?? 0) - Number(empty ?? 0)) / 1024 / pushes };
  } catch {
    return {};
  }
};

/** Samples until the signal; `pushes` counts those that were queued so far. Pods are looked at through `/proc`, which is Linux's: elsewhere there is nothing of them. */
export const measure = async (
  pods: readonly PodProcess[],
  redisUrl: string,
  pushes: () => number,
  signal: AbortSignal,
): Promise<readonly Sample[]> => {
  const redis = new Redis(redisUrl, { commandTimeout: 1000, enableOfflineQueue: false });
  redis.on('error', () => undefined);
  const samples: Sample[] = [];
  try {
    for (;;) {
      await sleep(SAMPLE_EVERY_MS, undefined, { signal });
      const readings = await Promise.all([sampleRedis(redis, pushes()), ...pods.map(samplePod)]);
      samples.push(Object.fromEntries(readings.flatMap((reading) => Object.entries(reading))));
    }
  } catch (error) {
    if (!signal.aborted) throw error;
    return samples;
  } finally {
    redis.disconnect();
  }
};

/** Promise 4: what a pod may take, with the defaults. */
export const checkMemory = (samples: readonly Sample[]): PromiseCheck => {
  const readings = samples.flatMap((sample) =>
    Object.entries(sample).filter(([series]) => series.endsWith(' RSS')),
  );
  const highest = readings.reduce((most, [, mebibytes]) => Math.max(most, mebibytes), 0);
  return check(
    `every pod stayed below ${MOST_RSS} MiB (${readings.length} readings, at most ${Math.round(highest)} MiB)`,
    readings
      .filter(([, mebibytes]) => mebibytes >= MOST_RSS)
      .map(([series, mebibytes]) => ({ message: `${series}: ${Math.round(mebibytes)} MiB` })),
  );
};

/** A line a series. */
export const showTrend = ({ series, unit, first, last, highest, flat }: Trend): string =>
  `${series}: ${first.toFixed(1)} → ${last.toFixed(1)} ${unit}, at most ${highest.toFixed(1)}: ${flat ? 'flat' : 'GROWS'}`;

/** Holds where every series is flat. */
export const checkTrends = (trends: readonly Trend[]): PromiseCheck =>
  check(
    `first quarter against last: memory, handles and delays stay as they are (${trends.length} series)`,
    trends.filter(({ flat }) => !flat).map((trend) => ({ message: showTrend(trend) })),
  );
