import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLoadLimit } from '../../../../src/stream/execute/load-limit.ts';

const LONG = { busyMs: 50, elapsedMs: 50, slicedMs: 0, turns: 5, ended: 400 };
const SHORT = { busyMs: 50, elapsedMs: 50, slicedMs: 0, turns: 400, ended: 8000 };
const BETWEEN = { busyMs: 50, elapsedMs: 50, slicedMs: 0, turns: 180, ended: 3600 };
/** Long turns of few tasks: what costs is the turns. */
const FEW = { busyMs: 50, elapsedMs: 50, slicedMs: 0, turns: 50, ended: 200 };
const NOT_MANY = { busyMs: 50, elapsedMs: 50, slicedMs: 0, turns: 50, ended: 1200 };
/** Samples in a row that make a shortage. */
const SHORTAGE = 6;
const RESTING = { busyMs: 20, elapsedMs: 50, slicedMs: 0, turns: 2, ended: 100 };

function setUp({ least = 32, most = 256 } = {}) {
  const limit = createLoadLimit({ least, most });
  const after = (sample: Parameters<typeof limit.sampled>[0], times = 1): number => {
    for (let index = 0; index < times; index++) limit.sampled(sample);
    return limit.current();
  };
  return { limit, after };
}

describe('the limit of tasks at once by the load of the event loop', () => {
  it('is the most at first, and while the loop rests', () => {
    const { limit, after } = setUp();
    expect(limit.current()).toBe(256);
    expect(after(RESTING, 100)).toBe(256);
  });

  it('shrinks while a loop that never rests takes long turns, down to the least', () => {
    const { after } = setUp();
    expect(after(LONG, SHORTAGE)).toBeLessThan(256);
    expect(after(LONG, 100)).toBe(32);
  });

  it('does not shrink for a burst, however often one comes', () => {
    const { after } = setUp();
    for (let burst = 0; burst < 10; burst++) {
      expect(after(LONG, SHORTAGE - 1)).toBe(256);
      after(RESTING);
    }
  });

  it('is not shrunk by decoding, whose slices are long, and comes back while it goes on', () => {
    const { after } = setUp();
    const decoding = { busyMs: 50, elapsedMs: 50, slicedMs: 48, turns: 12, ended: 240 };
    expect(after(decoding, 100)).toBe(256);
    after(LONG, 100);
    expect(after(decoding, 100)).toBe(256);
  });

  it('goes on shrinking at once where a short rest has ended a shortage, as that was no burst', () => {
    const { after } = setUp();
    after(LONG, 100);
    const grown = after(RESTING);
    expect(after(LONG)).toBeLessThan(grown);
  });

  it('grows by half in a sample where the loop rests for half of it, and by as much less as it rests less', () => {
    const { after } = setUp({ least: 100 });
    after(LONG, 100);
    expect(after({ busyMs: 25, elapsedMs: 50, slicedMs: 0, turns: 100, ended: 2000 })).toBe(150);
    expect(after({ busyMs: 44, elapsedMs: 50, slicedMs: 0, turns: 100, ended: 2000 })).toBe(168);
  });

  it('gives up no more than half for one sample, however long the turn', () => {
    const { after } = setUp();
    expect(after({ busyMs: 60_000, elapsedMs: 60_000, slicedMs: 0, turns: 0, ended: 10_000 })).toBe(128);
  });

  it.each([
    ['neither long nor short', BETWEEN],
    ['long, of neither many nor few tasks', NOT_MANY],
  ])('stays where it is while turns are %s', (_, sample) => {
    const { after } = setUp();
    const found = after(LONG, SHORTAGE + 2);
    expect(found).toBeLessThan(256);
    expect(after(sample, 100)).toBe(found);
  });

  it('cuts no further than to where turns are of no more than many tasks', () => {
    const { after } = setUp();
    after(LONG, SHORTAGE);
    const before = after(LONG);
    // 40 tasks a turn, of which eight are too many.
    expect(after({ ...LONG, turns: 10 })).toBe(Math.floor(before * 0.8));
  });

  it.each([
    ['the loop rests again, even if its few turns are long', RESTING],
    ['turns are short, even if the loop never rests', SHORT],
    ['turns are of few tasks, even if they are long and the loop never rests', FEW],
  ])('grows back to the most when %s', (_, sample) => {
    const { after } = setUp();
    after(LONG, 100);
    expect(after(sample)).toBeGreaterThan(32);
    expect(after(sample, 100)).toBe(256);
  });

  it.each<[string, Partial<typeof LONG>]>([
    ['just short enough no more', { turns: 250, ended: 250 * 20 }],
    ['just not few enough', { turns: 100, ended: 1600 }],
    ['just not long enough', { busyMs: 35, elapsedMs: 35, turns: 100, ended: 4000 }],
    ['just not of many tasks', { turns: 100, ended: 3200 }],
  ])('stays where it is where turns are %s', (_, sample) => {
    const { after } = setUp({ least: 100 });
    after(LONG, 100);
    expect(after({ ...LONG, ...sample })).toBe(100);
  });

  it('takes a loop for busy from nine tenths of its time on', () => {
    const { after } = setUp({ least: 80 });
    after(LONG, 100);
    const short = { elapsedMs: 50, slicedMs: 0, turns: 1000, ended: 20_000 };
    expect(after({ ...short, busyMs: 45 })).toBe(92);
    after(LONG, 100);
    expect(after({ ...short, busyMs: 44.9 })).toBe(88);
  });

  it('stays between its bounds and whole, whatever is seen', () => {
    const milliseconds = fc.double({ min: 0, max: 1e6, noNaN: true });
    const sample = fc.record({
      busyMs: milliseconds,
      elapsedMs: milliseconds,
      slicedMs: milliseconds,
      turns: fc.nat(1e6),
      ended: fc.nat(1e6),
    });
    fc.assert(
      fc.property(fc.nat(500), fc.nat(500), fc.array(sample, { maxLength: 200 }), (low, more, samples) => {
        const { limit } = setUp({ least: low + 1, most: low + 1 + more });
        for (const one of samples) {
          limit.sampled(one);
          expect(Number.isInteger(limit.current())).toBe(true);
          expect(limit.current()).toBeGreaterThanOrEqual(low + 1);
          expect(limit.current()).toBeLessThanOrEqual(low + 1 + more);
        }
      }),
    );
  });

  it.each([
    ['least', { least: 0, most: 10 }],
    ['least', { least: 1.5, most: 10 }],
    ['most', { least: 10, most: 9 }],
  ])('refuses %s out of its range', (name, options) => {
    expect(() => createLoadLimit(options)).toThrow(new RegExp(`^${name}: expected an integer`));
  });
});
