/** A soak says flat only of what is flat. */
import { expect, it } from 'vitest';
import { checkMemory, checkTrends, findTrends, showTrend } from '../../../simulation/chaos/soak.ts';

const soak = (series: string, values: readonly number[]) =>
  findTrends(values.map((value) => ({ [series]: value })));

it('holds the last quarter against the first, whatever was between', () => {
  const [trend] = soak('pod-1 RSS', [200, 210, 400, 100, 100, 400, 215, 205]);
  expect(trend).toEqual({
    series: 'pod-1 RSS',
    unit: 'MiB',
    first: 210,
    last: 215,
    highest: 400,
    flat: true,
  });
});

it.each([
  ['pod-1 RSS', 200, 240],
  ['pod-2 handles', 40, 60],
  ['pod-1 answers late', 5, 40],
  ['Redis a push', 2, 3],
])('sees %s grow', (series, first, last) => {
  const [trend] = soak(series, [first, first, first, first, last, last, last, last]);
  expect(trend?.flat).toBe(false);
  expect(showTrend(trend!)).toMatch(/GROWS$/);
  expect(checkTrends([trend!])).toMatchObject({ holds: false, violations: [{}] });
});

it('says nothing of a series that is too short', () => {
  expect(soak('pod-1 RSS', [1, 2, 3])).toEqual([]);
});

it('finds a pod that takes more memory than it may', () => {
  expect(checkMemory([{ 'pod-1 RSS': 300 }, { 'pod-1 RSS': 511, 'Redis a push': 900 }]).holds).toBe(true);
  expect(checkMemory([{ 'pod-1 RSS': 300 }, { 'pod-2 RSS': 512 }]).violations).toEqual([
    { message: 'pod-2 RSS: 512 MiB' },
  ]);
});
