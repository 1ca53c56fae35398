/**
 * How many calls may be out at once. Pure: results in, a number out; time is counted in calls that return.
 *
 * Fixed: a given number. Adaptive: found by itself between two bounds, by asking the partner and not a table:
 * a level is tried a little lower and a little higher in turn (`gain-trial.ts`), and moves to where more calls
 * at once no longer bring more answers. The idea is that of gradient limits (Netflix's concurrency-limits) and
 * of hill climbing by throughput (.NET's thread pool); the arithmetic is ours.
 *
 * - Climbs while more calls at once bring more answers. At the start, after an outage and after the partner
 *   became suddenly slower it begins small and doubles, every two rounds of calls, until answers cost more.
 * - Backs off by a tenth where more than a tenth of the calls fail (429, 5xx, timeout), then stays there for a
 *   while. A share that fails whatever the limit is learned: it is no reason to call less.
 * - Steps down where calls only queue, in growing steps; where an answer suddenly costs a multiple, at once to
 *   half of what the costs suggest.
 * - Never moves while traffic leaves it unused; no result, no change. Never leaves min … max, but for the few
 *   rounds in which it begins small after an outage.
 *
 * Settles, on average, within a fifth of the best fixed limit, and settles anew within some hundred rounds of
 * calls after a change: 10 s with answers in tens of ms (`test/unit/partners/adaptive-limit.test.ts`).
 */
import { createGainTrial, type TrialSide } from './gain-trial.ts';

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

/** The two limits of a trial lie so far below and above the level. */
const TRIAL_SPAN = 0.12;
const FIRST_STEP = 0.1;
const LEAST_STEP = 0.05;
const LARGEST_STEP = 0.4;
/** Looks, of a round of calls each, without a trial: once the level is found, and after calls have failed. */
const REST = 8;
const LONG_REST = 32;

/** A look is a round of calls, and at least so many: below, one slow answer decides. */
const FEWEST_SAMPLES = 24;
const FEWEST_SAMPLES_STARTING = 8;
/** While the limit doubles: an answer that costs this much more is the partner slowing down. */
const START_INFLATION = 1.5;
/** Below, a limit counts as unused. */
const USED_SHARE = 0.75;
/** Two looks in a row at this multiple of the least cost: something has changed, no trial is waited for. */
const SUDDEN_INFLATION = 2.5;
const SUDDEN_LOOKS = 2;
/** Differences below are our own event loop's. */
const NOISE_MS = 5;
/** The least cost is forgotten by this much a look. */
const FORGET = 1.002;

const CUT = 0.9;
/** A share of failed calls that is no accident, beyond what fails in any case. */
const FAILED_SHARE = 0.1;
const FEWEST_JUDGED = 64;
/** Half of so few need no more to be sure. */
const FEWEST_JUDGED_WORST = 16;
/** Weight of the newest share in what is known to fail in any case. */
const LEARN = 0.1;

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
  let phase: 'starting' | 'resting' | 'low' | 'high' = 'starting';
  let limit = options.initial;
  /** Where trials are made around. */
  let level = limit;
  let look = createLook(0);
  let failures = createFailures();
  let restLooks = 0;

  let trial = createGainTrial();
  let low: TrialSide | undefined;
  let high: TrialSide | undefined;
  let span = 1;
  let step = FIRST_STEP;
  let direction = 0;
  let leastMs = Number.POSITIVE_INFINITY;
  let suddenLooks = 0;

  function setLimit(next: number): void {
    // Calls that are out already have seen the limit of before.
    look = createLook(next === limit ? 0 : limit);
    limit = next;
  }

  function setLevel(next: number): void {
    level = Math.min(max, Math.max(min, next));
    trial = createGainTrial();
    low = high = undefined;
  }

  function measure(side: 'low' | 'high'): void {
    phase = side;
    const lower = Math.max(min, Math.floor(level * (1 - TRIAL_SPAN)));
    const upper = Math.min(max, Math.max(lower + 1, Math.ceil(lower * (1 + 2 * TRIAL_SPAN))));
    span = Math.log(upper / lower);
    setLimit(side === 'low' ? lower : upper);
  }

  function rest(looks: number): void {
    phase = 'resting';
    restLooks = looks;
    setLimit(Math.round(level));
  }

  /** Doubles from here until answers cost more. */
  function startFrom(next: number): void {
    phase = 'starting';
    setLevel(level);
    step = FIRST_STEP;
    direction = 0;
    leastMs = Number.POSITIVE_INFINITY;
    suddenLooks = 0;
    setLimit(next);
  }

  function move(next: 1 | -1): void {
    const isTurn = next !== direction;
    if (!isTurn) step = Math.min(LARGEST_STEP, step * 2);
    else if (direction !== 0) step = Math.max(LEAST_STEP, step / 2);
    direction = next;
    const before = level;
    setLevel(next === 1 ? level * (1 + step) : level / (1 + step));
    const isAtBound = level === before;
    if (isAtBound) step = FIRST_STEP;
    if (isTurn || isAtBound) rest(REST);
    else measure('low');
  }

  function judgeTrial(seen: TrialSide, side: 'low' | 'high'): void {
    if (side === 'low') low = seen;
    else high = seen;
    if (low === undefined || high === undefined) {
      measure(side === 'low' ? 'high' : 'low');
      return;
    }
    trial.add(low, high, span);
    low = high = undefined;
    const verdict = trial.verdict();
    // The next pair begins where this one ended: low, high, high, low. That spares a change in between.
    if (verdict === undefined) setLimit(limit);
    else if (verdict === 'unused') rest(1);
    else move(verdict === 'worth_it' ? 1 : -1);
  }

  function judgeStart(seen: TrialSide): void {
    if (seen.inFlight < USED_SHARE * limit) {
      setLimit(limit);
      return;
    }
    if (seen.costMs > START_INFLATION * leastMs + 1) {
      setLevel((limit * leastMs) / seen.costMs);
      measure('low');
      return;
    }
    leastMs = Math.min(leastMs, seen.costMs);
    if (limit >= max) {
      setLevel(max);
      rest(REST);
    } else {
      setLimit(Math.min(max, 2 * limit));
    }
  }

  function judgeLook(seen: TrialSide): void {
    if (phase === 'starting') {
      judgeStart(seen);
      return;
    }
    const isSudden = limit > min && seen.costMs > SUDDEN_INFLATION * leastMs + NOISE_MS;
    suddenLooks = isSudden ? suddenLooks + 1 : 0;
    if (suddenLooks >= SUDDEN_LOOKS) {
      setLevel((limit * leastMs) / seen.costMs / 2);
      startFrom(Math.round(level));
      return;
    }
    leastMs = Math.min(leastMs * FORGET, seen.costMs);
    if (phase !== 'resting') {
      judgeTrial(seen, phase);
      return;
    }
    restLooks -= 1;
    setLimit(limit);
    if (restLooks <= 0 && seen.inFlight > (1 - TRIAL_SPAN / 2) * limit) measure('low');
  }

  return {
    current: () => limit,
    settled(overloaded, durationMs, inFlight) {
      if (failures.add(overloaded, limit)) {
        step = FIRST_STEP;
        direction = 0;
        setLevel(limit * CUT);
        rest(LONG_REST);
        return;
      }
      // More than the limit: of the time before it was lowered.
      if (inFlight > limit || look.passed(overloaded, durationMs, inFlight)) return;
      const enough = phase === 'starting' ? FEWEST_SAMPLES_STARTING : FEWEST_SAMPLES;
      const seen = look.result(Math.max(enough, limit));
      if (seen !== undefined) judgeLook(seen);
    },
    restart() {
      failures = createFailures();
      startFrom(Math.min(RESTART_AT, max));
      look = createLook(0);
    },
  };
}

/** Measures calls, but for the first `skip` of them. */
function createLook(skip: number) {
  let left = skip;
  let samples = 0;
  let answered = 0;
  let totalMs = 0;
  let inFlightSum = 0;
  return {
    /** @returns true where the call was none of those measured. */
    passed(overloaded: boolean, durationMs: number, inFlight: number): boolean {
      if (left > 0) {
        left -= 1;
        return true;
      }
      samples += 1;
      totalMs += durationMs;
      inFlightSum += inFlight;
      if (!overloaded) answered += 1;
      return false;
    },
    /** Undefined until there are enough, and while there is no answer. */
    result(enough: number): TrialSide | undefined {
      if (samples < enough || answered === 0) return undefined;
      return { costMs: Math.max(0.001, totalMs / answered), inFlight: inFlightSum / samples };
    },
  };
}

/** Tells failures that come with the limit from those that come in any case. */
function createFailures() {
  let left = 0;
  let calls = 0;
  let failed = 0;
  let usual = 0;
  let wasTooMuch = false;
  return {
    /** @returns true where the limit is to be cut. */
    add(overloaded: boolean, limit: number): boolean {
      if (left > 0) {
        left -= 1;
        return false;
      }
      calls += 1;
      if (overloaded) failed += 1;
      const share = failed / calls;
      const isWorst = calls >= FEWEST_JUDGED_WORST && share >= 0.5;
      if (!isWorst && calls < Math.max(FEWEST_JUDGED, limit)) return false;
      const isTooMuch = share > FAILED_SHARE + 1.5 * usual;
      // A cut that did not help is a sign that the limit is not the reason.
      if (!isTooMuch || (wasTooMuch && share < 0.5)) usual += LEARN * (share - usual);
      wasTooMuch = isTooMuch;
      calls = failed = 0;
      // Calls that are out already have seen the limit of before.
      if (isTooMuch) left = limit;
      return isTooMuch;
    },
  };
}
