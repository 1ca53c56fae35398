/** The part of a rise that arrives in answers, once it is clear on which side of a half it lies. */
import { describe, expect, test } from 'vitest';
import { createGainTrial, type GainTrial } from '../../../../src/partners/limit/gain-trial.ts';

interface Pair {
  readonly gain: number;
  /** Standard errors of what an answer costs, below and above. */
  readonly errors?: readonly [number, number];
  /** Natural logarithm of calls out above ÷ below. */
  readonly rise?: number;
}

/** A pair of which all that the limits allow was used. */
function add(trial: GainTrial, { gain, errors: [below, above] = [0, 0], rise = 1 }: Pair): void {
  const low = { costMs: 1, costError: below, inFlight: 1 };
  const high = { costMs: Math.exp(rise * (1 - gain)), costError: above, inFlight: Math.exp(rise) };
  trial.add(low, high, rise);
}

/** The verdict after each pair. */
function verdicts(pairs: readonly Pair[]): (number | 'unused' | undefined)[] {
  const trial = createGainTrial();
  return pairs.map((pair) => {
    add(trial, pair);
    return trial.verdict();
  });
}

describe('the gain', () => {
  test.each([
    ['all of it arrives', 20, 1],
    ['calls only queue', 40, 0],
    ['calls slow each other down', 80, -1],
    ['answers cost less', 10, 2],
  ])('of twice as many calls, where %s', (_name, costMs, gain) => {
    const trial = createGainTrial();
    const low = { costMs: 20, costError: 0, inFlight: 8 };
    trial.add(low, { costMs, costError: 0, inFlight: 16 }, Math.LN2);
    expect(trial.verdict()).toBeCloseTo(gain, 10);
    expect(trial.pairs()).toBe(1);
  });

  test('is the mean of all pairs', () => {
    expect(verdicts([{ gain: 1 }, { gain: 0.8 }, { gain: 0.9 }])).toEqual([
      1,
      expect.closeTo(0.9),
      expect.closeTo(0.9),
    ]);
  });

  test('is not asked for before a pair', () => {
    expect(createGainTrial().verdict()).toBeUndefined();
    expect(createGainTrial().pairs()).toBe(0);
  });
});

describe('unused', () => {
  const side = (inFlight: number) => ({ costMs: 20, costError: 0, inFlight });

  test.each([
    ['half of the rise or less', 10, 20, 2 * Math.LN2, 'unused'],
    ['a little more', 10, 20.1, 2 * Math.LN2, 1],
    ['none of it', 10, 10, Math.LN2, 'unused'],
    ['no call at all', 0, 0, Math.LN2, 'unused'],
  ] as const)('are limits of whose rise is used: %s', (_name, low, high, span, verdict) => {
    const trial = createGainTrial();
    trial.add(side(low), side(high), span);
    expect(trial.verdict()).toBe(verdict);
    expect(trial.pairs()).toBe(verdict === 'unused' ? 0 : 1);
  });

  test('is the whole trial with one such pair', () => {
    const trial = createGainTrial();
    trial.add(side(10), side(10), Math.LN2);
    add(trial, { gain: 1 });
    expect(trial.verdict()).toBe('unused');
  });
});

describe('a verdict waits until it is sure', () => {
  test.each([
    ['a third below', { gain: 1, errors: [0.33, 0] }, 1],
    ['more than a third', { gain: 1, errors: [0.34, 0] }, undefined],
    ['a third of both', { gain: 1, errors: [0.23, 0.24] }, 1],
    ['more than a third of both', { gain: 1, errors: [0.24, 0.25] }, undefined],
    ['more, of a wider rise', { gain: 1, errors: [0.6, 0], rise: 2 }, 1],
    ['too much for that, too', { gain: 1, errors: [0.7, 0], rise: 2 }, undefined],
    ['as much, and no gain', { gain: 0, errors: [0.33, 0] }, 0],
    ['little, but the gain is near a half', { gain: 0.6, errors: [0.1, 0] }, undefined],
    ['nothing, and the gain is a half', { gain: 0.5, rise: 2 }, undefined],
  ] satisfies [string, Pair, number | undefined][])('of errors: %s', (_name, pair, verdict) => {
    expect(verdicts([pair])).toEqual([verdict === undefined ? undefined : expect.closeTo(verdict)]);
  });

  test('errors count for less with each pair', () => {
    const pair: Pair = { gain: 1, errors: [0.45, 0] };
    expect(verdicts([pair, pair])).toEqual([undefined, 1]);
  });

  test('from three pairs on they must agree as well', () => {
    expect(verdicts([{ gain: 1 }, { gain: 1 }, { gain: 0.3 }])).toEqual([1, 1, undefined]);
    expect(verdicts([{ gain: 1 }, { gain: 1 }, { gain: 0.1 }])).toEqual([1, 1, undefined]);
    expect(verdicts([{ gain: 1 }, { gain: 1 }, { gain: 0.5 }])).toEqual([1, 1, expect.closeTo(5 / 6)]);
    expect(verdicts([{ gain: 1 }, { gain: 0.1 }])).toEqual([1, expect.closeTo(0.55)]);
  });

  test('but for ten pairs at most', () => {
    const pair: Pair = { gain: 0.6, errors: [2, 0] };
    const seen = verdicts(Array.from({ length: 10 }, () => pair));
    expect(seen.slice(0, 9)).toEqual(Array.from({ length: 9 }, () => undefined));
    expect(seen[9]).toBeCloseTo(0.6);
  });
});
