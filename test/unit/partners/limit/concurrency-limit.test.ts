import { describe, expect, test } from 'vitest';
import { createFixedLimit } from '../../../../src/partners/limit/concurrency-limit.ts';

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
