/**
 * Whether more calls at once bring more answers. A lower and a higher limit are used in turn. What an answer costs
 * under each is compared, pair by pair, until the difference is no accident.
 *
 * By Little's law, answers a second are calls out ÷ what an answer costs (ms of a slot, failed calls included). The
 * gain is the part of a rise of the limit that arrives in answers. It is 1 where the partner takes all calls beside
 * each other, 0 where they only queue, below 0 where they slow each other down. It needs no latency to compare with
 * from better days, so a partner that becomes slower by itself is no reason to call it less.
 */

/** What was measured under one of the two limits. */
export interface TrialSide {
  /** Milliseconds of a slot for each answer, > 0. */
  readonly costMs: number;
  /** Standard error of that, as a part of it, ≥ 0. */
  readonly costError: number;
  /** Calls out, on average. */
  readonly inFlight: number;
}

export interface GainTrial {
  /** Adds a pair. @param span the natural logarithm of high limit ÷ low limit, > 0. */
  add(low: TrialSide, high: TrialSide, span: number): void;
  /** Compared so far. */
  pairs(): number;
  /**
   * The gain, once it is clear on which side of a half it lies. `unused`: fewer calls were out than the limits allowed,
   * so nothing was learned. Undefined: not clear yet.
   */
  verdict(): number | 'unused' | undefined;
}

/** Half way between "they all arrive" and "they only queue". */
export const WORTH_IT = 0.5;
/** From so many pairs on, how they differ is asked as well. */
const COMPARABLE_PAIRS = 3;
/** After so many pairs the difference is too small to matter, and the mean decides. */
const MOST_PAIRS = 10;
const SURE_STANDARD_ERRORS = 1.5;

export function createGainTrial(): GainTrial {
  let pairs = 0;
  let sum = 0;
  let squares = 0;
  let variances = 0;
  let isUnused = false;
  return {
    add(low, high, span) {
      const rise = Math.log(high.inFlight / low.inFlight);
      if (!(rise > span / 2)) {
        isUnused = true;
        return;
      }
      const gain = 1 - Math.log(high.costMs / low.costMs) / rise;
      pairs += 1;
      sum += gain;
      squares += gain * gain;
      variances += (low.costError ** 2 + high.costError ** 2) / rise ** 2;
    },
    pairs: () => pairs,
    verdict() {
      if (isUnused) return 'unused';
      if (pairs === 0) return undefined;
      const mean = sum / pairs;
      const expected = Math.sqrt(variances) / pairs;
      const seen =
        pairs < COMPARABLE_PAIRS ? 0 : Math.sqrt(Math.max(0, squares / pairs - mean * mean) / (pairs - 1));
      const error = Math.max(expected, seen);
      const isSure = Math.abs(mean - WORTH_IT) > SURE_STANDARD_ERRORS * error;
      if (!isSure && pairs < MOST_PAIRS) return undefined;
      return mean;
    },
  };
}
