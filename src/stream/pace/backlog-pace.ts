/**
 * When a backlog will be gone, by how much faster its front moved than its end over the last minute. Pure; the caller
 * says when to sample.
 */

/** The span that a pace is taken over: a pace of seconds would change with every commit. */
const WINDOW_MS = 60_000;
/** Samples closer together than this count as one. */
const APART_MS = 2000;

interface Sample {
  readonly atMs: number;
  /** Offsets beyond the last commit. */
  readonly lag: number;
}

export interface BacklogPace {
  /** @param atMs of any clock that never goes back, ms. */
  sample(atMs: number, lag: number): void;
  /**
   * Seconds until the backlog is gone at the present pace. 0 without a backlog; null where it grows, stands or has no
   * known pace.
   */
  etaSeconds(): number | null;
}

/** O(1) a sample, some thirty samples in memory. */
export function createBacklogPace(): BacklogPace {
  const samples: Sample[] = [];
  let latest: Sample | undefined;
  return {
    sample(atMs, lag) {
      latest = { atMs, lag };
      const last = samples.at(-1);
      if (last !== undefined && atMs - last.atMs < APART_MS) return;
      samples.push(latest);
      while ((samples[1]?.atMs ?? atMs) <= atMs - WINDOW_MS) samples.shift();
    },
    etaSeconds() {
      const first = samples[0];
      if (latest === undefined || first === undefined) return null;
      if (latest.lag === 0) return 0;
      const shrunkBy = first.lag - latest.lag;
      if (shrunkBy <= 0) return null;
      return Math.ceil((latest.lag * (latest.atMs - first.atMs)) / shrunkBy / 1000);
    },
  };
}
