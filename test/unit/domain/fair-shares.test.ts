/** One sharer whose work is slow can't take all slots; nobody is refused its part; nothing idle is wasted by those alone. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createFairShares, type FairShares } from '../../../src/domain/fair-shares.ts';

/** Takes for one sharer until it is refused. */
function fill(shares: FairShares, sharer: number, most = Infinity): number {
  let taken = 0;
  while (taken < most && shares.total < shares.size && shares.mayTake(sharer)) {
    shares.take(sharer);
    taken += 1;
  }
  return taken;
}

function seen(shares: FairShares, sharers: number): FairShares {
  for (let sharer = 0; sharer < sharers; sharer += 1) shares.mayTake(sharer);
  return shares;
}

test('somebody alone may take everything', () => {
  expect(
    fill(
      createFairShares(128, () => 0),
      0,
    ),
  ).toBe(128);
});

test('one of twelve that hoards leaves as much free as it has borrowed', () => {
  const shares = seen(
    createFairShares(128, () => 0),
    12,
  );
  expect(fill(shares, 0)).toBe(11 + 59);
  expect(shares.size - shares.total).toBe(58);
});

test('where all want more, nothing stays free and all have their part', () => {
  const shares = seen(
    createFairShares(128, () => 0),
    12,
  );
  const parts = Array.from({ length: 12 }, () => 0);
  for (let moved = true; moved;) {
    moved = false;
    for (const sharer of parts.keys()) {
      const took = fill(shares, sharer, 1);
      parts[sharer]! += took;
      moved ||= took > 0;
    }
  }
  expect(shares.total).toBe(128);
  expect(Math.min(...parts)).toBeGreaterThanOrEqual(10);
  expect(Math.max(...parts)).toBeLessThanOrEqual(11);
});

test('who has not been seen for a while no longer competes', () => {
  let nowMs = 0;
  const shares = seen(
    createFairShares(128, () => nowMs),
    12,
  );
  nowMs = 9000;
  expect(fill(shares, 0)).toBe(70);
  nowMs = 20_000;
  expect(fill(shares, 0)).toBe(58);
});

test('never beyond the size, and below its part nobody is refused a free slot', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 60 }),
      fc.integer({ min: 1, max: 12 }),
      fc.array(fc.tuple(fc.nat(11), fc.boolean()), { maxLength: 400 }),
      (size, sharers, moves) => {
        const shares = seen(
          createFairShares(size, () => 0),
          sharers,
        );
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
          if (total !== shares.total || total > size) return false;
          const isRefused = isTaking && total < size && taken[sharer] === before;
          if (isRefused && before < Math.ceil(size / sharers)) return false;
        }
        return true;
      },
    ),
  );
});
