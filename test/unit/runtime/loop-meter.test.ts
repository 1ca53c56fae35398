/** A sample tells what became of the loop since the one before; the CPU meter counts this thread alone. */
import { statSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createLoopMeter, startCpuMeter } from '../../../src/runtime/loop-meter.ts';
import { createPacer } from '../../../src/runtime/loop-turns.ts';

test('a sample tells how the loop spent its time since the one before', async () => {
  const sample = createLoopMeter();
  await new Promise((resolve) => setTimeout(resolve, 30));
  const pacer = createPacer();
  while (!pacer.isDue());
  await pacer.turn();
  const first = sample();
  expect(first.elapsedMs).toBeGreaterThan(30);
  expect(first.slicedMs).toBeGreaterThanOrEqual(4);
  expect(first.busyMs).toBeGreaterThanOrEqual(first.slicedMs);
  expect(first.busyMs).toBeLessThan(first.elapsedMs);
  expect(first.turns).toBeGreaterThanOrEqual(1);
  const second = sample();
  expect(second).toMatchObject({ slicedMs: 0, turns: 0 });
  expect(second.elapsedMs).toBeLessThan(first.elapsedMs);
});

test('the meter tells the ms of CPU of this thread, in its own code and in the system’s', () => {
  const ms = ({ user, system }: NodeJS.CpuUsage): number => (user + system) / 1000;
  const outer = process.threadCpuUsage();
  const meter = startCpuMeter();
  const inner = process.threadCpuUsage();
  let used = process.threadCpuUsage(inner);
  while (used.user < 2000 || used.system < 2000) {
    statSync('.');
    used = process.threadCpuUsage(inner);
  }
  const measuredMs = meter();
  expect(measuredMs).toBeGreaterThanOrEqual(ms(used));
  expect(measuredMs).toBeLessThanOrEqual(ms(process.threadCpuUsage(outer)));
});
