import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  createPartitionShares,
  type PartitionShares,
} from '../../../../src/stream/partition/partition-shares.ts';

/** Takes for one partition until it is refused. */
function fill(shares: PartitionShares, taken: number): number {
  let now = taken;
  while (shares.canAcquire(now)) {
    shares.changed(now, now + 1);
    now += 1;
  }
  return now;
}

test('one partition alone may take everything', () => {
  expect(fill(createPartitionShares(100, 1), 0)).toBe(100);
});

test('one of many that fills up leaves room for all others', () => {
  const shares = createPartitionShares(1000, 10);
  expect(fill(shares, 0)).toBe(300);
  for (let partition = 1; partition < 10; partition += 1) expect(fill(shares, 0)).toBeGreaterThanOrEqual(50);
  expect(shares.total()).toBeLessThanOrEqual(1000);
});

test('one after the other, stuck partitions leave less to each next one, but always its part', () => {
  const shares = createPartitionShares(256, 4);
  expect([0, 0, 0, 0].map((taken) => fill(shares, taken))).toEqual([96, 64, 48, 40]);
});

test('what lies between no partition and one is the same: a pod without partitions takes in nothing yet', () => {
  expect(fill(createPartitionShares(100, 0), 0)).toBe(100);
});

test('two share a capacity that is odd, or too small to be divided', () => {
  const odd = createPartitionShares(7, 2);
  expect([fill(odd, 0), fill(odd, 0)]).toEqual([4, 2]);
  const one = createPartitionShares(1, 2);
  expect([fill(one, 0), fill(one, 0)]).toEqual([1, 0]);
});

test('what is given back is lent again', () => {
  const shares = createPartitionShares(100, 2);
  const hog = fill(shares, 0);
  const other = fill(shares, 0);
  shares.changed(hog, 0);
  expect(fill(shares, other)).toBeGreaterThan(other);
});

test('never beyond its size, and always a part for everybody, whatever they do', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 60 }),
      fc.integer({ min: 1, max: 12 }),
      fc.array(fc.tuple(fc.nat(11), fc.boolean()), { maxLength: 400 }),
      (size, partitions, moves) => {
        const shares = createPartitionShares(size, partitions);
        const taken = Array.from({ length: partitions }, () => 0);
        for (const [at, isTaking] of moves) {
          const partition = at % partitions;
          const now = taken[partition]!;
          if (isTaking && !shares.canAcquire(now)) continue;
          if (!isTaking && now === 0) continue;
          taken[partition] = now + (isTaking ? 1 : -1);
          shares.changed(now, taken[partition]);
          const total = taken.reduce((sum, one) => sum + one, 0);
          if (total !== shares.total() || total > size) return false;
          const own = Math.floor(size / 2 / partitions);
          if (taken.some((one) => one < own && !shares.canAcquire(one))) return false;
          if (total === 0 && !shares.canAcquire(0)) return false;
        }
        return true;
      },
    ),
  );
});
