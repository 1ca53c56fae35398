/**
 * The metrics in Prometheus' text format: the same names, tags and sums as Datadog has. One scrape reads what is in
 * memory, and costs some tenths of a millisecond.
 */
import { namesOf } from '../runtime/names-of.ts';
import type { GaugeReading } from './gauges.ts';
import { METRICS, type MetricName } from './metric-table.ts';
import type { HistogramReading, Metrics } from './metrics.ts';
import type { TagValues } from './series-set.ts';

const PREFIX = 'coupon_notifier_';
/** As Datadog's tags. */
const MAX_LABEL = 200;
const TYPES = { counter: 'counter', gauge: 'gauge', distribution: 'histogram' } as const;

export interface PrometheusOptions {
  readonly metrics: Pick<Metrics, 'totals'>;
  readonly readGauges: () => readonly GaugeReading[];
  readonly pod: string;
  /** `k:v` each; a name that is no label's is made one. `pod` is the pod's own, a tag that a metric has the metric's. */
  readonly tags: readonly string[];
}

/** `event.duration_ms` is `coupon_notifier_event_duration_ms`, the counter `events` is `coupon_notifier_events_total`. */
export function prometheusName(name: MetricName): string {
  return `${PREFIX}${name.replaceAll('.', '_')}${METRICS[name].kind === 'counter' ? '_total' : ''}`;
}

/** @returns what writes a scrape's answer. */
export function createPrometheusText({ metrics, readGauges, pod, tags }: PrometheusOptions): () => string {
  const common: TagValues = [['pod', pod], ...tags.map(asLabel).filter(([label]) => label !== 'pod')];
  /** A series keeps its list of tags for life, so each is written once. */
  const written = new WeakMap<TagValues, string>();
  const labelsOf = (own: TagValues): string => {
    const known = written.get(own) ?? writeLabels(common, own);
    written.set(own, known);
    return known;
  };

  return () => {
    const { counters, histograms } = metrics.totals();
    const samples = new Map<MetricName, string[]>();
    const add = (name: MetricName, ...lines: readonly string[]): void => {
      const known = samples.get(name);
      if (known === undefined) samples.set(name, [...lines]);
      else known.push(...lines);
    };
    for (const one of [...counters, ...readGauges()]) {
      add(one.name, `${prometheusName(one.name)}{${labelsOf(one.tags)}} ${writeNumber(one.value)}`);
    }
    for (const one of histograms) add(one.name, ...writeHistogram(one, labelsOf(one.tags)));
    return namesOf(METRICS)
      .flatMap((name) => {
        const lines = samples.get(name);
        return lines === undefined ? [] : [...writeHead(name), ...lines];
      })
      .concat('')
      .join('\n');
  };
}

function writeHead(name: MetricName): string[] {
  const { says, kind } = METRICS[name];
  const shown = prometheusName(name);
  const help = says.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
  return [`# HELP ${shown} ${help}`, `# TYPE ${shown} ${TYPES[kind]}`];
}

function writeHistogram({ name, bounds, buckets, sum }: HistogramReading, labels: string): string[] {
  const shown = prometheusName(name);
  let count = 0;
  const lines = buckets.map((values, at) => {
    count += values;
    return `${shown}_bucket{${labels},le="${writeNumber(bounds[at] ?? Infinity)}"} ${String(count)}`;
  });
  return [
    ...lines,
    `${shown}_sum{${labels}} ${writeNumber(sum)}`,
    `${shown}_count{${labels}} ${String(count)}`,
  ];
}

function writeLabels(common: TagValues, own: TagValues): string {
  const values = new Map([...common, ...own]);
  return [...values].map(([label, value]) => `${label}="${escapeLabel(value)}"`).join(',');
}

function escapeLabel(value: string): string {
  return value
    .slice(0, MAX_LABEL)
    .toWellFormed()
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll('\n', '\\n');
}

/** `k:v` as a label; `le` would be taken for a bucket's. */
function asLabel(tag: string): readonly [string, string] {
  const at = tag.indexOf(':');
  const label = tag.slice(0, at).replaceAll(/[^a-zA-Z0-9_]/g, '_');
  return [/^(\d|__|le$)/.test(label) ? `tag_${label}` : label, tag.slice(at + 1)];
}

function writeNumber(value: number): string {
  if (value === Infinity) return '+Inf';
  return value === -Infinity ? '-Inf' : String(value);
}
