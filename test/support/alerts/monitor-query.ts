/** The part of Datadog's language for monitors that ours are written in, read into a tree. Every function is pure. */
import { DATADOG_QUERY } from '../../tools/metric-queries.ts';

export type Aggregator = 'avg' | 'sum' | 'min' | 'max';

export type Expression =
  | { readonly kind: 'number'; readonly value: number }
  | {
      readonly kind: 'series';
      readonly aggregator: Aggregator;
      readonly metric: string;
      /** Each must hold: the tag has the value, or has another one. */
      readonly filter: readonly { readonly tag: string; readonly value: string; readonly not: boolean }[];
      readonly by: readonly string[];
      readonly isCount: boolean;
    }
  | { readonly kind: 'function'; readonly name: 'default_zero' | 'count_nonzero'; readonly of: Expression }
  | {
      readonly kind: 'binary';
      readonly operator: '+' | '-' | '*';
      readonly left: Expression;
      readonly right: Expression;
    };

export interface Comparison {
  readonly operator: '<' | '<=' | '>' | '>=';
  readonly threshold: number;
}

/** Windows in minutes. */
export type MonitorQuery = Comparison &
  (
    | {
        readonly kind: 'window';
        readonly aggregator: Aggregator;
        readonly minutes: number;
        /** Each value is what it has changed by in so many minutes; undefined: the value itself. */
        readonly changeMinutes: number | undefined;
        readonly of: Expression;
      }
    | {
        readonly kind: 'burn rate';
        readonly objective: string;
        readonly longMinutes: number;
        readonly shortMinutes: number;
      }
  );

const MINUTES: Readonly<Record<string, number>> = { m: 1, h: 60, d: 1440 };
const WINDOW = /^(change\()?(avg|sum|min|max)\(last_(\w+)\)(?:,last_(\w+)\))?:(.*) (<=|>=|<|>) (-?[\d.]+)$/;
const BURN_RATE =
  /^burn_rate\("(\w+)"\)\.over\("\w+"\)\.long_window\("(\w+)"\)\.short_window\("(\w+)"\) (>) ([\d.]+)$/;

/** @throws Error where the query is not of the part that is known here. */
export function parseMonitorQuery(query: string): MonitorQuery {
  const burn = BURN_RATE.exec(query);
  if (burn !== null) {
    const [, objective = '', long = '', short = '', , threshold] = burn;
    const windows = { longMinutes: minutesOf(long), shortMinutes: minutesOf(short) };
    return { kind: 'burn rate', objective, ...windows, operator: '>', threshold: Number(threshold) };
  }
  const found = WINDOW.exec(query);
  if (found === null) throw new Error(`not a monitor’s query that is known here: ${query}`);
  const [, change, aggregator, window = '', before, of = '', operator, threshold] = found;
  if ((change === undefined) !== (before === undefined)) throw new Error(`half a change: ${query}`);
  return {
    kind: 'window',
    aggregator: aggregator as Aggregator,
    minutes: minutesOf(window),
    changeMinutes: before === undefined ? undefined : minutesOf(before),
    of: parseExpression(of),
    operator: operator as Comparison['operator'],
    threshold: Number(threshold),
  };
}

function minutesOf(text: string): number {
  const [, number, unit = ''] = /^(\d+)([mhd])$/.exec(text) ?? [];
  const minutes = Number(number) * (MINUTES[unit] ?? Number.NaN);
  if (Number.isNaN(minutes)) throw new Error(`no duration: ${text}`);
  return minutes;
}

/** Sums of products, as in `a - 1000 * default_zero(b)`. @throws Error where something else stands there. */
export function parseExpression(text: string): Expression {
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | undefined => {
    const sticky = new RegExp(pattern.source, 'y');
    sticky.lastIndex = at;
    const found = sticky.exec(text);
    if (found !== null) at += found[0].length;
    return found ?? undefined;
  };
  const need = (pattern: RegExp): RegExpExecArray => {
    const found = take(pattern);
    if (found === undefined) throw new Error(`not understood: ${text.slice(at)}`);
    return found;
  };

  function sum(): Expression {
    let left = product();
    for (let sign = take(/ ([+-]) /); sign !== undefined; sign = take(/ ([+-]) /))
      left = { kind: 'binary', operator: sign[1] as '+' | '-', left, right: product() };
    return left;
  }
  function product(): Expression {
    let left = operand();
    while (take(/ \* /) !== undefined) left = { kind: 'binary', operator: '*', left, right: operand() };
    return left;
  }
  function operand(): Expression {
    const number = take(/\d+(?:\.\d+)?/);
    if (number !== undefined) return { kind: 'number', value: Number(number[0]) };
    const call = take(/(default_zero|count_nonzero)\(/);
    if (call === undefined) return series(need(DATADOG_QUERY));
    const of = sum();
    need(/\)/);
    return { kind: 'function', name: call[1] as 'default_zero' | 'count_nonzero', of };
  }

  const whole = sum();
  if (at < text.length) throw new Error(`not understood: ${text.slice(at)}`);
  return whole;
}

function series([, aggregator, metric = '', filter = '', by = '', as]: RegExpExecArray): Expression {
  return {
    kind: 'series',
    aggregator: aggregator as Aggregator,
    metric,
    filter: filter
      .split(',')
      .filter((term) => term !== '*')
      .map((term) => {
        const [tag = '', value = ''] = term.replace(/^!/, '').split(':');
        return { tag, value, not: term.startsWith('!') };
      }),
    by: by.split(',').filter((tag) => tag !== ''),
    isCount: as !== undefined,
  };
}
