/** One partition whose work is slow can't take all slots; nobody is refused its part; where all want more, none is wasted. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  createFairShares,
  type FairShares,
  type Share,
} from '../../../../src/runtime/collections/fair-shares.ts';

function between(partitions: number, size: number): FairShares {
  const shares = createFairShares(size);
  shares.shareBetween(partitions);
  return shares;
}

/** Takes for one share until it is refused. */
function fill(shares: FairShares, partition: Share, most = Infinity): number {
  let taken = 0;
  while (taken < most && shares.total() < shares.size() && shares.canAcquire(partition)) {
    shares.acquire(partition);
    taken += 1;
  }
  return taken;
}

test('somebody alone may take everything', () => {
  expect(fill(between(1, 128), 0)).toBe(128);
});

test.each([
  [12, 128],
  [2, 128],
  [100, 128],
  [12, 4],
  [12, 3],
  [12, 2],
])('one of %i that hoards leaves a third of what is beyond its part of %i slots', (partitions, size) => {
  const shares = between(partitions, size);
  const part = Math.ceil(size / partitions);
  const free = size - fill(shares, 0);
  expect(free).toBeGreaterThanOrEqual(1);
  expect(Math.abs(free - (size - part) / 3)).toBeLessThanOrEqual(1);
});

test('where all want more, nothing stays free and all have their part', () => {
  const shares = between(12, 128);
  const parts = Array.from({ length: 12 }, () => 0);
  for (let moved = true; moved;) {
    moved = false;
    for (const partition of parts.keys()) {
      const took = fill(shares, partition, 1);
      parts[partition]! += took;
      moved ||= took > 0;
    }
  }
  expect(shares.total()).toBe(128);
  expect(Math.min(...parts)).toBeGreaterThanOrEqual(10);
  expect(Math.max(...parts)).toBeLessThanOrEqual(11);
});

test('what a hoarder has borrowed goes to others as it comes back', () => {
  const shares = between(4, 40);
  const hoarded = fill(shares, 0);
  expect(hoarded).toBe(30);
  for (const partition of [1, 2, 3]) fill(shares, partition, 10);
  expect(shares.total()).toBe(40);
  shares.release(0);
  expect(shares.canAcquire(0)).toBe(false);
  expect([1, 2, 3].some((partition) => shares.canAcquire(partition))).toBe(true);
});

test('what belongs to no partition is a share of its own', () => {
  const shares = between(4, 40);
  const hoarded = fill(shares, undefined);
  expect(hoarded).toBe(30);
  expect([0, 1, 2].map((partition) => fill(shares, partition, 3))).toEqual([3, 3, 3]);
  expect(shares.canAcquire(undefined)).toBe(false);
  for (let slot = 0; slot < hoarded; slot += 1) shares.release(undefined);
  expect(fill(shares, undefined, 10)).toBe(10);
});

test('slots that are added may be taken, those that are taken away come back first', () => {
  const shares = between(2, 8);
  expect([fill(shares, 0, 4), fill(shares, 1, 4)]).toEqual([4, 4]);
  shares.resize(10);
  expect(shares.size()).toBe(10);
  expect([fill(shares, 0, 1), fill(shares, 1, 1)]).toEqual([1, 1]);
  shares.resize(4);
  for (let slot = 0; slot < 5; slot += 1) shares.release(0);
  shares.release(1);
  expect(shares.total()).toBe(4);
  expect([fill(shares, 0), fill(shares, 1)]).toEqual([0, 0]);
  shares.release(1);
  expect([shares.canAcquire(0), shares.canAcquire(1)]).toEqual([true, false]);
});

test('never beyond the size, and below its part nobody is refused a free slot', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 60 }),
      fc.integer({ min: 1, max: 12 }),
      fc.array(fc.tuple(fc.nat(11), fc.boolean()), { maxLength: 400 }),
      (size, partitions, moves) => {
        const shares = between(partitions, size);
        const taken = Array.from({ length: partitions }, () => 0);
        for (const [at, isTaking] of moves) {
          const partition = at % partitions;
          const before = taken[partition]!;
          if (isTaking) taken[partition]! += fill(shares, partition, 1);
          else if (before > 0) {
            shares.release(partition);
            taken[partition]! -= 1;
          }
          const total = taken.reduce((sum, one) => sum + one, 0);
          if (total !== shares.total() || total > size) return false;
          const isRefused = isTaking && total < size && taken[partition] === before;
          if (isRefused && before < Math.ceil(size / partitions)) return false;
        }
        return true;
      },
    ),
  );
});
