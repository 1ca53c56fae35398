import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createFairRoom, type FairRoom } from '../../../../src/stream/partition/partition-shares.ts';

/** Takes for one user until it is refused. */
function fill(room: FairRoom, taken: number): number {
  let now = taken;
  while (room.mayTake(now)) {
    room.moved(now, now + 1);
    now += 1;
  }
  return now;
}

test('one user alone may take everything', () => {
  expect(fill(createFairRoom(100, 1), 0)).toBe(100);
});

test('one of many that fills up leaves room for all others', () => {
  const room = createFairRoom(1000, 10);
  expect(fill(room, 0)).toBe(300);
  for (let user = 1; user < 10; user += 1) expect(fill(room, 0)).toBeGreaterThanOrEqual(50);
  expect(room.total()).toBeLessThanOrEqual(1000);
});

test('what is given back is lent again', () => {
  const room = createFairRoom(100, 2);
  const hog = fill(room, 0);
  const other = fill(room, 0);
  room.moved(hog, 0);
  expect(fill(room, other)).toBeGreaterThan(other);
});

test('never beyond its size, and always a part for everybody, whatever they do', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 60 }),
      fc.integer({ min: 1, max: 12 }),
      fc.array(fc.tuple(fc.nat(11), fc.boolean()), { maxLength: 400 }),
      (size, users, moves) => {
        const room = createFairRoom(size, users);
        const taken = Array.from({ length: users }, () => 0);
        for (const [at, isTaking] of moves) {
          const user = at % users;
          const now = taken[user]!;
          if (isTaking && !room.mayTake(now)) continue;
          if (!isTaking && now === 0) continue;
          taken[user] = now + (isTaking ? 1 : -1);
          room.moved(now, taken[user]);
          const total = taken.reduce((sum, one) => sum + one, 0);
          if (total !== room.total() || total > size) return false;
          const own = Math.floor(size / 2 / users);
          if (taken.some((one) => one < own && !room.mayTake(one))) return false;
          if (total === 0 && !room.mayTake(0)) return false;
        }
        return true;
      },
    ),
  );
});
