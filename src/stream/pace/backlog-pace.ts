/**
 * When a backlog will be gone: how much faster its front moved than its end did, over the last minute. Pure; the
 * caller says when it samples.
 */

/** Looked at over so long: a pace of seconds would change with every commit. */
const WINDOW_MS = 60_000;
/** Looks closer together than that count as one. */
const APART_MS = 2000;

interface Sample {
  readonly atMs: number;
  /** Offsets beyond the last commit. */
  readonly lag: number;
}

export interface BacklogPace {
  /** @param atMs any clock that goes on, ms. */
  sample(atMs: number, lag: number): void;
  /** Seconds until it is gone at the present pace: 0 without a backlog, null where it grows, stands or is not known yet. */
  etaSeconds(): number | null;
}

/** O(1) a look, some thirty looks in memory. */
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
