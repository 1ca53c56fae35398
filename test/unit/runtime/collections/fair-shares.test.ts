/** One sharer whose work is slow can't take all slots; nobody is refused its part; where all want more, none is wasted. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createFairShares, type FairShares } from '../../../../src/runtime/collections/fair-shares.ts';

function between(sharers: number, size: number): FairShares {
  const shares = createFairShares(size);
  shares.shareBetween(sharers);
  return shares;
}

/** Takes for one sharer until it is refused. */
function fill(shares: FairShares, sharer: number, most = Infinity): number {
  let taken = 0;
  while (taken < most && shares.total() < shares.size() && shares.mayTake(sharer)) {
    shares.take(sharer);
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
])('one of %i that hoards leaves a third of what is beyond its part of %i slots', (sharers, size) => {
  const shares = between(sharers, size);
  const part = Math.ceil(size / sharers);
  const free = size - fill(shares, 0);
  expect(free).toBeGreaterThanOrEqual(1);
  expect(Math.abs(free - (size - part) / 3)).toBeLessThanOrEqual(1);
});

test('where all want more, nothing stays free and all have their part', () => {
  const shares = between(12, 128);
  const parts = Array.from({ length: 12 }, () => 0);
  for (let moved = true; moved;) {
    moved = false;
    for (const sharer of parts.keys()) {
      const took = fill(shares, sharer, 1);
      parts[sharer]! += took;
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
  for (const sharer of [1, 2, 3]) fill(shares, sharer, 10);
  expect(shares.total()).toBe(40);
  shares.giveBack(0);
  expect(shares.mayTake(0)).toBe(false);
  expect([1, 2, 3].some((sharer) => shares.mayTake(sharer))).toBe(true);
});

test('never beyond the size, and below its part nobody is refused a free slot', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 60 }),
      fc.integer({ min: 1, max: 12 }),
      fc.array(fc.tuple(fc.nat(11), fc.boolean()), { maxLength: 400 }),
      (size, sharers, moves) => {
        const shares = between(sharers, size);
        const taken = Array.from({ length: sharers }, () => 0);
        for (const [at, isTaking] of moves) {
          const sharer = at % sharers;
          const before = taken[sharer]!;
          if (isTaking) taken[sharer]! += fill(shares, sharer, 1);
          else if (before > 0) {
            shares.giveBack(sharer);
            taken[sharer]! -= 1;
          }
          const total = taken.reduce((sum, one) => sum + one, 0);
          if (total !== shares.total() || total > size) return false;
          const isRefused = isTaking && total < size && taken[sharer] === before;
          if (isRefused && before < Math.ceil(size / sharers)) return false;
        }
        return true;
      },
    ),
  );
});
