/**
 * Datadog's monitors over points that pods sent, as Datadog describes them: points into buckets of a minute, buckets
 * of series into groups, groups by the formula, the window over that. No gap is interpolated: pods send every gauge
 * at each flush. A group that was seen once in the span is known from then on.
 */
import type { DatadogAlerts, Monitor, Objective } from './alert-files.ts';
import type { Point } from './intake.ts';
import {
  parseExpression,
  parseMonitorQuery,
  type Aggregator,
  type Comparison,
  type Expression,
} from './monitor-query.ts';

/** By bucket; undefined where there is no point. */
type Values = readonly (number | undefined)[];
/** By the group's tags. */
type Groups = ReadonlyMap<string, Values>;

const AGGREGATE: Readonly<Record<Aggregator, (values: readonly number[]) => number>> = {
  avg: (values) => values.reduce((sum, value) => sum + value, 0) / values.length,
  sum: (values) => values.reduce((sum, value) => sum + value, 0),
  min: (values) => Math.min(...values),
  max: (values) => Math.max(...values),
};
const OPERATE = {
  '+': (left: number, right: number) => left + right,
  '-': (left: number, right: number) => left - right,
  '*': (left: number, right: number) => left * right,
};

/** The names of the monitors that fire at the end of each minute, from minute 0 (before any point) on. */
export function monitorsFiringByMinute(
  { monitors, objectives }: DatadogAlerts,
  points: readonly Point[],
  minutes: number,
): readonly ReadonlySet<string>[] {
  const firing = monitors.map((monitor) => ({
    name: monitor.name,
    fires: judge(monitor, objectives, points, minutes),
  }));
  return Array.from(
    { length: minutes + 1 },
    (_, minute) => new Set(firing.filter(({ fires }) => fires(minute)).map(({ name }) => name)),
  );
}

/** @returns whether the monitor fires at the end of a minute. */
function judge(
  monitor: Monitor,
  objectives: DatadogAlerts['objectives'],
  points: readonly Point[],
  minutes: number,
): (minute: number) => boolean {
  const query = parseMonitorQuery(monitor.query);
  if (query.kind === 'burn rate') {
    const objective = objectives.get(query.objective);
    if (objective === undefined) throw new Error(`no objective ${query.objective}`);
    const burns = burnRate(objective, points, minutes);
    return (minute) =>
      [query.longMinutes, query.shortMinutes].every((window) => compare(burns(minute, window), query));
  }
  const { aggregator, changeMinutes = 0, wantsFullWindow, noDataMinutes } = { ...query, ...monitor };
  const groups = [...evaluate(query.of, points, minutes).values()].map((values) =>
    query.changeMinutes === undefined ? values : values.map((_, at) => changeOf(values, at, changeMinutes)),
  );
  return (minute) => {
    const isMissing = (within: number): boolean =>
      minute >= within && groups.every((values) => windowOf(values, minute, within).length === 0);
    if (noDataMinutes !== undefined && isMissing(noDataMinutes)) return true;
    return groups.some((values) => {
      const window = windowOf(values, minute, query.minutes);
      const isFull = minute >= query.minutes && values[minute - query.minutes] !== undefined;
      if (window.length === 0 || (wantsFullWindow && !isFull)) return false;
      return compare(AGGREGATE[aggregator](window), query);
    });
  };
}

function windowOf(values: Values, minute: number, minutes: number): number[] {
  return values.slice(Math.max(0, minute - minutes), minute).filter((value) => value !== undefined);
}

function changeOf(values: Values, at: number, minutes: number): number | undefined {
  const [now, before] = [values[at], values[at - minutes]];
  return now === undefined || before === undefined ? undefined : now - before;
}

function compare(value: number, { operator, threshold }: Comparison): boolean {
  if (operator === '<') return value < threshold;
  if (operator === '<=') return value <= threshold;
  return operator === '>' ? value > threshold : value >= threshold;
}

/** How many times as fast as allowed the budget goes in a window; 0 where nothing happened. */
function burnRate(
  { numerator, denominator, targetPercent }: Objective,
  points: readonly Point[],
  minutes: number,
): (minute: number, window: number) => number {
  const total = (query: string): ((minute: number, window: number) => number) => {
    // A window without a good one has none.
    const zero: Expression = { kind: 'function', name: 'default_zero', of: parseExpression(query) };
    const values = evaluate(zero, points, minutes).get('') ?? [];
    return (minute, window) => AGGREGATE.sum(windowOf(values, minute, window));
  };
  const [good, all] = [total(numerator), total(denominator)];
  return (minute, window) => {
    const of = all(minute, window);
    return of === 0 ? 0 : (1 - good(minute, window) / of) / (1 - targetPercent / 100);
  };
}

/** @param minutes how many buckets there are. */
export function evaluate(expression: Expression, points: readonly Point[], minutes: number): Groups {
  if (expression.kind === 'number') return new Map([['', Array<number>(minutes).fill(expression.value)]]);
  if (expression.kind === 'series') return evaluateSeries(expression, points, minutes);
  if (expression.kind === 'binary') {
    const { left, right, operator } = expression;
    return combine(evaluate(left, points, minutes), evaluate(right, points, minutes), OPERATE[operator]);
  }
  const of = evaluate(expression.of, points, minutes);
  if (expression.name === 'count_nonzero') return new Map([['', countNonzero([...of.values()], minutes)]]);
  // Without groups there is one, also where no point ever came.
  const known =
    of.size === 0 && !isGrouped(expression.of)
      ? new Map([['', Array(minutes).fill(undefined) as Values]])
      : of;
  return new Map([...known].map(([group, values]) => [group, Array.from(values, (value) => value ?? 0)]));
}

function isGrouped(expression: Expression): boolean {
  if (expression.kind === 'series') return expression.by.length > 0;
  if (expression.kind === 'binary') return isGrouped(expression.left) || isGrouped(expression.right);
  return expression.kind === 'function' && isGrouped(expression.of);
}

/** Groups that only one side has are dropped; a side without groups goes with each of the other. */
function combine(left: Groups, right: Groups, operate: (left: number, right: number) => number): Groups {
  const alone = (groups: Groups): Values | undefined => (groups.size === 1 ? groups.get('') : undefined);
  const names = alone(left) === undefined ? left.keys() : right.keys();
  return new Map(
    [...names].flatMap((group): [string, Values][] => {
      const [a, b] = [left.get(group) ?? alone(left), right.get(group) ?? alone(right)];
      if (a === undefined || b === undefined) return [];
      return [
        [
          group,
          a.map((value, at) => {
            const other = b[at];
            return value === undefined || other === undefined ? undefined : operate(value, other);
          }),
        ],
      ];
    }),
  );
}

function countNonzero(groups: readonly Values[], minutes: number): Values {
  return Array.from({ length: minutes }, (_, at) => {
    const values = groups.map((group) => group[at]).filter((value) => value !== undefined);
    return values.length === 0 ? undefined : values.filter((value) => value !== 0).length;
  });
}

/** Within a series and minute counts are added up, and gauges averaged. */
function evaluateSeries(
  { aggregator, metric, filter, by, isCount }: Expression & { kind: 'series' },
  points: readonly Point[],
  minutes: number,
): Groups {
  const buckets = new Map<string, Map<string, number[]>[]>();
  for (const point of points) {
    const { tags, minute, value } = point;
    const at = Math.floor(minute);
    if (point.metric !== metric || at >= minutes) continue;
    if (!filter.every((term) => (tags.get(term.tag) === term.value) !== term.not)) continue;
    const group = by.map((tag) => `${tag}:${tags.get(tag) ?? 'N/A'}`).join(',');
    const ofGroup = buckets.get(group) ?? Array.from({ length: minutes }, () => new Map<string, number[]>());
    buckets.set(group, ofGroup);
    const series = [...tags].join(' ');
    const ofSeries = ofGroup[at]?.get(series);
    if (ofSeries === undefined) ofGroup[at]?.set(series, [value]);
    else ofSeries.push(value);
  }
  const inMinute = isCount ? AGGREGATE.sum : AGGREGATE.avg;
  return new Map(
    [...buckets].map(([group, ofGroup]) => [
      group,
      ofGroup.map((series) =>
        series.size === 0 ? undefined : AGGREGATE[aggregator]([...series.values()].map(inMinute)),
      ),
    ]),
  );
}
