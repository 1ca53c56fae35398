/**
 * `limit/` says how many calls may be out at once: a given number here, one that finds itself in `adaptive-limit.ts`.
 * Pure.
 */
export interface ConcurrencyLimit {
  /** The limit now, whole, ≥ 1. */
  current(): number;
  /**
   * Counts one finished call. Tell `overloaded` for a timeout, 429 or 5xx.
   *
   * @param inFlight calls that were out when it returned, itself included.
   * @param isAwaited somebody waits for a place: then the limit is in use, whatever share of it others keep free.
   */
  settled(overloaded: boolean, durationMs: number, inFlight: number, isAwaited?: boolean): void;
  /** Starts small again, after an outage. */
  restart(): void;
}

/** After an outage, whatever the limit was: the partner is not to meet a herd. */
export const RESTART_AT = 4;

/** @param max the limit, ≥ 1. */
export function createFixedLimit(max: number): ConcurrencyLimit {
  let limit = max;
  return {
    current: () => limit,
    settled(overloaded) {
      if (!overloaded && limit < max) limit += 1;
    },
    restart() {
      limit = Math.min(RESTART_AT, max);
    },
  };
}
