/** When a backlog will be gone, by how fast it has shrunk. */
import { expect, it } from 'vitest';
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

it('is what is left at the pace of so far', () => {
  expect(watched(seconds(11, (second) => 1000 - 10 * second))).toBe(90);
});

it('is never where the backlog stands or grows', () => {
  expect(watched(seconds(11, () => 1000))).toBeNull();
  expect(watched(seconds(11, (second) => 1000 + second))).toBeNull();
});

it('goes by the last minute, not by what was before it', () => {
  const lags = [...seconds(300, () => 10_000), ...seconds(121, (second) => 10_000 - 50 * second)];
  expect(watched(lags)).toBe(80);
});

it('looks as often as it is asked, and keeps no more than its minute', () => {
  const pace = createBacklogPace();
  for (let ms = 0; ms <= 600_000; ms += 10) pace.sample(ms, 600_000 - ms / 10);
  expect(pace.etaSeconds()).toBe(5400);
});

it('takes its pace from what was a minute ago, and not from the moment before', () => {
  const pace = createBacklogPace();
  pace.sample(0, 10_000);
  for (let ms = 2000; ms <= 62_000; ms += 2000) pace.sample(ms, 1000 - (ms - 2000) / 100);
  expect(pace.etaSeconds()).toBe(40);
});

it('takes looks closer together than two seconds for one, though the last of all tells what is left', () => {
  const pace = createBacklogPace();
  pace.sample(10_000, 4000);
  for (let ms = 1000; ms <= 61_000; ms += 1000) pace.sample(10_000 + ms, 3100 - ms / 10_000);
  pace.sample(71_500, 1000);
  expect(pace.etaSeconds()).toBe(Math.ceil((1000 * 61.5) / 3000));
});
