/** `/metrics` is Prometheus' text format, with the names, tags and sums that Datadog has. */
import { expect, it } from 'vitest';
import type { GaugeReading } from '../../../src/telemetry/gauges.ts';
import { METRICS } from '../../../src/telemetry/metric-table.ts';
import { createMetrics, type Metrics } from '../../../src/telemetry/metrics.ts';
import { createPrometheusText, prometheusName } from '../../../src/telemetry/prometheus.ts';

function scrape(
  metrics: Metrics,
  gauges: readonly GaugeReading[] = [],
  tags: readonly string[] = [],
): string {
  return createPrometheusText({ metrics, readGauges: () => gauges, pod: 'pod-1', tags })();
}

it('names: the prefix, no dots, _total on counters', () => {
  expect(prometheusName('events')).toBe('coupon_notifier_events_total');
  expect(prometheusName('breaker.open')).toBe('coupon_notifier_breaker_open');
  expect(prometheusName('event.duration_ms')).toBe('coupon_notifier_event_duration_ms');
});

it('a counter with its help, type, pod and tags', () => {
  const metrics = createMetrics();
  metrics.count('events', { outcome: 'filtered', reason: 'stale', rules_version: '2026-11-22.1' }, 3);
  expect(scrape(metrics)).toContain(
    [
      '# HELP coupon_notifier_events_total Events by their outcome.',
      '# TYPE coupon_notifier_events_total counter',
      'coupon_notifier_events_total{pod="pod-1",outcome="filtered",reason="stale",rules_version="2026-11-22.1"} 3',
      '# HELP coupon_notifier_events_late_total',
    ].join('\n'),
  );
});

it('a distribution as a histogram: buckets add up, the last has all', () => {
  const metrics = createMetrics();
  for (const value of [0.5, 3, 20_000]) metrics.observe('push_api.duration_ms', value, {});
  const lines = scrape(metrics)
    .split('\n')
    .filter((line) => line.startsWith('coupon_notifier_push_api'));
  const bounds = METRICS['push_api.duration_ms'].buckets;
  expect(lines).toHaveLength(bounds.length + 3);
  expect(lines.slice(0, 3)).toEqual([
    'coupon_notifier_push_api_duration_ms_bucket{pod="pod-1",le="1"} 1',
    'coupon_notifier_push_api_duration_ms_bucket{pod="pod-1",le="2"} 1',
    'coupon_notifier_push_api_duration_ms_bucket{pod="pod-1",le="5"} 2',
  ]);
  expect(lines.slice(-3)).toEqual([
    'coupon_notifier_push_api_duration_ms_bucket{pod="pod-1",le="+Inf"} 3',
    'coupon_notifier_push_api_duration_ms_sum{pod="pod-1"} 20003.5',
    'coupon_notifier_push_api_duration_ms_count{pod="pod-1"} 3',
  ]);
});

it('a label can not break out of its quotes or its line', () => {
  const metrics = createMetrics();
  metrics.count('rule.errors', { rule: 'a"} 1\n\\evil', rules_version: 'x'.repeat(300) });
  const [line] = scrape(metrics)
    .split('\n')
    .filter((one) => one.startsWith('coupon_notifier_rule_errors_total'));
  expect(line).toBe(
    `coupon_notifier_rule_errors_total{pod="pod-1",rule="a\\"} 1\\n\\\\evil",rules_version="${'x'.repeat(200)}"} 1`,
  );
});

it('the tags of METRIC_TAGS are labels; a metric’s own tag of that name wins', () => {
  const metrics = createMetrics();
  metrics.count('commits', { result: 'ok' });
  const text = scrape(metrics, [], ['kube.cluster-name:eu:1', 'result:none', '1st:x', 'le:9']);
  expect(text).toContain(
    'coupon_notifier_commits_total{pod="pod-1",kube_cluster_name="eu:1",result="ok",tag_1st="x",tag_le="9"} 1\n',
  );
});

it('the pod of a series is its own, whatever METRIC_TAGS say', () => {
  const metrics = createMetrics();
  metrics.count('commits', { result: 'ok' });
  expect(scrape(metrics, [], ['pod:x', 'env:test'])).toContain(
    'coupon_notifier_commits_total{pod="pod-1",env="test",result="ok"} 1\n',
  );
});

it('gauges as they are read at the scrape', () => {
  const gauges: GaugeReading[] = [
    {
      name: 'lag',
      tags: [
        ['topic', 'events'],
        ['partition', '3'],
      ],
      value: 1e21,
    },
    { name: 'event_loop.delay_p99_ms', tags: [], value: NaN },
  ];
  const text = scrape(createMetrics(), gauges);
  expect(text).toContain('coupon_notifier_lag{pod="pod-1",topic="events",partition="3"} 1e+21\n');
  expect(text).toContain('# TYPE coupon_notifier_lag gauge\n');
  expect(text).toContain('coupon_notifier_event_loop_delay_p99_ms{pod="pod-1"} NaN\n');
});

it('every line is a comment or a sample, each metric’s stand together, and the last line ends', () => {
  const metrics = createMetrics();
  metrics.count('rule.excluded', { rule: 'r', rules_version: 'v' });
  metrics.observe('stage.duration_ms', 1, { stage: 'claim' });
  const text = scrape(metrics);
  expect(text.endsWith('\n')).toBe(true);
  const lines = text.slice(0, -1).split('\n');
  const sample = /^[a-z_]+\{([a-z_]+="(\\.|[^"\\])*",?)+\} (\d+(\.\d+)?(e[+-]\d+)?|NaN|[+-]Inf)$/;
  const comment =
    /^# (HELP coupon_notifier_[a-z_\d]+ \S.*|TYPE coupon_notifier_[a-z_\d]+ (counter|gauge|histogram))$/;
  expect(lines.filter((line) => !sample.test(line) && !comment.test(line))).toEqual([]);
  const heads = lines.filter((line) => line.startsWith('# TYPE')).map((line) => line.split(' ')[2]);
  expect(new Set(heads).size).toBe(heads.length);
});

it('a scrape while it is counted reads what both readers add up to', () => {
  const metrics = createMetrics();
  let drained = 0;
  const count = metrics.counter('coupon_api.calls', { result: 'ok' });
  for (let at = 0; at < 1000; at += 1) {
    count();
    if (at % 97 === 0) drained += metrics.drain().counters.reduce((sum, { value }) => sum + value, 0);
  }
  drained += metrics.drain().counters.reduce((sum, { value }) => sum + value, 0);
  expect(drained).toBe(1000);
  expect(scrape(metrics)).toContain('coupon_notifier_coupon_api_calls_total{pod="pod-1",result="ok"} 1000\n');
});
