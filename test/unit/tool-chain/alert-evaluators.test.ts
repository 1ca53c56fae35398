/** What judges alerts in scenarios, by points made by hand: Datadog's monitors, and what becomes of scrapes. */
import { describe, expect, it } from 'vitest';
import {
  readAlerts,
  readDatadogAlerts,
  RULE_FILES,
  type DatadogAlerts,
} from '../../support/alerts/alert-files.ts';
import { asPoints, type Point } from '../../support/alerts/intake.ts';
import { parseExpression, parseMonitorQuery } from '../../support/alerts/monitor-query.ts';
import { evaluate, monitorsFiringByMinute } from '../../support/alerts/monitors.ts';
import { findPromtoolObstacle, firingByMinute } from '../../support/alerts/promtool.ts';
import { asInputSeries, readSamples } from '../../support/alerts/scrapes.ts';

/** One a minute, from minute 0 on; undefined: none. */
function points(
  metric: string,
  values: readonly (number | undefined)[],
  tags: Readonly<Record<string, string>> = {},
): Point[] {
  return values.flatMap((value, minute) =>
    value === undefined
      ? []
      : [{ metric, tags: new Map(Object.entries({ pod: 'a', ...tags })), minute: minute + 0.5, value }],
  );
}

const values = (query: string, given: readonly Point[], minutes: number) =>
  Object.fromEntries(evaluate(parseExpression(query), given, minutes));

/** The minutes at which a monitor of this query fires. */
function fires(
  query: string,
  given: readonly Point[],
  minutes: number,
  options: Partial<DatadogAlerts['monitors'][number]> = {},
): number[] {
  const monitor = { name: 'it', query, wantsFullWindow: false, noDataMinutes: undefined, ...options };
  const objective = {
    numerator: 'sum:coupon_notifier.deliveries{outcome:sent}.as_count()',
    denominator: 'sum:coupon_notifier.deliveries{*}.as_count()',
    targetPercent: 99,
  };
  const alerts = { monitors: [monitor], objectives: new Map([['SLO', objective]]) };
  return monitorsFiringByMinute(alerts, given, minutes).flatMap((names, at) => (names.has('it') ? [at] : []));
}

describe('a formula', () => {
  const twoPods = [
    ...points('lag', [1, 2, undefined]),
    ...points('lag', [10, 20, undefined], { pod: 'b' }),
    ...points('lag', [100], { pod: 'b', partition: '1' }),
  ];

  it('puts points of a minute together by series, series by group', () => {
    expect(values('sum:coupon_notifier.lag{*}', twoPods, 3)).toEqual({ '': [111, 22, undefined] });
    expect(values('max:coupon_notifier.lag{*} by {pod}', twoPods, 3)).toEqual({
      'pod:a': [1, 2, undefined],
      'pod:b': [100, 20, undefined],
    });
    const twice = [...points('lag', [4]), ...points('lag', [8])];
    expect(values('sum:coupon_notifier.lag{*}', twice, 1)).toEqual({ '': [6] });
    expect(values('sum:coupon_notifier.lag{*}.as_count()', twice, 1)).toEqual({ '': [12] });
  });

  it('filters by what a tag is and is not', () => {
    const query = (filter: string) => `sum:coupon_notifier.lag{${filter}}`;
    expect(values(query('pod:a'), twoPods, 1)).toEqual({ '': [1] });
    expect(values(query('!pod:a,!partition:1'), twoPods, 1)).toEqual({ '': [10] });
    expect(values(query('pod:c'), twoPods, 1)).toEqual({});
  });

  it('has no value where one of its parts has none, unless zero stands in', () => {
    const [a, b] = ['sum:coupon_notifier.in_flight{*}', 'sum:coupon_notifier.events{*}.as_count()'];
    const given = [...points('in_flight', [5, 5, 5]), ...points('events', [undefined, 2, undefined])];
    expect(values(`${a} - 2 * ${b}`, given, 3)).toEqual({ '': [undefined, 1, undefined] });
    expect(values(`${a} - 2 * default_zero(${b})`, given, 3)).toEqual({ '': [5, 1, 5] });
    expect(values(`${a} - default_zero(${b})`, points('in_flight', [5]), 1)).toEqual({ '': [5] });
    expect(values(`${a} - ${b}`, points('in_flight', [5]), 1)).toEqual({});
  });

  it('counts the groups that are not 0', () => {
    expect(values('count_nonzero(sum:coupon_notifier.lag{*} by {pod})', twoPods, 3)).toEqual({
      '': [2, 2, undefined],
    });
  });

  it('of another kind is refused', () => {
    expect(() => parseExpression('avg:system.cpu{*}')).toThrow(/not understood/);
    expect(() => parseExpression('anomalies(sum:coupon_notifier.lag{*})')).toThrow(/not understood/);
    expect(() => parseMonitorQuery('sum(last_5x):sum:coupon_notifier.lag{*} > 1')).toThrow(/no duration/);
    expect(() => parseMonitorQuery('sum:coupon_notifier.lag{*} > 1')).toThrow(/not a monitor/);
  });
});

describe('a monitor', () => {
  it('looks at its window', () => {
    const breaker = points('breaker.open', [0, 0, 1, 1, 1, 1, 0]);
    expect(fires('min(last_3m):max:coupon_notifier.breaker.open{*} >= 1', breaker, 8)).toEqual([5, 6]);
    expect(fires('max(last_3m):max:coupon_notifier.breaker.open{*} < 1', breaker, 8)).toEqual([1, 2]);
    const starts = points('starts', [1, undefined, 1, 1]);
    expect(fires('sum(last_3m):sum:coupon_notifier.starts{*}.as_count() > 1', starts, 6)).toEqual([3, 4, 5]);
  });

  it('judges a window that is not full only where it may', () => {
    const ready = points('ready', [0, 0, 0, 0]);
    const query = 'max(last_3m):max:coupon_notifier.ready{*} < 1';
    expect(fires(query, ready, 4)).toEqual([1, 2, 3, 4]);
    expect(fires(query, ready, 4, { wantsFullWindow: true })).toEqual([3, 4]);
  });

  it('fires without points only where it is told to', () => {
    const query = 'max(last_3m):max:coupon_notifier.ready{*} < 1';
    expect(fires(query, points('ready', [1]), 6)).toEqual([]);
    expect(fires(query, points('ready', [1]), 6, { noDataMinutes: 3 })).toEqual([4, 5, 6]);
  });

  it('compares with what was before', () => {
    const behind = points('behind_seconds', [0, 60, 120, 180, 180, 180], { partition: '0', topic: 't' });
    const query =
      'change(min(last_2m),last_2m):max:coupon_notifier.behind_seconds{*} by {topic,partition} > 100';
    expect(fires(query, behind, 6)).toEqual([3, 4]);
  });

  it('burns a budget only in both windows', () => {
    const query = 'burn_rate("SLO").over("30d").long_window("4m").short_window("2m") > 14.4';
    const given = [
      ...points('deliveries', [8, 8, undefined, undefined, 8, 8], { outcome: 'sent' }),
      ...points('deliveries', [undefined, undefined, 8, 8], { outcome: 'expired' }),
    ];
    expect(fires(query, given, 6)).toEqual([3, 4, 5]);
    expect(fires(query, [], 6)).toEqual([]);
  });

  it('of ours is understood, each', async () => {
    const alerts = await readDatadogAlerts();
    for (const { query } of alerts.monitors) expect(() => parseMonitorQuery(query), query).not.toThrow();
    expect(monitorsFiringByMinute(alerts, [], 1)).toHaveLength(2);
    expect(alerts.monitors.map(({ name }) => name)).toEqual((await readAlerts()).map(({ name }) => name));
  });
});

const span = { beginMs: 1000, endMs: 5000, stretch: 60, leadMinutes: 0, holdMinutes: 0 };

describe('what was recorded', () => {
  it('is read from a scrape, but for distributions', () => {
    const text =
      '# TYPE x counter\nx_total{pod="a"} 3\ny_bucket{le="1"} 2\ny_sum{pod="a"} 1\nz{pod="a"} 0.5\n';
    expect([...readSamples(text)]).toEqual([
      ['x_total{pod="a"}', 3],
      ['z{pod="a"}', 0.5],
    ]);
  });

  it('becomes a step each, with gaps, ends and stretched times, between first and last state', () => {
    const up = 'coupon_notifier_uptime_seconds{pod="a"}';
    const scrape = (atMs: number, samples: [string, number][] | undefined) => ({
      ...{ atMs, target: 'http://a' },
      samples: samples === undefined ? undefined : new Map(samples),
    });
    const scrapes = [
      scrape(1000, [
        [up, 7],
        ['lag', 1],
      ]),
      scrape(2000, [[up, 8]]),
      scrape(4000, undefined),
      scrape(5000, [[up, 1]]),
      scrape(6000, [[up, 2]]),
    ];
    expect(asInputSeries(scrapes, { ...span, holdMinutes: 10, leadMinutes: 5 }, 60)).toEqual([
      { series: up, values: '420+0x4 420 480 _ stale 60 60+0x9' },
      { series: 'lag', values: '1+0x4 1 stale _ stale stale' },
    ]);
    expect(asInputSeries(scrapes.slice(3), { ...span, leadMinutes: 3 }, 60)).toEqual([
      { series: up, values: '_x2 _ _ _ _ 60' },
    ]);
  });

  it('becomes points in the alert’s time; what is held is gauges alone', () => {
    const request = (atMs: number, metric: string, value: number) => ({
      ...{ atMs, method: 'POST', url: '/api/v1/series?', headers: {} },
      body: JSON.stringify({
        series: [{ metric: `coupon_notifier.${metric}`, tags: ['pod:a', 'x:y:z'], points: [[1, value]] }],
      }),
    });
    const sent = [
      ...[request(500, 'ready', 1), request(1500, 'ready', 0), request(1900, 'ready', 1)],
      ...[request(3000, 'events', 3), request(4500, 'uptime_seconds', 2)],
    ];
    const tags = new Map([
      ['pod', 'a'],
      ['x', 'y:z'],
    ]);
    expect(asPoints(sent, { ...span, holdMinutes: 2, leadMinutes: 1 })).toEqual([
      { metric: 'ready', tags, minute: 0.5, value: 0 },
      { metric: 'ready', tags, minute: 1.5, value: 0 },
      { metric: 'ready', tags, minute: 1.9, value: 1 },
      { metric: 'events', tags, minute: 3, value: 3 },
      { metric: 'uptime_seconds', tags, minute: 4.5, value: 120 },
      { metric: 'uptime_seconds', tags, minute: 5.5, value: 120 },
      { metric: 'uptime_seconds', tags, minute: 6.5, value: 120 },
    ]);
  });
});

it('promtool says at which minutes an alert fires', async ({ skip }) => {
  const obstacle = await findPromtoolObstacle();
  skip(obstacle !== undefined, obstacle);
  const files = ['deploy/prometheus/alerts.yaml'];
  const series = [{ series: 'coupon_notifier_ready{pod="a"}', values: '1 1 1+0x2 0+0x70' }];
  const firing = await firingByMinute({ files, series, stepSeconds: 60, minutes: 70 });
  expect(firing.flatMap((names, at) => (names.has('NoPodIsReady') ? [at] : []))).toEqual(
    Array.from({ length: 64 }, (_, at) => at + 7),
  );
  const broken = [{ series: 'no series', values: '1' }];
  await expect(firingByMinute({ files, series: broken, stepSeconds: 60, minutes: 1 })).rejects.toThrow(
    /promtool/,
  );
});

it('a rollout in place and a gap in scrapes are no page of Prometheus’', async ({ skip }) => {
  const obstacle = await findPromtoolObstacle();
  skip(obstacle !== undefined, obstacle);
  const uptime = (pod: string, minutes: number) => ({
    series: `coupon_notifier_uptime_seconds{pod="${pod}"}`,
    values: `100+60x${String(minutes)} 0+60x60`,
  });
  const series = [
    { series: 'coupon_notifier_ready{pod="a"}', values: '1+0x90' },
    ...[uptime('a', 20), uptime('b', 24), uptime('c', 28)],
    {
      series: 'coupon_notifier_offsets_lost_total{pod="a",topic="t",partition="0"}',
      values: '5+0x20 stale _ _ _ 5+0x60',
    },
  ];
  const firing = await firingByMinute({ files: RULE_FILES, series, stepSeconds: 60, minutes: 60 });
  // In the first quarter of an hour everything is new.
  expect(firing.slice(16).flatMap((names) => [...names])).toEqual([]);
});
