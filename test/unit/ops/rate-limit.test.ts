/** So many at once, and so many a second after that. */
import { expect, it } from 'vitest';
import { createRateLimit } from '../../../src/ops/rate-limit.ts';

it('gives the burst, then one for each part of a second, and saves up no more than the burst', () => {
  let now = 1000;
  const limit = createRateLimit({ burst: 2, perSecond: 4 }, () => now);
  expect([limit.take(), limit.take(), limit.take()]).toEqual([true, true, false]);
  now += 249;
  expect(limit.take()).toBe(false);
  now += 1;
  expect(limit.hasAny()).toBe(true);
  expect([limit.take(), limit.take()]).toEqual([true, false]);
  now += 60_000;
  expect([limit.take(), limit.take(), limit.take()]).toEqual([true, true, false]);
});
