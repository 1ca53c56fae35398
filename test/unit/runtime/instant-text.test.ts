/** A moment is written as a date would write it, however many are asked for. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { instantText } from '../../../src/runtime/instant-text.ts';

const LAST_MS = 8.64e15;

it('every moment as toISOString writes it', () => {
  fc.assert(
    fc.property(fc.integer({ min: -LAST_MS, max: LAST_MS }), (atMs) => {
      expect(instantText(atMs)).toBe(new Date(atMs).toISOString());
    }),
  );
});

it('moments of one second apart from each other', () => {
  for (const ms of [0, 1, 9, 10, 99, 100, 999, 1000]) {
    expect(instantText(1_795_000_000_000 + ms)).toBe(new Date(1_795_000_000_000 + ms).toISOString());
  }
});

it('more moments than are remembered', () => {
  for (let second = 0; second < 5000; second += 1) instantText(second * 1000);
  expect(instantText(1000)).toBe('1970-01-01T00:00:01.000Z');
});

it('no moment is refused', () => {
  expect(() => instantText(NaN)).toThrow(RangeError);
  expect(() => instantText(LAST_MS + 1000)).toThrow(RangeError);
});
