/** What calls cost under one limit, from as many of them as are enough. */
import { expect, test } from 'vitest';
import { createLatencySample } from '../../../../src/partners/limit/latency-sample.ts';

test('a sample says what its calls cost, failed ones included', () => {
  const sample = createLatencySample(0);
  expect(sample.observe(false, 10, 2, true)).toBe(true);
  sample.observe(false, 30, 4, false);
  sample.observe(true, 20, 6, true);
  sample.observe(false, 20, 4, false);
  const seen = sample.result(4);
  expect(seen).toMatchObject({ calls: 4, elapsedMs: 20, inFlight: 4, awaitedShare: 0.5 });
  expect(seen?.costMs).toBeCloseTo(80 / 3, 10);
  // A variance of 50 ms² around 20 ms, one failure for three answers, four calls.
  expect(seen?.costError).toBeCloseTo(Math.sqrt((50 / 400 + 1 / 3) / 4), 10);
});

test('calls that began earlier are none of it', () => {
  const sample = createLatencySample(2);
  expect([1000, 1000, 20, 20].map((ms) => sample.observe(false, ms, 1, false))).toEqual([
    false,
    false,
    true,
    true,
  ]);
  expect(sample.result(2)).toMatchObject({ calls: 2, costMs: 20, costError: 0, elapsedMs: 40 });
});

test('there is none before enough calls, nor without an answer', () => {
  const sample = createLatencySample(0);
  for (let call = 0; call < 3; call += 1) sample.observe(true, 20, 1, false);
  expect([sample.result(4), sample.result(3)]).toEqual([undefined, undefined]);
  sample.observe(false, 20, 1, false);
  expect([sample.result(5), sample.result(4)?.costMs]).toEqual([undefined, 80]);
});

test('calls that take no time still cost something', () => {
  const sample = createLatencySample(0);
  sample.observe(false, 0, 1, false);
  expect(sample.result(1)).toMatchObject({ costMs: 0.001, costError: 0, elapsedMs: 0 });
});
