import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { backoffMs, FULL_JITTER, jitteredMs, type Backoff } from '../../../src/runtime/backoff.ts';

const LEAST = (): number => 0;
const MIDDLE = (): number => 0.5;
/** The largest that `Math.random` gives. */
const MOST = (): number => 1 - Number.EPSILON / 2;

const chance = fc.double({ min: 0, max: MOST(), noNaN: true });
const share = fc.double({ min: 0, max: 1, noNaN: true });

describe('a varied pause', () => {
  test('is half of itself at least, the whole at most, where nothing else is said', () => {
    expect(jitteredMs(1000, undefined, LEAST)).toBe(500);
    expect(jitteredMs(1000, undefined, MIDDLE)).toBe(750);
    expect(jitteredMs(1000, undefined, MOST)).toBeCloseTo(1000);
  });

  test('may be anything from nothing to the whole', () => {
    expect(jitteredMs(1000, FULL_JITTER, LEAST)).toBe(0);
    expect(jitteredMs(1000, FULL_JITTER, MIDDLE)).toBe(500);
    expect(jitteredMs(1000, FULL_JITTER, MOST)).toBeCloseTo(1000);
  });

  test('may be longer as well as shorter', () => {
    expect(jitteredMs(1000, { around: 0.25 }, LEAST)).toBe(750);
    expect(jitteredMs(1000, { around: 0.25 }, MIDDLE)).toBe(1000);
    expect(jitteredMs(1000, { around: 0.25 }, MOST)).toBeCloseTo(1250);
  });

  test('keeps its bounds', () => {
    fc.assert(
      fc.property(fc.nat(), share, chance, (ms, part, drawn) => {
        const below = jitteredMs(ms, { below: part }, () => drawn);
        expect(below).toBeGreaterThanOrEqual(0);
        expect(below).toBeLessThanOrEqual(ms);
        const around = jitteredMs(ms, { around: part }, () => drawn);
        expect(around).toBeGreaterThanOrEqual(0);
        expect(around).toBeLessThanOrEqual(2 * ms);
      }),
    );
  });

  test('differs from one to the next', () => {
    expect(jitteredMs(1000)).not.toBe(jitteredMs(1000));
  });
});

describe('a growing pause', () => {
  const backoff: Backoff = { firstMs: 100, longestMs: 700 };

  test('doubles with each failure, up to its limit', () => {
    expect([1, 2, 3, 4, 5].map((failures) => backoffMs(failures, backoff, MIDDLE))).toEqual([
      75, 150, 300, 525, 525,
    ]);
  });

  test('is varied as its policy says', () => {
    expect(backoffMs(2, { ...backoff, jitter: FULL_JITTER }, MIDDLE)).toBe(100);
    expect(backoffMs(2, { ...backoff, jitter: { around: 0.1 } }, LEAST)).toBe(180);
    expect(backoffMs(2, { ...backoff, jitter: { below: 0 } }, LEAST)).toBe(200);
  });

  test('before any failure is the first one', () => {
    expect(backoffMs(0, backoff, MIDDLE)).toBe(75);
  });

  test('never passes its limit, however often it failed', () => {
    fc.assert(
      fc.property(fc.nat(), share, chance, (failures, below, drawn) => {
        const ms = backoffMs(failures, { ...backoff, jitter: { below } }, () => drawn);
        expect(ms).toBeGreaterThanOrEqual(0);
        expect(ms).toBeLessThanOrEqual(700);
      }),
    );
  });
});
