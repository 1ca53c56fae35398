/** What comes before all others is in front, and nothing but items that are in the heap is ever compared. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { popHeap, pushHeap } from '../../../../src/runtime/collections/heap.ts';

it('gives back what was put in, in order, however adding and taking are mixed', () => {
  const isBefore = (a: number, b: number): boolean => a < b;
  const steps = fc.array(fc.option(fc.integer({ min: 0, max: 9 }), { freq: 2 }), { maxLength: 80 });
  fc.assert(
    fc.property(steps, (taken) => {
      const heap: number[] = [];
      const sorted: number[] = [];
      for (const one of taken) {
        if (one === null) expect(popHeap(heap, isBefore)).toBe(sorted.shift());
        else {
          pushHeap(heap, one, isBefore);
          sorted.push(one);
          sorted.sort((a, b) => a - b);
        }
        expect(heap).toHaveLength(sorted.length);
      }
    }),
  );
});

it('takes items that only their own comparison understands, also as the last one and where there is none', () => {
  interface Due {
    readonly atMs: number;
  }
  const isBefore = (a: Due, b: Due): boolean => a.atMs < b.atMs;
  fc.assert(
    fc.property(fc.array(fc.nat(20), { maxLength: 40 }), (times) => {
      const heap: Due[] = [];
      for (const atMs of times) pushHeap(heap, { atMs }, isBefore);
      const taken = times.map(() => popHeap(heap, isBefore)?.atMs);
      expect(taken).toEqual(times.toSorted((a, b) => a - b));
      expect(popHeap(heap, isBefore)).toBeUndefined();
      expect(heap).toEqual([]);
    }),
  );
});
