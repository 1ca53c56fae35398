/**
 * When a backlog will be gone, at its net pace: what is committed less what comes in. The pace is the slope of a line
 * through the latest lags, by least squares, in which a lag counts for less the older it is. So commits in steps and
 * short stalls average out, and a slow start is forgotten within half a minute. Pure; the caller says when to sample.
 */

/** A lag so much older counts for 1 ÷ e of the newest: some 20 s make the pace. */
const FORGOTTEN_AFTER_S = 10;
/** Samples closer together than this count as one; only what is left is taken from the last of them. */
const APART_MS = 900;

export interface BacklogPace {
  /** @param atMs of any clock that never goes back, ms. */
  sample(atMs: number, lag: number): void;
  /**
   * Seconds until the backlog is gone at the present pace. 0 without a backlog; null where it grows, stands or has no
   * known pace.
   */
  etaSeconds(): number | null;
}

/** O(1) a sample and in memory. */
export function createBacklogPace(): BacklogPace {
  let latestLag: number | undefined;
  let counted: { readonly atMs: number; readonly lag: number } | undefined;
  /** Weighted sums over all samples. Times (s) and lags are told from the latest sample, whose own are 0. */
  let sums = { weight: 0, time: 0, lag: 0, timeTime: 0, timeLag: 0 };

  /** Tells all from a new sample, so much later and so many offsets above the latest: they are older, and count less. */
  const tellFrom = (seconds: number, offsets: number): void => {
    const { weight, time, lag, timeTime, timeLag } = sums;
    const kept = Math.exp(-seconds / FORGOTTEN_AFTER_S);
    sums = {
      weight: kept * weight,
      time: kept * (time - seconds * weight),
      lag: kept * (lag - offsets * weight),
      timeTime: kept * (timeTime - 2 * seconds * time + seconds * seconds * weight),
      timeLag: kept * (timeLag - offsets * time - seconds * lag + seconds * offsets * weight),
    };
  };

  /** Offsets a second; undefined before there are two samples. */
  const slope = (): number | undefined => {
    const { weight, time, lag, timeTime, timeLag } = sums;
    const spread = weight * timeTime - time * time;
    return spread > 0 ? (weight * timeLag - time * lag) / spread : undefined;
  };

  return {
    sample(atMs, lag) {
      latestLag = lag;
      if (counted !== undefined) {
        if (atMs - counted.atMs < APART_MS) return;
        tellFrom((atMs - counted.atMs) / 1000, lag - counted.lag);
      }
      counted = { atMs, lag };
      sums.weight += 1;
    },
    etaSeconds() {
      if (latestLag === undefined) return null;
      if (latestLag === 0) return 0;
      const pace = slope();
      if (pace === undefined || pace >= 0) return null;
      return Math.max(1, Math.round(-latestLag / pace));
    },
  };
}
