/**
 * Dashboards and alerts ask only for what pods emit: every query's metric is declared, with the tags and the values that
 * it names. Datadog and Prometheus have the same alerts, each with its part of the runbook.
 */
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { namesOf } from '../../../src/runtime/names-of.ts';
import { METRICS } from '../../../src/telemetry/metric-table.ts';
import {
  datadogFaults,
  labelsOfResult,
  metricsInDatadog,
  metricsInPromQl,
  promQlFaults,
  tagsOfResult,
} from '../../tools/metric-queries.ts';
import { anchorsOf } from '../../tools/pages.ts';

const read = (path: string): Promise<string> => readFile(`deploy/${path}`, 'utf8');
const group = <R extends z.ZodType>(rule: R) =>
  z.object({ groups: z.array(z.object({ rules: z.array(rule) })) });

const severity = z.enum(['page', 'notify']);
const alerts = group(
  z.strictObject({
    alert: z.string(),
    expr: z.string(),
    for: z.string().optional(),
    labels: z.strictObject({ severity }),
    annotations: z.strictObject({ summary: z.string(), runbook_url: z.string() }),
  }),
)
  .parse(parse(await read('prometheus/alerts.yaml')))
  .groups.flatMap(({ rules }) => rules);
const recordings = group(z.strictObject({ record: z.string(), expr: z.string() }))
  .parse(parse(await read('prometheus/recording-rules.yaml')))
  .groups.flatMap(({ rules }) => rules);
const recorded = new Set(recordings.map(({ record }) => record));
const grafana = z
  .object({
    panels: z.array(
      z.object({
        title: z.string(),
        targets: z.array(z.object({ expr: z.string(), legendFormat: z.string() })).optional(),
      }),
    ),
  })
  .parse(JSON.parse(await read('prometheus/grafana-dashboard.json')));
const panels = grafana.panels.flatMap(({ title, targets = [] }) =>
  targets.map((target) => ({ title, ...target })),
);

const monitors = z
  .array(
    z.object({
      name: z.string(),
      type: z.enum(['query alert', 'slo alert']),
      query: z.string(),
      message: z.string(),
      tags: z.array(z.string()),
      options: z.object({ thresholds: z.object({ critical: z.number() }) }),
    }),
  )
  .parse(JSON.parse(await read('datadog/monitors.json')));
const slos = z
  .array(z.object({ name: z.string(), query: z.object({ numerator: z.string(), denominator: z.string() }) }))
  .parse(JSON.parse(await read('datadog/slos.json')));
const widget = z.object({
  definition: z.object({ title: z.string(), requests: z.array(z.object({ q: z.string() })) }),
});
const dashboard = z
  .object({ widgets: z.array(z.object({ definition: z.object({ widgets: z.array(widget) }) })) })
  .parse(JSON.parse(await read('datadog/dashboard.json')));
const widgets = dashboard.widgets.flatMap(({ definition }) => definition.widgets);

const anchors = anchorsOf(await read('RUNBOOK.md'));
const runbookOf = (text: string): string => /deploy\/RUNBOOK\.md#([\w-]+)/.exec(text)?.[1] ?? '';

describe('every query names what pods emit', () => {
  it.each(alerts.map(({ alert, expr }) => [alert, expr]))('Prometheus’ alert %s', (_name, expr) => {
    expect(promQlFaults(expr, recorded)).toEqual([]);
    expect(
      metricsInPromQl(expr).size + [...recorded].filter((name) => expr.includes(name)).length,
    ).toBeGreaterThan(0);
  });

  it('Prometheus’ recorded series', () => {
    expect(recordings.flatMap(({ expr }) => promQlFaults(expr, recorded))).toEqual([]);
  });

  it('Grafana’s panels', () => {
    expect(panels.flatMap(({ expr }) => promQlFaults(expr, recorded))).toEqual([]);
  });

  it.each(monitors.map(({ name, query }) => [name, query]))('Datadog’s monitor %s', (_name, query) => {
    expect(datadogFaults(query)).toEqual([]);
    expect(metricsInDatadog(query).size > 0 || slos.some(({ name }) => query.includes(`"${name}"`))).toBe(
      true,
    );
  });

  it('Datadog’s objectives and widgets', () => {
    const queries = [
      ...slos.flatMap(({ query }) => [query.numerator, query.denominator]),
      ...widgets.flatMap(({ definition }) => definition.requests.map(({ q }) => q)),
    ];
    expect(queries.flatMap(datadogFaults)).toEqual([]);
  });

  it('and those that do not are found', () => {
    expect(promQlFaults('sum(coupon_notifier_events)', recorded)).toEqual([
      'no metric coupon_notifier_events',
    ]);
    expect(promQlFaults('coupon_notifier:gone:ratio', recorded)).toEqual([
      'no metric coupon_notifier:gone:ratio',
    ]);
    expect(promQlFaults('coupon_notifier_lag{user="u"}', recorded)).toEqual([
      'coupon_notifier_lag: no label user',
    ]);
    expect(promQlFaults('coupon_notifier_events_total{outcome=~"queued|sent"}', recorded)).toEqual([
      'coupon_notifier_events_total: no value sent',
    ]);
    expect(promQlFaults('sum by (state) (rate(coupon_notifier_lag[5m]))', recorded)).toEqual([
      'coupon_notifier_lag: no label state',
    ]);
    expect(datadogFaults('sum:coupon_notifier.gone{*}')).toEqual(['no metric gone']);
    expect(datadogFaults('sum:coupon_notifier.lag{outcome:sent} by {state}')).toEqual([
      'lag: no label outcome',
      'lag: no label state',
    ]);
    expect(datadogFaults('sum:coupon_notifier.events{!outcome:sent}')).toEqual([
      'events: a counter without as_count()',
      'events: no value sent',
    ]);
    expect(datadogFaults('avg:coupon_notifier.event.end_to_end_ms{*} + coupon_notifier.x')).toHaveLength(2);
  });
});

describe('what is shown of a result is in it', () => {
  it('Grafana’s legends', () => {
    const wrong = panels.filter(({ expr, legendFormat }) => {
      const shown = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = '']) => label);
      return shown.some((label) => !labelsOfResult(expr).includes(label));
    });
    expect(wrong).toEqual([]);
  });

  it('the words of alerts', () => {
    for (const { expr, annotations } of alerts) {
      const shown = [...annotations.summary.matchAll(/\$labels\.(\w+)/g)].map(([, label = '']) => label);
      expect(labelsOfResult(expr)).toEqual(expect.arrayContaining(shown));
    }
    for (const { query, message } of monitors) {
      const shown = [...message.matchAll(/\{\{(\w+)\.name\}\}/g)].map(([, tag = '']) => tag);
      expect(tagsOfResult(query)).toEqual(expect.arrayContaining(shown));
    }
  });
});

describe('alerts', () => {
  it('are the same in both, as urgent, with the same part of the runbook', () => {
    const ofPrometheus = alerts.map(({ alert, labels, annotations }) => [
      alert,
      labels.severity,
      runbookOf(annotations.runbook_url),
    ]);
    const ofDatadog = monitors.map(({ name, tags, message }) => [
      name,
      severity.parse(tags.find((tag) => tag.startsWith('severity:'))?.slice('severity:'.length)),
      runbookOf(message),
    ]);
    expect(ofDatadog).toEqual(ofPrometheus);
    expect(ofPrometheus.filter(([, , runbook = '']) => !anchors.has(runbook))).toEqual([]);
  });

  it('of Datadog have the threshold that their query has', () => {
    for (const { query, options } of monitors)
      expect(Number(/(?:[<>]=?) (-?[\d.]+)$/.exec(query)?.[1]), query).toBe(options.thresholds.critical);
  });
});

describe('dashboards', () => {
  it('show every metric', () => {
    const missingIn = (shown: readonly Iterable<string>[]): string[] => {
      const all = new Set(shown.flatMap((names) => [...names]));
      return namesOf(METRICS).filter((name) => !all.has(name));
    };
    const queries = widgets.flatMap(({ definition }) => definition.requests.map(({ q }) => q));
    expect(missingIn(queries.map(metricsInDatadog))).toEqual([]);
    const exprs = [...panels, ...recordings].map(({ expr }) => expr);
    // Prometheus sees starts as resets of the uptime.
    expect(missingIn(exprs.map(metricsInPromQl))).toEqual(['starts']);
  });

  it('have the same panels in the same order', () => {
    const titles = grafana.panels.filter(({ targets }) => targets !== undefined).map(({ title }) => title);
    expect(widgets.map(({ definition }) => definition.title)).toEqual(titles);
  });
});
