/** What pods sent Datadog, as points in the time of an alert. */
import type { SeenRequest } from '../partners/http-stub.ts';
import { METRICS, type MetricName } from '../../../src/telemetry/metric-table.ts';
import type { Span } from './scrapes.ts';

export interface Point {
  /** Without the prefix. */
  readonly metric: string;
  readonly tags: ReadonlyMap<string, string>;
  /** Since the span's begin, in the alert's time. */
  readonly minute: number;
  readonly value: number;
}

interface Body {
  readonly series: readonly {
    readonly metric: string;
    readonly tags: readonly string[];
    readonly points: readonly (readonly [number, number])[];
  }[];
}

const PREFIX = 'coupon_notifier.';

/**
 * Counters and gauges of the span, by when they arrived. Gauges that are times are stretched with it. The last state
 * held: every gauge of the last real second is sent again each minute, and nothing is counted.
 */
export function asPoints(requests: readonly SeenRequest[], span: Span): Point[] {
  const { beginMs, endMs, stretch, holdMinutes } = span;
  const minuteOf = (atMs: number): number => ((atMs - beginMs) / 60_000) * stretch;
  const points = requests
    .filter(({ url, atMs }) => url.startsWith('/api/v1/series') && atMs >= beginMs && atMs <= endMs)
    .flatMap(({ body, atMs }) => {
      const { series } = JSON.parse(body) as Body;
      return series.flatMap(({ metric, tags, points: sent }) => {
        const name = metric.slice(PREFIX.length) as MetricName;
        const factor = METRICS[name].kind === 'gauge' && METRICS[name].unit === 's' ? stretch : 1;
        const known = new Map(tags.map((tag) => splitTag(tag)));
        return sent.map(([, value]) => ({
          metric: name as string,
          tags: known,
          minute: minuteOf(atMs),
          value: value * factor,
        }));
      });
    });
  return [...points, ...hold(points, minuteOf(endMs), stretch / 60, holdMinutes)];
}

function hold(points: readonly Point[], endMinute: number, second: number, minutes: number): Point[] {
  const last = new Map<string, Point>();
  for (const point of points) {
    if (METRICS[point.metric as MetricName].kind !== 'gauge' || point.minute < endMinute - second) continue;
    last.set(`${point.metric} ${[...point.tags].join(' ')}`, point);
  }
  return Array.from({ length: minutes }, (_, at) => endMinute + at + 0.5).flatMap((minute) =>
    [...last.values()].map((point) => ({ ...point, minute })),
  );
}

function splitTag(tag: string): [string, string] {
  const at = tag.indexOf(':');
  return [tag.slice(0, at), tag.slice(at + 1)];
}
