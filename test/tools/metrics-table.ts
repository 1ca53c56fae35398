/** The metrics as tables, for deploy/README.md. */
import type { DeclaredMetric, MetricKind } from '../../src/telemetry/declare-metric.ts';
import { METRICS } from '../../src/telemetry/metric-table.ts';
import { namesOf } from '../../src/runtime/names-of.ts';

const DOES: Readonly<Record<MetricKind, string>> = {
  counter: 'counts',
  gauge: 'shows',
  distribution: 'measures',
};

/** Each metric with its tags, as `name{tag,tag}`. */
export function metricsWithTags(): string[] {
  return namesOf(METRICS).map(withTags);
}

export function metricsTables(): string {
  const kinds = Object.entries(DOES).map(([kind, does]) => {
    const rows = namesOf(METRICS)
      .filter((name) => METRICS[name].kind === kind)
      .map((name) => `| \`${withTags(name)}\` | ${METRICS[name].unit} | ${METRICS[name].says} |`);
    return [`| ${kind} | unit | ${does} |`, '| --- | --- | --- |', ...rows].join('\n');
  });
  return [...kinds, tagsTable()].join('\n\n');
}

function withTags(name: keyof typeof METRICS): string {
  const tags = Object.keys(METRICS[name].tags);
  return tags.length === 0 ? name : `${name}{${tags.join(',')}}`;
}

/** The values of each tag: the list, or what bounds it. */
function tagsTable(): string {
  const rows = new Map<string, string[]>();
  for (const [name, metric] of Object.entries<DeclaredMetric>(METRICS)) {
    for (const [tag, { values, boundedBy }] of Object.entries(metric.tags)) {
      const said = values?.map((value) => `\`${value}\``).join(', ') ?? boundedBy ?? '';
      const row = `| \`${tag}\` | ${said} |`;
      rows.set(row, [...(rows.get(row) ?? []), name]);
    }
  }
  const lines = [...rows].map(([row, names]) => `${row} ${names.map((name) => `\`${name}\``).join(', ')} |`);
  return ['| tag | values | of |', '| --- | --- | --- |', ...lines].join('\n');
}
