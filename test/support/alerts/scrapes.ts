/**
 * What pods say on `/metrics`, kept as a Prometheus would keep it, and as the input of a rules test. Time is stretched:
 * alerts look at minutes and hours, and a fault lasts seconds. Gauges that are times are stretched with it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { METRICS } from '../../../src/telemetry/metric-table.ts';
import { prometheusName } from '../../../src/telemetry/prometheus.ts';
import { namesOf } from '../../../src/runtime/names-of.ts';
import type { InputSeries } from './promtool.ts';

export interface Scrape {
  /** By `performance.now()`. */
  readonly atMs: number;
  readonly target: string;
  /** `name{labels}` → value; undefined where nobody listens. */
  readonly samples: ReadonlyMap<string, number> | undefined;
}

/** What of a recording is looked at, and how. */
export interface Span {
  /** By `performance.now()`. */
  readonly beginMs: number;
  readonly endMs: number;
  /** Seconds of the alert's time that a real one counts as. */
  readonly stretch: number;
  /** How long the first state was there before the begin, in minutes of the alert's time. */
  readonly leadMinutes: number;
  /** How long the last state goes on after the end, in minutes of the alert's time. */
  readonly holdMinutes: number;
}

export interface ScrapeRecorder {
  readonly scrapes: readonly Scrape[];
  /** Ms that this process stood still at most since then: so long the whole machine may have. */
  stoodStillMs(sinceMs: number): number;
  stop(): Promise<void>;
}

/** A state is what was said within so many ms. */
export const STATE_MS = 1000;
const TIMEOUT_MS = 10_000;
const WATCH_EVERY_MS = 100;
const TIMES = new Set(
  namesOf(METRICS)
    .filter((name) => METRICS[name].kind === 'gauge' && METRICS[name].unit === 's')
    .map(prometheusName),
);
/** Alerts ask for none of the distributions. */
const IGNORED = /_(?:bucket|sum|count)\{/;

/** Scrapes each target every `everyMs`. @param targets addresses of pods, also of those that do not run yet. */
export function recordScrapes(targets: readonly string[], everyMs: number): ScrapeRecorder {
  const scrapes: Scrape[] = [];
  const end = new AbortController();
  const stalls: { readonly atMs: number; readonly ms: number }[] = [];
  let seenMs = performance.now();
  const watching = setInterval(() => {
    const atMs = performance.now();
    stalls.push({ atMs, ms: atMs - seenMs - WATCH_EVERY_MS });
    seenMs = atMs;
  }, WATCH_EVERY_MS);
  const loops = targets.map(async (target) => {
    while (!end.signal.aborted) {
      const answer = await scrape(target);
      if (answer !== 'late') scrapes.push({ atMs: performance.now(), target, samples: answer });
      await sleep(everyMs, undefined, { signal: end.signal }).catch(() => undefined);
    }
  });
  return {
    scrapes,
    stoodStillMs: (sinceMs) =>
      Math.max(0, ...stalls.filter(({ atMs }) => atMs >= sinceMs).map(({ ms }) => ms)),
    async stop() {
      clearInterval(watching);
      end.abort();
      await Promise.all(loops);
    },
  };
}

/** A pod that is slow on a busy machine leaves a gap; one that does not listen is gone. */
async function scrape(target: string): Promise<Scrape['samples'] | 'late'> {
  try {
    const answer = await fetch(`${target}/metrics`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    return answer.ok ? readSamples(await answer.text()) : undefined;
  } catch (error) {
    return error instanceof DOMException && error.name === 'TimeoutError' ? 'late' : undefined;
  }
}

/** The samples of a scrape's answer, but for those of distributions. */
export function readSamples(text: string): ReadonlyMap<string, number> {
  return new Map(
    [...text.matchAll(/^(\w+\{.*\}) (\S+)$/gm)]
      .filter(([, series = '']) => !IGNORED.test(series))
      .map(([, series = '', value = '']) => [series, Number(value)]),
  );
}

/**
 * The span as series of a rules test. A series that a scrape lacks, or whose target did not answer, ends there, as it
 * does in Prometheus. @param stepSeconds of the alert's time.
 */
export function asInputSeries(
  scrapes: readonly Scrape[],
  { beginMs, endMs, stretch, leadMinutes, holdMinutes }: Span,
  stepSeconds: number,
): InputSeries[] {
  const stepMs = (1000 * stepSeconds) / stretch;
  const steps = Math.ceil((endMs - beginMs) / stepMs);
  const values = new Map<string, (number | 'stale' | undefined)[]>();
  const firsts = new Map<string, number>();
  const ofTarget = new Map<string, Set<string>>();
  for (const { atMs, target, samples = new Map<string, number>() } of scrapes) {
    if (atMs < beginMs || atMs > endMs) continue;
    const step = Math.ceil((atMs - beginMs) / stepMs);
    const known = ofTarget.get(target) ?? new Set();
    for (const series of known) if (!samples.has(series)) valuesOf(series)[step] = 'stale';
    for (const [series, value] of samples) {
      valuesOf(series)[step] = value;
      if (atMs <= beginMs + STATE_MS && !firsts.has(series)) firsts.set(series, value);
    }
    ofTarget.set(target, new Set([...known, ...samples.keys()]));
  }
  function valuesOf(series: string): (number | 'stale' | undefined)[] {
    const found = values.get(series) ?? [];
    values.set(series, found);
    return found;
  }

  const [led, held] = [leadMinutes, holdMinutes].map((minutes) => Math.round((60 * minutes) / stepSeconds));
  const again = (value: string, steps = 0): string[] => (steps > 0 ? [`${value}x${String(steps - 1)}`] : []);
  return [...values].map(([series, found]) => {
    const factor = TIMES.has(series.slice(0, series.indexOf('{'))) ? stretch : 1;
    const shown = Array.from({ length: steps + 1 }, (_, step) => found[step]).map((value) =>
      typeof value === 'number' ? String(value * factor) : (value ?? '_'),
    );
    const first = firsts.get(series);
    const last = found.findLast((value) => value !== undefined);
    const before = again(typeof first === 'number' ? `${String(first * factor)}+0` : '_', led);
    const after = typeof last === 'number' ? again(`${String(last * factor)}+0`, held) : [];
    return { series, values: [...before, ...shown, ...after].join(' ') };
  });
}
