import { expect, test } from 'vitest';
import { createWriteFence, startStopwatch } from '../../../src/runtime/write-fence.ts';

/** Two clocks that are moved apart. */
function clocks() {
  const now = { monotonicMs: 5000, wallMs: 1_700_000_000_000 };
  const time = { monotonicMs: () => now.monotonicMs, wallMs: () => now.wallMs };
  const pass = (monotonicMs: number, wallMs: number): void => {
    now.monotonicMs += monotonicMs;
    now.wallMs += wallMs;
  };
  return { time, pass };
}

test.each([
  ['both clocks go on', 1500, 1500, 500],
  ['the machine was paused, so the monotonic clock stood still', 10, 1900, 100],
  ['the machine was paused for longer than that', 10, 60_000, -58_000],
  ['the wall clock was set back meanwhile', 1999, -3_600_000, 1],
  ['the wall clock was set back, and the time is over', 2000, -3_600_000, 0],
  ['the wall clock was set ahead', 1, 3_600_000, -3_598_000],
])('%s', (_name, monotonicMs, wallMs, leftMs) => {
  const { time, pass } = clocks();
  const fence = createWriteFence(2000, time);
  const passedMs = startStopwatch(time);
  expect(fence.leftMs()).toBe(2000);
  pass(monotonicMs, wallMs);
  expect(fence.leftMs()).toBe(leftMs);
  expect(passedMs()).toBe(2000 - leftMs);
});

test('this process’s own clocks by default', async () => {
  const fence = createWriteFence(60_000);
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(fence.leftMs()).toBeLessThan(60_000);
  expect(fence.leftMs()).toBeGreaterThan(0);
});
