/**
 * How long to pause before the next try. Each failure doubles the pause up to a limit, and chance varies it, so that
 * pods or events that failed together do not come back together. Pure: the caller hands in chance where a test needs it.
 */

/**
 * How chance varies a pause, as a share of it, 0…1. `below`: only ever shorter, evenly from (1 - share) to the whole.
 * `around`: shorter or longer, evenly within the share to both sides.
 */
export type Jitter = { readonly below: number } | { readonly around: number };

export interface Backoff {
  /** Pause after the first failure, before chance varies it, ms. */
  readonly firstMs: number;
  /** Limit of the pause, before chance varies it, ms. Equal to `firstMs`: the pause does not grow. */
  readonly longestMs: number;
  /** Default {@link HALF_BELOW}: no pause is long without need, and none is close to nothing. */
  readonly jitter?: Jitter;
}

const HALF_BELOW: Jitter = { below: 0.5 };

/** Anywhere from nothing to the whole pause: what spreads best where an early try costs the other side little. */
export const FULL_JITTER: Jitter = { below: 1 };

/** Far beyond every limit, and still a finite number. */
const MOST_DOUBLINGS = 30;

/**
 * One pause or interval, varied by chance. Not rounded.
 *
 * @param ms ≥ 0.
 * @param random 0 ≤ x < 1.
 * @returns ms, 0…`ms` under `below`, 0…2 · `ms` under `around`.
 */
export function jitteredMs(
  ms: number,
  jitter: Jitter = HALF_BELOW,
  random: () => number = Math.random,
): number {
  if ('below' in jitter) return ms * (1 - jitter.below + jitter.below * random());
  return ms * (1 - jitter.around + 2 * jitter.around * random());
}

/**
 * The pause after so many failures: `firstMs` · 2^(`failures` - 1), at most `longestMs`, then varied by chance.
 *
 * @param failures in a row so far, from 1. Less counts as 1.
 * @param random 0 ≤ x < 1.
 * @returns ms ≥ 0, at most `longestMs` where the jitter is `below`.
 */
export function backoffMs(
  failures: number,
  { firstMs, longestMs, jitter }: Backoff,
  random: () => number = Math.random,
): number {
  const doublings = Math.min(Math.max(0, failures - 1), MOST_DOUBLINGS);
  return jitteredMs(Math.min(longestMs, firstMs * 2 ** doublings), jitter, random);
}
