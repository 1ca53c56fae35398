/** Records of a user in the order of their moments, what comes too late told, and no more held than may be. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createReorder } from '../../../src/replay/reorder.ts';

interface Item {
  readonly user: string;
  readonly atMs: number;
  readonly pod?: string;
  readonly turnMs?: number;
}

/** Each from a pod of its own, where it does not say. */
let pods = 0;
const standing = ({ user, atMs, pod, turnMs }: Item) => ({
  userId: user,
  atMs,
  pod: pod ?? `pod-${String((pods += 1))}`,
  turnMs,
});

function putInOrder(items: readonly Item[], heldItems: number) {
  const reorder = createReorder<Item>(undefined, heldItems);
  const out = items.flatMap((item) => [...reorder.add(standing(item), item, 1)]);
  return [...out, ...reorder.rest()];
}

describe('records of one pod', () => {
  const at = (pod: string, atMs: number, turnMs?: number): Item => ({
    ...{ user: 'a', atMs, pod },
    ...(turnMs !== undefined && { turnMs }),
  });
  const order = (items: readonly Item[]) => putInOrder(items, 10).map(({ value }) => items.indexOf(value));

  it('stay as they were written, whatever their moments', () => {
    expect(order([at('p', 5), at('p', 3), at('q', 4), at('p', 1)])).toEqual([2, 0, 1, 3]);
  });

  it('are in the order in which the pod has taken them up, where that is said', () => {
    expect(order([at('p', 5, 20), at('p', 3, 10), at('p', 1, 10)])).toEqual([1, 2, 0]);
    expect(order([at('p', 5, 20), at('p', 3)])).toEqual([0, 1]);
  });

  it('are not late where one of them is put behind another', () => {
    const items = [at('p', 9), at('p', 3), at('q', 5)];
    expect(putInOrder(items, 10).map(({ isLate }) => isLate)).toEqual([false, false, false]);
  });
});

it('what comes behind and concerns a record is told with it, also where it goes out at once', () => {
  const reorder = createReorder<Item>((later, { atMs }) => later.atMs <= atMs + 2, 4);
  const out = [9, 1, 2, 4, 3, 12].flatMap((atMs) =>
    reorder.add(standing({ user: 'a', atMs }), { user: 'a', atMs }, 1),
  );
  const told = [...out, ...reorder.rest()].map(({ value, following }) => [
    value.atMs,
    following.map(({ atMs }) => atMs),
  ]);
  expect(told).toEqual([
    [1, [2, 3]],
    [2, [3, 4]],
    [3, [4]],
    [4, []],
    [9, []],
    [12, []],
  ]);
});

describe('records', () => {
  it('that changed places within what is held come out in order, each user’s for itself', () => {
    const a = (atMs: number): Item => ({ user: 'a', atMs });
    const b = (atMs: number): Item => ({ user: 'b', atMs });
    const out = putInOrder([a(2), b(9), a(1), b(8), a(3)], 3);
    expect(out.map(({ value }) => value.user + String(value.atMs))).toEqual(['a1', 'a2', 'b8', 'b9', 'a3']);
    expect(out.some(({ isLate }) => isLate)).toBe(false);
  });

  it('that come later than that are told', () => {
    const out = putInOrder(
      [5, 6, 7, 1].map((atMs) => ({ user: 'a', atMs })),
      1,
    );
    expect(out.map(({ value, isLate }) => [value.atMs, isLate])).toEqual([
      [5, false],
      [6, false],
      [1, true],
      [7, false],
    ]);
  });

  it('of one moment keep their order', () => {
    const items = [0, 1, 2].map((index) => ({ user: 'a', atMs: 7, index }));
    expect(putInOrder(items, 10).map(({ value }) => value)).toEqual(items);
  });

  it('all come out once, and in order but for those that are told', () => {
    const item = fc.record({ user: fc.constantFrom('a', 'b', 'c'), atMs: fc.nat({ max: 20 }) });
    fc.assert(
      fc.property(fc.array(item), fc.nat({ max: 8 }), (items, held) => {
        const out = putInOrder(items, held);
        expect(new Set(out.map(({ value }) => value)).size).toBe(items.length);
        const last = new Map<string, number>();
        for (const { value, isLate } of out) {
          const before = last.get(value.user) ?? -1;
          expect(isLate).toBe(value.atMs < before);
          last.set(value.user, Math.max(before, value.atMs));
        }
      }),
    );
  });
});
