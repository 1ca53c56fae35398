import { expect, test } from 'vitest';
import { createLatencyWindow } from '../../../../src/partners/coupon/latency-window.ts';

test('percentiles of the last calls only', () => {
  const window = createLatencyWindow(100);
  expect(window.percentiles()).toEqual({ p50Ms: 0, p99Ms: 0 });
  window.add(7);
  expect(window.percentiles()).toEqual({ p50Ms: 7, p99Ms: 7 });
  for (let ms = 1000; ms < 1100; ms += 1) window.add(ms);
  for (let ms = 1; ms <= 100; ms += 1) window.add(ms);
  expect(window.percentiles()).toEqual({ p50Ms: 50, p99Ms: 99 });
});
