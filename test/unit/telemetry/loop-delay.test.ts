import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it, vi } from 'vitest';
import { watchLoopDelay, type LoopDelay } from '../../../src/telemetry/loop-delay.ts';

let delay: LoopDelay;
afterEach(() => {
  delay.stop();
});

function block(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

it('tells how long the loop was kept, without the pause between two looks, and forgets it', async () => {
  delay = watchLoopDelay();
  await sleep(30);
  block(100);
  await sleep(30);
  const kept = delay.takeP99Ms();
  expect(kept).toBeGreaterThan(80);
  await vi.waitFor(() => expect(delay.takeP99Ms()).toBeLessThan(kept), { timeout: 20_000 });
});

it('is small for a loop that rests: the pause between two looks is not counted', async () => {
  delay = watchLoopDelay();
  await vi.waitFor(
    () => {
      const p99Ms = delay.takeP99Ms();
      expect(p99Ms).toBeGreaterThan(0);
      expect(p99Ms).toBeLessThan(8);
    },
    { timeout: 20_000, interval: 200 },
  );
});

it('is nothing while nothing is measured', () => {
  delay = watchLoopDelay();
  expect(delay.takeP99Ms()).toBe(0);
});
