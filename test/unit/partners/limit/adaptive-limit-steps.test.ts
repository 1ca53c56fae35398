/** The limit that finds itself, step by step, where answers take what they are told to; see adaptive-limit.test.ts. */
import { describe, expect, test } from 'vitest';
import { createAdaptiveLimit } from '../../../../src/partners/limit/adaptive-limit.ts';
import type { ConcurrencyLimit } from '../../../../src/partners/limit/concurrency-limit.ts';

/** A partner that serves `capacity` calls at once and queues the rest; runs rounds of full load against it. */
function load(limit: ConcurrencyLimit, rounds: number, capacity: number, baseMs = 20): void {
  for (let round = 0; round < rounds; round += 1) {
    const out = limit.current();
    const latencyMs = baseMs * Math.max(1, out / capacity);
    for (let call = 0; call < out; call += 1) limit.settled(false, latencyMs, out);
  }
}

describe('adaptive limit', () => {
  const options = { min: 8, max: 512, initial: 32 };

  test('doubles while answers cost the same, then stays within a trial of its ceiling', () => {
    const limit = createAdaptiveLimit(options);
    load(limit, 8, 10_000);
    expect(limit.current()).toBe(512);
    for (let round = 0; round < 200; round += 1) {
      load(limit, 1, 10_000);
      expect(limit.current()).toBeGreaterThanOrEqual(450);
    }
  });

  test.each([
    [5, 100],
    [10, 100],
    [20, 90],
    [90, 90],
  ])('with %i in a hundred failing it is %i of a hundred after one round', (inHundred, left) => {
    const limit = createAdaptiveLimit({ ...options, initial: 100 });
    for (let n = 0; n < 100; n += 1) limit.settled((n * inHundred) % 100 >= 100 - inHundred, 20, 60);
    expect(limit.current()).toBe(left);
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
    expect(limit.current()).toBe(8);
    load(limit, 400, 10_000);
    expect(limit.current()).toBeGreaterThanOrEqual(450);
  });

  test('learns a share that fails whatever the limit', () => {
    const limit = createAdaptiveLimit(options);
    for (let n = 0; n < 100_000; n += 1) limit.settled(n % 5 === 0, 20, limit.current());
    expect(limit.current()).toBeGreaterThanOrEqual(450);
  });

  test('takes a partner that became slower for good as it is', () => {
    const limit = createAdaptiveLimit(options);
    load(limit, 10, 10_000, 10);
    load(limit, 400, 10_000, 60);
    expect(limit.current()).toBeGreaterThanOrEqual(450);
  });

  test('after an outage it starts small and doubles every other round', () => {
    const limit = createAdaptiveLimit(options);
    load(limit, 40, 10_000);
    limit.restart();
    const seen = [limit.current()];
    for (let call = 0; call < 100; call += 1) {
      limit.settled(false, 20, limit.current());
      if (limit.current() !== seen.at(-1)) seen.push(limit.current());
    }
    expect(seen).toEqual([4, 8, 16, 32, 64]);
  });

  test('of one bound only, it is that', () => {
    const limit = createAdaptiveLimit({ min: 8, max: 8, initial: 8 });
    load(limit, 100, 4);
    expect(limit.current()).toBe(8);
  });

  test('comes to rest at a level where answers take the same each time, and only looks around from there', () => {
    const limit = createAdaptiveLimit(options);
    load(limit, 200, 100);
    const seen: number[] = [];
    for (let round = 0; round < 400; round += 1) {
      load(limit, 1, 100);
      seen.push(limit.current());
    }
    expect(Math.min(...seen)).toBeGreaterThanOrEqual(70);
    expect(Math.max(...seen)).toBeLessThanOrEqual(145);
    const mean = seen.reduce((sum, one) => sum + one, 0) / seen.length;
    expect(mean).toBeGreaterThan(90);
    expect(mean).toBeLessThan(110);
  });

  test.each([
    ['rises where only a part of it may be taken, but somebody waits', true, 512],
    ['does not where nobody waits', false, 32],
  ])('%s', (_, isAwaited, reached) => {
    const limit = createAdaptiveLimit(options);
    for (let n = 0; n < 20_000; n += 1) {
      limit.settled(false, 20, Math.floor(0.6 * limit.current()), isAwaited);
    }
    expect(limit.current()).toBeGreaterThanOrEqual(0.9 * reached);
    expect(limit.current()).toBeLessThanOrEqual(reached);
  });

  test('lets a demand alone that is as large as its level: there is nothing to be found above', () => {
    const limit = createAdaptiveLimit(options);
    load(limit, 200, 100);
    const demand = 100;
    let served = 0;
    for (let round = 0; round < 2000; round += 1) {
      const out = Math.min(demand, limit.current());
      for (let call = 0; call < out; call += 1) limit.settled(false, 20, out, limit.current() < demand);
      served += out;
    }
    expect(served / (2000 * demand)).toBeGreaterThan(0.97);
  });

  test('does not leave a good level for what failed above it', () => {
    const limit = createAdaptiveLimit({ ...options, initial: 24 });
    const seen: number[] = [];
    let calls = 0;
    for (let round = 0; round < 2000; round += 1) {
      const out = limit.current();
      for (let call = 0; call < out; call += 1) {
        calls += 1;
        limit.settled(out > 28 && calls % 3 === 0, 20, out);
      }
      if (round > 100) seen.push(limit.current());
    }
    expect(Math.min(...seen)).toBeGreaterThanOrEqual(16);
  });
});
