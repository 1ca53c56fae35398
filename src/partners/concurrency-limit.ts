/**
 * How many calls may be out at once. Fixed: a given number. Adaptive: found by itself, between two bounds, by
 * climbing while the partner's latency holds and cutting when it answers 429 or 5xx, times out, or slows down
 * under our load (more calls at once then only queue inside the partner). After an outage both start small
 * again and double with every round of successes: a partner that has just come back is not met by a herd.
 * Pure: results in, a number out.
 */

export interface ConcurrencyLimit {
  /** The limit now, whole, ≥ 1. */
  current(): number;
  /**
   * Counts one finished call. Tell `overloaded` for a timeout, 429 or 5xx.
   *
   * @param inFlight calls that were out when it returned, itself included: a limit that is not used is not raised.
   */
  settled(overloaded: boolean, durationMs: number, inFlight: number): void;
  /** Starts small again, after an outage. */
  restart(): void;
}

export interface AdaptiveLimitOptions {
  readonly min: number;
  readonly max: number;
  readonly initial: number;
}

const RESTART_AT = 4;
/** A window's mean latency beyond this multiple of the best known is the partner slowing down. */
const INFLATION = 2;
/** Below this, differences are our own event loop's and not the partner's. */
const NOISE_MS = 5;
const CUT_OVERLOADED = 0.7;
const CUT_SLOW = 0.9;
/** A share of overloaded answers that is no accident. */
const OVERLOADED_SHARE = 0.05;
const FEWEST_SAMPLES = 16;
/** Every so many windows two go with a quarter of the limit, to learn anew how fast the partner is when it isn't loaded. */
const LOOK_EVERY = 64;

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

/** @param options whole numbers, 1 ≤ min ≤ initial ≤ max. */
export function createAdaptiveLimit(options: AdaptiveLimitOptions): ConcurrencyLimit {
  const { min, max } = options;
  let limit = options.initial;
  /** While true the limit grows with every success, until the first sign of load. */
  let starting = true;
  /** What the partner takes when our load doesn't slow it down. */
  let bestMs = Number.POSITIVE_INFINITY;
  /** Looking again at `bestMs`: first the calls of before return, then the few that are out are measured. */
  let looking: 'no' | 'draining' | 'measuring' = 'no';
  let limitBefore = limit;
  let windows = 0;
  let samples = 0;
  let overloads = 0;
  let totalMs = 0;
  let busiest = 0;

  function startWindow(): void {
    samples = 0;
    overloads = 0;
    totalMs = 0;
    busiest = 0;
  }

  function cut(factor: number): void {
    starting = false;
    limit = Math.max(min, Math.floor(limit * factor));
  }

  function judge(meanMs: number): void {
    // At the least limit it can't be our load: the partner is as slow as that.
    bestMs = limit <= min ? meanMs : Math.min(bestMs, meanMs);
    if (overloads > OVERLOADED_SHARE * samples) cut(CUT_OVERLOADED);
    else if (meanMs > INFLATION * bestMs + NOISE_MS) cut(CUT_SLOW);
    else if (!starting && busiest >= 0.8 * limit) limit = Math.min(max, limit + Math.ceil(Math.sqrt(limit)));
    windows += 1;
    if (windows % LOOK_EVERY === 0) {
      looking = 'draining';
      limitBefore = limit;
      limit = Math.max(min, Math.ceil(limit / 4));
    }
  }

  function closeWindow(): void {
    const answered = samples - overloads;
    const meanMs = answered > 0 ? totalMs / answered : Number.POSITIVE_INFINITY;
    if (looking === 'no') {
      judge(meanMs);
    } else if (looking === 'draining') {
      looking = 'measuring';
    } else {
      looking = 'no';
      bestMs = meanMs;
      limit = limitBefore;
    }
    startWindow();
  }

  return {
    current: () => limit,
    settled(overloaded, durationMs, inFlight) {
      samples += 1;
      busiest = Math.max(busiest, inFlight);
      if (overloaded) overloads += 1;
      else totalMs += durationMs;
      if (starting && looking === 'no' && !overloaded && 2 * inFlight >= limit)
        limit = Math.min(max, limit + 1);
      // One round of calls is one look: the next must see what this one's change did.
      if (samples >= Math.max(FEWEST_SAMPLES, limit)) closeWindow();
    },
    restart() {
      limit = Math.min(RESTART_AT, max);
      starting = true;
      looking = 'no';
      startWindow();
    },
  };
}
