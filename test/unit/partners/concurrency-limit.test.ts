import { describe, expect, test } from 'vitest';
import {
  createAdaptiveLimit,
  createFixedLimit,
  type ConcurrencyLimit,
} from '../../../src/partners/concurrency-limit.ts';

/** A partner that serves `capacity` calls at once and queues the rest; runs rounds of full load against it. */
function load(limit: ConcurrencyLimit, rounds: number, capacity: number, baseMs = 20): void {
  for (let round = 0; round < rounds; round += 1) {
    const out = limit.current();
    const latencyMs = baseMs * Math.max(1, out / capacity);
    for (let call = 0; call < out; call += 1) limit.settled(false, latencyMs, out);
  }
}

describe('fixed limit', () => {
  test('is what it was told, whatever happens', () => {
    const limit = createFixedLimit(128);
    for (let n = 0; n < 100; n += 1) limit.settled(true, 2000, 128);
    expect(limit.current()).toBe(128);
  });

  test('after an outage it starts small and doubles with every round', () => {
    const limit = createFixedLimit(128);
    limit.restart();
    const seen = [limit.current()];
    for (let round = 0; round < 6; round += 1) {
      for (let call = limit.current(); call > 0; call -= 1) limit.settled(false, 5, 1);
      seen.push(limit.current());
    }
    expect(seen).toEqual([4, 8, 16, 32, 64, 128, 128]);
  });

  test('smaller than the restart, it stays what it is', () => {
    const limit = createFixedLimit(1);
    limit.restart();
    expect(limit.current()).toBe(1);
  });
});

describe('adaptive limit', () => {
  const options = { min: 8, max: 512, initial: 32 };

  test('climbs while the latency holds', () => {
    const limit = createAdaptiveLimit(options);
    load(limit, 40, 10_000);
    expect(limit.current()).toBe(512);
  });

  test('settles near what the partner can do at once', () => {
    const limit = createAdaptiveLimit(options);
    load(limit, 200, 64);
    const limits: number[] = [];
    for (let round = 0; round < 99; round += 1) {
      load(limit, 1, 64);
      limits.push(limit.current());
    }
    const usual = limits.sort((a, b) => a - b)[49]!;
    expect(usual).toBeGreaterThan(64);
    expect(usual).toBeLessThan(192);
  });

  test.each([1, 5, 50])('cuts when %i in a hundred… are overloaded only beyond a twentieth', (inHundred) => {
    const limit = createAdaptiveLimit({ ...options, initial: 100 });
    for (let n = 0; n < 100; n += 1) limit.settled(n < inHundred, 20, 10);
    expect(limit.current()).toBe(inHundred === 50 ? 70 : 100);
  });

  test('does not rise above what is used', () => {
    const limit = createAdaptiveLimit(options);
    for (let n = 0; n < 10_000; n += 1) limit.settled(false, 20, 5);
    expect(limit.current()).toBe(32);
  });

  test('stays between its bounds', () => {
    const limit = createAdaptiveLimit(options);
    for (let n = 0; n < 10_000; n += 1) limit.settled(true, 2000, limit.current());
    expect(limit.current()).toBe(8);
  });

  test('climbs again once the partner has recovered', () => {
    const limit = createAdaptiveLimit(options);
    for (let n = 0; n < 1000; n += 1) limit.settled(true, 2000, limit.current());
    load(limit, 100, 10_000);
    expect(limit.current()).toBe(512);
  });

  test('takes a partner that became slower for good as it is', () => {
    const limit = createAdaptiveLimit(options);
    load(limit, 10, 10_000, 10);
    load(limit, 400, 10_000, 60);
    expect(limit.current()).toBe(512);
  });

  test('after an outage it starts small and doubles', () => {
    const limit = createAdaptiveLimit(options);
    load(limit, 40, 10_000);
    limit.restart();
    expect(limit.current()).toBe(4);
    const seen = [4];
    for (let round = 0; round < 3; round += 1) {
      load(limit, 1, 10_000);
      seen.push(limit.current());
    }
    expect(seen).toEqual([4, 8, 16, 32]);
  });
});
