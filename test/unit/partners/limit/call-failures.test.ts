/** Failures cut the limit where they come with it, and no longer where they come in any case. */
import { describe, expect, test } from 'vitest';
import { createCallFailures } from '../../../../src/partners/limit/call-failures.ts';

/** Spreads so many failures over a hundred calls evenly; the first call is none of them. */
const failing = (inHundred: number) => (call: number) => (call * inHundred) % 100 >= 100 - inHundred;

/** @returns the calls, from 1, at which the limit was to be cut. */
function cuts(
  failures: ReturnType<typeof createCallFailures>,
  calls: number,
  isFailed: (call: number) => boolean,
  limit = 10,
): number[] {
  const at: number[] = [];
  for (let call = 0; call < calls; call += 1) if (failures.add(isFailed(call), limit)) at.push(call + 1);
  return at;
}

describe('a cut', () => {
  test('comes after ten calls where half of them fail, and not before', () => {
    expect(cuts(createCallFailures(), 10, () => true)).toEqual([10]);
    expect(cuts(createCallFailures(), 10, failing(50))).toEqual([10]);
  });

  test('comes after 64 calls where more than a tenth fail', () => {
    expect(cuts(createCallFailures(), 64, (call) => call < 4 || call > 60)).toEqual([64]);
    expect(cuts(createCallFailures(), 64, (call) => call < 4 || call > 61)).toEqual([]);
  });

  test('comes after as many calls as the limit allows where those are more', () => {
    expect(cuts(createCallFailures(), 100, failing(11), 100)).toEqual([100]);
    expect(cuts(createCallFailures(), 100, failing(10), 100)).toEqual([]);
  });

  test('is judged anew after it, without the calls that were out', () => {
    expect(cuts(createCallFailures(), 60, () => true)).toEqual([10, 30, 50]);
    expect(cuts(createCallFailures(), 80, (call) => call < 20)).toEqual([10]);
  });

  test('is not made for what was before another limit', () => {
    const failures = createCallFailures();
    expect(cuts(failures, 9, () => true)).toEqual([]);
    failures.begin(5);
    expect(cuts(failures, 20, () => true)).toEqual([15]);
  });
});

describe('a share that fails whatever the limit', () => {
  test('of three in ten is learned in seven cuts', () => {
    expect(cuts(createCallFailures(), 10_000, failing(30), 100)).toEqual([
      100, 300, 500, 700, 900, 1100, 1300,
    ]);
  });

  test('of one in five is learned in five, and anything more is cut', () => {
    const failures = createCallFailures();
    expect(cuts(failures, 10_000, failing(20), 100)).toHaveLength(5);
    expect(cuts(failures, 1000, failing(20), 100)).toEqual([]);
    expect(cuts(failures, 100, failing(45), 100)).toEqual([100]);
  });

  test('of a half is never learned', () => {
    expect(cuts(createCallFailures(), 2000, failing(50), 10)).toHaveLength(100);
  });

  test('is forgotten once it is over', () => {
    const failures = createCallFailures();
    cuts(failures, 10_000, failing(30), 100);
    expect(cuts(failures, 3000, () => false, 100)).toEqual([]);
    expect(cuts(failures, 100, failing(30), 100)).toEqual([100]);
  });
});
