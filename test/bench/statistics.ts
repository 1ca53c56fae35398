/** The middle of several runs, and how far they lie apart. */

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
}

export function medianOf<T>(runs: readonly T[], read: (run: T) => number): number {
  return median(runs.map(read));
}

/** Ratios of what ran in the same round, so that the machine's moods cancel out; their median. */
export function medianRatio<A, B>(
  above: readonly A[],
  below: readonly B[],
  readAbove: (run: A) => number,
  readBelow: (run: B) => number,
): number {
  return median(
    above.flatMap((run, round) => {
      const other = below[round];
      return other === undefined ? [] : [readAbove(run) / readBelow(other)];
    }),
  );
}

/** `12,345`. */
export function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

export function times(ratio: number): string {
  return `${ratio.toFixed(ratio < 3 ? 2 : 1)}×`;
}

/**
 * In order, and in the opposite order in each second round: a machine that gets slower or faster meanwhile favours
 * nobody.
 *
 * @param round counted from 0.
 */
export async function byTurns(round: number, runs: readonly (() => Promise<unknown>)[]): Promise<void> {
  for (const run of round % 2 === 0 ? runs : runs.toReversed()) await run();
}
