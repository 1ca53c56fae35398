/** Records of a user in the order of their moments, what comes too late told, and no more held than may be. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createReorder } from '../../../src/replay/reorder.ts';

interface Item {
  readonly user: string;
  readonly atMs: number;
}

function putInOrder(items: readonly Item[], heldItems: number) {
  const reorder = createReorder<Item>(heldItems);
  const out = items.flatMap((item) => [...reorder.add(item.user, item.atMs, item, 1)]);
  return [...out, ...reorder.rest()];
}

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
