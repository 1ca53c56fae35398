/** What pods sent Datadog, as points in the time of an alert. */
import type { SeenRequest } from '../partners/http-stub.ts';
import { METRICS, type MetricName } from '../../../src/telemetry/metric-table.ts';
import { STATE_MS, type Span } from './scrapes.ts';

export interface Point {
  /** Without the prefix. */
  readonly metric: string;
  readonly tags: ReadonlyMap<string, string>;
  /** In the alert's time, since the span's lead began. */
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
 * Counters and gauges of the span, by when they arrived. Gauges that are times are stretched with it. In what
 * leads, and in what is held, every gauge of the first or last real second is sent each minute, and nothing is counted.
 */
export function asPoints(requests: readonly SeenRequest[], span: Span): Point[] {
  const { beginMs, endMs, stretch, leadMinutes, holdMinutes } = span;
  const minuteOf = (atMs: number): number => leadMinutes + ((atMs - beginMs) / 60_000) * stretch;
  const points = requests
    .filter(({ url, atMs }) => url.startsWith('/api/v1/series') && atMs >= beginMs && atMs <= endMs)
    .flatMap(({ body, atMs }) => {
      const { series } = JSON.parse(body) as Body;
      return series.flatMap(({ metric, tags, points: sent }) => {
        const name = metric.slice(PREFIX.length) as MetricName;
        const factor = METRICS[name].kind === 'gauge' && METRICS[name].unit === 's' ? stretch : 1;
        const known = new Map(tags.map((tag) => splitTag(tag)));
        return sent.map(([, value]) => ({
          metric: name,
          tags: known,
          minute: minuteOf(atMs),
          value: value * factor,
        }));
      });
    });
  const [firstMinute, lastMinute] = [minuteOf(beginMs + STATE_MS), minuteOf(endMs - STATE_MS)];
  const gauges = points.filter(({ metric }) => METRICS[metric].kind === 'gauge');
  const first = gauges.filter(({ minute }) => minute <= firstMinute);
  const last = gauges.filter(({ minute }) => minute >= lastMinute);
  return [
    ...eachMinute(first.toReversed(), 0, leadMinutes),
    ...points,
    ...eachMinute(last, minuteOf(endMs), holdMinutes),
  ];
}

/** The last of each series, every minute. */
function eachMinute(points: readonly Point[], fromMinute: number, minutes: number): Point[] {
  const bySeries = new Map(points.map((point) => [`${point.metric} ${[...point.tags].join(' ')}`, point]));
  return Array.from({ length: minutes }, (_, at) => fromMinute + at + 0.5).flatMap((minute) =>
    [...bySeries.values()].map((point) => ({ ...point, minute })),
  );
}

function splitTag(tag: string): [string, string] {
  const at = tag.indexOf(':');
  return [tag.slice(0, at), tag.slice(at + 1)];
}
