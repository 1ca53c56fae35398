/** At most so many at once, and so many a second after that: a bucket of tokens. */

export interface Rate {
  /** Most in one moment, ≥ 1. */
  readonly burst: number;
  readonly perSecond: number;
}

export interface RateLimit {
  /** @returns false where there is no token left; takes none then. */
  take(): boolean;
  /** As `take`, without taking one. */
  hasAny(): boolean;
}

/** @param nowMs a clock that only moves on. */
export function createRateLimit({ burst, perSecond }: Rate, nowMs = () => performance.now()): RateLimit {
  let tokens = burst;
  let atMs = nowMs();
  const refill = (): void => {
    const now = nowMs();
    tokens = Math.min(burst, tokens + ((now - atMs) / 1000) * perSecond);
    atMs = now;
  };
  const hasAny = (): boolean => {
    refill();
    return tokens >= 1;
  };
  return {
    hasAny,
    take() {
      if (!hasAny()) return false;
      tokens -= 1;
      return true;
    },
  };
}
