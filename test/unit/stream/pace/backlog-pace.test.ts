/** When a backlog will be gone: by the pace of the last seconds, whatever the way in which it shrinks. */
import { describe, expect, it } from 'vitest';
import { createBacklogPace } from '../../../../src/stream/pace/backlog-pace.ts';

/** Looks once a second. */
function watched(lags: readonly number[]): number | null {
  const pace = createBacklogPace();
  for (const [second, lag] of lags.entries()) pace.sample(second * 1000, lag);
  return pace.etaSeconds();
}

const seconds = (count: number, lagAt: (second: number) => number): number[] =>
  Array.from({ length: count }, (_, second) => lagAt(second));

it('is not known before it was looked at, nor by a single look', () => {
  expect(watched([])).toBeNull();
  expect(watched([100])).toBeNull();
});

it('is now where there is none, at the first look too', () => {
  expect(watched([0])).toBe(0);
  expect(watched([100, 50, 0])).toBe(0);
});

it('is not now while anything is left', () => {
  expect(watched([1_000_000, 1])).toBe(1);
});

it('is what is left at the pace of so far, from the second look on', () => {
  expect(watched([1000, 990])).toBe(99);
  expect(watched(seconds(11, (second) => 1000 - 10 * second))).toBe(90);
});

it('is never where the backlog stands or grows', () => {
  expect(watched(seconds(11, () => 1000))).toBeNull();
  expect(watched(seconds(11, (second) => 1000 + second))).toBeNull();
});

it('forgets what was before', () => {
  const stood = [...seconds(300, () => 10_000), ...seconds(61, (second) => 10_000 - 50 * second)];
  expect(watched(stood)).toBeCloseTo(140, -1);
  const shrank = [...seconds(300, (second) => 40_000 - 100 * second), ...seconds(90, () => 10_000)];
  expect(watched([...shrank, ...seconds(40, (second) => 10_000 + 20 * second)])).toBeNull();
});

it('takes looks closer together than a second for one, and what is left from the last of all', () => {
  const pace = createBacklogPace();
  for (let ms = 0; ms <= 30_000; ms += 10) pace.sample(ms, 100_000 - ms);
  expect(pace.etaSeconds()).toBe(70);
  pace.sample(30_010, 35_000);
  expect(pace.etaSeconds()).toBe(35);
});

it('goes by the times of the looks, not by their number', () => {
  const pace = createBacklogPace();
  for (const second of [0, 1, 2, 3, 13, 14, 40]) pace.sample(second * 1000, 10_000 - 100 * second);
  expect(pace.etaSeconds()).toBe(60);
  // A look after an hour of none: about 1000 offsets in that hour.
  pace.sample(3_640_000, 5000);
  expect(pace.etaSeconds()).toBeGreaterThan((5000 * 3600) / 2000);
  expect(pace.etaSeconds()).toBeLessThan((5000 * 3600) / 500);
});

it('is the weighted least squares over all looks, told by hand', () => {
  const looks = [0, 1, 2.5, 3.4, 6, 7, 8, 20, 21].map((second, at) => ({
    second,
    lag: 9000 - 300 * second + 700 * (at % 3) - 4 * second * second,
  }));
  const pace = createBacklogPace();
  for (const { second, lag } of looks) pace.sample(second * 1000, lag);
  const last = looks.at(-1)!;
  const weighted = looks.map(({ second, lag }) => ({
    second,
    lag,
    weight: Math.exp((second - last.second) / 10),
  }));
  const mean = (of: (look: (typeof weighted)[number]) => number): number =>
    weighted.reduce((sum, look) => sum + look.weight * of(look), 0) /
    weighted.reduce((sum, { weight }) => sum + weight, 0);
  const [middle, lag] = [mean((look) => look.second), mean((look) => look.lag)];
  const slope =
    mean((look) => (look.second - middle) * (look.lag - lag)) / mean((look) => (look.second - middle) ** 2);
  expect(pace.etaSeconds()).toBe(Math.round(-last.lag / slope));
});

it('a second look counts from 0.9 s on', () => {
  for (const [ms, told] of [
    [899, null],
    [900, 8],
  ] as const) {
    const pace = createBacklogPace();
    pace.sample(5000, 1000);
    pace.sample(5000 + ms, 900);
    expect(pace.etaSeconds()).toBe(told);
  }
});

describe('a backlog of a million is told within 20 % after 30 s', () => {
  /** How many leave a second, less how many come, by the second since the start. */
  const WORLDS: Readonly<Record<string, (second: number) => number>> = {
    'at a steady pace': () => 20_000,
    'while others come': () => 12_000 - 4000,
    slowly: () => 500,
    'after a start at half the pace': (second) => (second < 5 ? 10_000 : 20_000),
    'after a start that takes ten seconds to come to its pace': (second) =>
      20_000 * Math.min(1, (second + 1) / 11),
    'after eight seconds of nothing': (second) => (second < 8 ? 0 : 20_000),
    'with pauses of 3 s in each ten': (second) => (second % 10 < 3 ? 0 : 20_000),
    'at a pace that halves after ten seconds': (second) => (second < 10 ? 20_000 : 10_000),
    'at a pace that doubles after ten seconds': (second) => (second < 10 ? 5000 : 10_000),
    'at a pace that goes up and down by half': (second) => 15_000 * (1 + 0.5 * Math.sin(second * 1.7)),
  };

  it.each(Object.entries(WORLDS))('%s', (_name, netPace) => {
    const lags: number[] = [];
    for (let lag = 1_000_000; lag > 0; lag -= netPace(lags.length)) lags.push(lag);
    const told = watched(lags.slice(0, 31)) ?? Infinity;
    const left = lags.length - 30;
    expect(told / left).toBeGreaterThan(0.8);
    expect(told / left).toBeLessThan(1.2);
  });

  it('and again at any later second, while commits come in steps of three', () => {
    const lags = seconds(90, (second) => 1_000_000 - 10_000 * (second - (second % 3)));
    for (let second = 30; second < 85; second += 1) {
      const told = watched(lags.slice(0, second + 1)) ?? Infinity;
      expect(Math.abs(told - (100 - second))).toBeLessThan(0.2 * (100 - second) + 1);
    }
  });
});
