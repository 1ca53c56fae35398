import { expect, it } from 'vitest';
import { ownMs, watchTurns } from '../../support/pods/turn-watch.ts';

const turn = { startMs: 100, endMs: 160, cpuMs: 50 };
const span = (startMs: number, endMs: number) => ({ startMs, endMs });

it.each([
  ['without a collection', [], 50],
  ['with two', [span(110, 120), span(130, 135)], 35],
  ['told out of order', [span(130, 135), span(110, 120)], 35],
  ['before and after it', [span(80, 100), span(160, 170)], 50],
  ['over its borders', [span(90, 105), span(155, 170)], 40],
  ['one in another', [span(110, 130), span(115, 120), span(125, 135)], 25],
  ['that lasted longer than the CPU says', [span(100, 160)], 0],
])('a turn’s own work: collections %s', (_name, collections, expected) => {
  expect(ownMs(turn, collections)).toBe(expected);
});

it('tells work from collections, which come late', async () => {
  const busy = watchTurns();
  busy.begin();
  const { user } = process.threadCpuUsage();
  while (process.threadCpuUsage().user - user < 30_000);
  expect((await busy.end()).longestMs).toBeGreaterThanOrEqual(30);

  const littered = watchTurns();
  littered.begin();
  const kept: object[] = [];
  for (let n = 0; n < 2_000_000; n += 1) kept.push({ n });
  const seen = await littered.end();
  expect(kept).toHaveLength(2_000_000);
  expect(seen.collections).toBeGreaterThan(0);
  expect(seen.longestOwnMs).toBeLessThan(seen.longestMs);
});
