/**
 * What queries of dashboards and alerts ask for, and what of it no pod emits. Not a parser of either language: it finds
 * every metric of ours with its labels, and what results are grouped by. Every function is pure.
 */
import { namesOf } from '../../src/runtime/names-of.ts';
import type { DeclaredMetric } from '../../src/telemetry/declare-metric.ts';
import { METRICS, type MetricName } from '../../src/telemetry/metric-table.ts';
import { prometheusName } from '../../src/telemetry/prometheus.ts';

/** Of one metric, as a query sees it. */
interface Queried {
  readonly labels: Readonly<Record<string, readonly string[] | undefined>>;
  readonly name: MetricName;
}

/** By every name that a scrape has for it: a histogram has three. */
const SCRAPED = new Map<string, Queried>(
  namesOf(METRICS).flatMap((name): [string, Queried][] => {
    const known = { name, labels: labelsOf(name) };
    const scraped = prometheusName(name);
    if (METRICS[name].kind !== 'distribution') return [[scraped, known]];
    const withBound = { name, labels: { ...known.labels, le: undefined } };
    return [
      [`${scraped}_bucket`, withBound],
      [`${scraped}_sum`, known],
      [`${scraped}_count`, known],
    ];
  }),
);

function labelsOf(name: MetricName): Queried['labels'] {
  const { tags }: DeclaredMetric = METRICS[name];
  return {
    pod: undefined,
    ...Object.fromEntries(Object.entries(tags).map(([tag, { values }]) => [tag, values])),
  };
}

/** What is wrong with one label's values in a query; nothing where its list is open. */
function valueFaults(at: string, of: Queried, label: string, values: readonly string[]): string[] {
  if (!(label in of.labels)) return [`${at}: no label ${label}`];
  const known = of.labels[label];
  return known === undefined
    ? []
    : values.filter((one) => !known.includes(one)).map((one) => `${at}: no value ${one}`);
}

/** The metrics that a PromQL expression names, by the names of the table. */
export function metricsInPromQl(expr: string): Set<MetricName> {
  return new Set([...seriesIn(expr)].flatMap(([, name = '']) => SCRAPED.get(name)?.name ?? []));
}

/** @param recorded names of recording rules, which have no labels. */
export function promQlFaults(expr: string, recorded: ReadonlySet<string>): string[] {
  const faults: string[] = [];
  for (const [, name = '', matchers = ''] of seriesIn(expr)) {
    if (recorded.has(name)) continue;
    const of = SCRAPED.get(name);
    if (of === undefined) faults.push(`no metric ${name}`);
    else
      for (const [, label = '', operator = '', value = ''] of matchers.matchAll(
        /(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"/g,
      ))
        faults.push(...valueFaults(name, of, label, operator.endsWith('~') ? value.split('|') : [value]));
  }
  for (const { labels, inner } of groupsIn(expr)) {
    for (const [, name = ''] of seriesIn(inner)) {
      const of = SCRAPED.get(name);
      for (const label of labels) if (of !== undefined) faults.push(...valueFaults(name, of, label, []));
    }
  }
  return faults;
}

/** Labels that an expression's result has. */
export function labelsOfResult(expr: string): string[] {
  return [...groupsIn(expr)].flatMap(({ labels }) => labels);
}

/** Series with the prefix, recorded ones too: name and matchers. */
function seriesIn(expr: string): Iterable<RegExpExecArray> {
  return expr.matchAll(/\b(coupon_notifier[_:][\w:]*)(?:\{([^}]*)\})?/g);
}

/** Each `by (labels) (inner)`. */
function groupsIn(expr: string): { readonly labels: string[]; readonly inner: string }[] {
  return [...expr.matchAll(/\bby\s*\(([^)]*)\)\s*\(/g)].map((found) => {
    const from = found.index + found[0].length;
    let depth = 1;
    let to = from;
    for (; to < expr.length && depth > 0; to += 1) {
      if (expr[to] === '(') depth += 1;
      else if (expr[to] === ')') depth -= 1;
    }
    return {
      labels: (found[1] ?? '').split(',').map((label) => label.trim()),
      inner: expr.slice(from, to - 1),
    };
  });
}

/** One metric of a query: aggregator, name, filter, groups, and as what it is counted. */
export const DATADOG_QUERY =
  /\b(avg|sum|min|max|p50|p99):coupon_notifier\.([\w.]+)\{([^}]*)\}(?: by \{([^}]*)\})?(\.as_count\(\)|\.as_rate\(\))?/g;

/** The metrics that a Datadog query names. */
export function metricsInDatadog(query: string): Set<MetricName> {
  return new Set([...query.matchAll(DATADOG_QUERY)].map(([, , name = '']) => name as MetricName));
}

/** Tags that its result has. */
export function tagsOfResult(query: string): string[] {
  return [...query.matchAll(DATADOG_QUERY)].flatMap(([, , , , by = '']) =>
    by.split(',').filter((tag) => tag !== ''),
  );
}

export function datadogFaults(query: string): string[] {
  const asked = [...query.matchAll(DATADOG_QUERY)];
  const named = query.split('coupon_notifier.').length - 1;
  const faults = asked.length === named ? [] : [`not understood: ${query}`];
  for (const [, aggregator = '', name = '', filter = '', by = '', as] of asked) {
    if (!(name in METRICS)) {
      faults.push(`no metric ${name}`);
      continue;
    }
    const { kind } = METRICS[name as MetricName];
    if ((kind === 'counter') !== (as !== undefined))
      faults.push(`${name}: a ${kind} ${as ?? 'without as_count()'}`);
    if ((kind === 'distribution') !== aggregator.startsWith('p'))
      faults.push(`${name}: ${aggregator} of a ${kind}`);
    const of = { name: name as MetricName, labels: labelsOf(name as MetricName) };
    for (const term of filter.split(',').filter((one) => one !== '*' && !one.startsWith('$'))) {
      const [tag = '', value = ''] = term.replace(/^!/, '').split(':');
      faults.push(...valueFaults(name, of, tag, [value]));
    }
    for (const tag of by.split(',').filter((one) => one !== ''))
      faults.push(...valueFaults(name, of, tag, []));
  }
  return faults;
}
