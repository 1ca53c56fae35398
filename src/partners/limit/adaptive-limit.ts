/**
 * How many calls may be out at once, found between two bounds by asking the partner and not a table. Pure: results in,
 * a number out; time is told by what calls took.
 *
 * A level is tried lower and higher in turn (`gain-trial.ts`), and moves to where more calls at once no longer bring
 * more answers. The idea is that of gradient limits (Netflix's concurrency-limits) and of hill climbing by throughput
 * (.NET's thread pool); the arithmetic is ours.
 *
 * - Climbs while more calls at once bring more answers. At the start, after an outage and after the partner
 *   became suddenly slower it begins small and doubles, every two rounds of calls, until answers cost more.
 * - Backs off by a tenth where more than a tenth of the calls fail (429, 5xx, timeout), then stays there for a
 *   while. A share that fails whatever the limit is learned: it is no reason to call less.
 * - Steps down where calls only queue; where an answer suddenly costs a multiple, at once to half of what the costs
 *   suggest.
 * - Limits far apart differ by more than chance after a round or two each, so every search begins with those; it goes
 *   closer once what is looked for lies between them, or where they tell nothing.
 * - Never moves while traffic leaves it unused; no result, no change. Never leaves min … max, but for the few
 *   rounds in which it begins small after an outage.
 *
 * Settles, on average, within a fifth of the best fixed limit, and settles anew within some hundred rounds of calls
 * after a change. With answers of up to 50 ms that takes 10 s at most; with answers of 100 ms it does after all but a
 * few changes. With slower answers it takes longer, as too few of them come
 * (`test/unit/partners/limit/adaptive-limit.test.ts`).
 */
import { createCallFailures } from './call-failures.ts';
import { createLatencySample, type LatencySample } from './latency-sample.ts';
import { RESTART_AT, type ConcurrencyLimit } from './concurrency-limit.ts';
import { createGainTrial, WORTH_IT, type TrialSide } from './gain-trial.ts';

export interface AdaptiveLimitOptions {
  readonly min: number;
  readonly max: number;
  readonly initial: number;
}

/**
 * The two limits of a trial lie so far below and above the level (as logarithms). After a rest they lie far apart at
 * first: what has changed much shows in a pair or two. Where it does not, little has changed, and closer ones follow.
 */
const WIDE = 0.3;
const CLOSE = 0.12;
const WIDE_PAIRS = 2;
/** If a trial moves the level by at least 60 % of its reach, the optimum is probably further out: search wide again. */
const FAR = 0.6;
/** Without a trial for both, so many rounds of calls and so many ms: once the level is found, and after calls have failed. */
const REST = { rounds: 10, ms: 250 };
const LONG_REST = { rounds: 20, ms: 2000 };

/** A sample is a round of calls, and at least this many: with fewer, one slow answer would decide. */
const FEWEST_CALLS = 24;
const FEWEST_CALLS_STARTING = 8;
/** While the limit doubles: an answer that costs this much more is the partner slowing down. */
const START_INFLATION = 1.5;
/** A limit that is used less, and seldom waited for, is unused: at the start, and in a trial, which needs to be sure. */
const USED_SHARE = 0.75;
const FULL_SHARE = 0.9;
/** Two samples in a row at this multiple of the least cost: something has changed, no trial is waited for. */
const SUDDEN_INFLATION = 2.5;
const SUDDEN_SAMPLES = 2;
/** Differences below are our own event loop's. */
const NOISE_MS = 5;
/** The least cost is forgotten by this much a sample. */
const FORGET = 1.002;

const CUT = 0.9;

/** @param options whole numbers, 1 ≤ min ≤ initial ≤ max. */
export function createAdaptiveLimit(options: AdaptiveLimitOptions): ConcurrencyLimit {
  const { min, max } = options;
  let phase: 'starting' | 'resting' | 'low' | 'high' = 'starting';
  let limit = options.initial;
  /** Where trials are made around. */
  let level = limit;
  let sample = createLatencySample(0);
  let failures = createCallFailures();
  let left = REST;

  let trial = createGainTrial();
  let low: TrialSide | undefined;
  let high: TrialSide | undefined;
  let span = 1;
  let reach = WIDE;
  let leastMs = Number.POSITIVE_INFINITY;
  let suddenSamples = 0;

  function setLimit(next: number): void {
    // Calls that are out already began under the old limit.
    const skip = next === limit ? 0 : limit;
    sample = createLatencySample(skip);
    // Failures of calls that began under the old limit don't count against the new one.
    if (skip > 0) failures.begin(skip);
    limit = next;
  }

  function setLevel(next: number): void {
    level = Math.min(max, Math.max(min, next));
  }

  function beginTrialsAt(nextReach: number): void {
    reach = nextReach;
    trial = createGainTrial();
    low = high = undefined;
    measure('low');
  }

  /** Begins with limits far apart, where there is room for that. */
  function beginTrials(): void {
    beginTrialsAt(level * Math.exp(WIDE) <= max ? WIDE : CLOSE);
  }

  /** What has changed is not much. */
  function narrow(): void {
    beginTrialsAt(CLOSE);
  }

  function measure(side: 'low' | 'high'): void {
    phase = side;
    const lower = Math.max(min, Math.floor(level * Math.exp(-reach)));
    const upper = Math.min(max, Math.ceil(level * Math.exp(reach)));
    span = Math.log(upper / lower);
    setLimit(side === 'low' ? lower : upper);
  }

  function rest(pause: typeof REST): void {
    phase = 'resting';
    left = pause;
    setLimit(Math.round(level));
  }

  /** Doubles from here until answers cost more. */
  function startFrom(next: number): void {
    phase = 'starting';
    leastMs = Number.POSITIVE_INFINITY;
    suddenSamples = 0;
    setLimit(next);
  }

  /**
   * Where calls begin to queue in between, the gain tells where: as far from the level as it is from a half. Where it
   * is all or nothing, that is beyond both limits.
   */
  function move(gain: number): void {
    const shift = Math.min(1, Math.max(-1, 2 * (gain - WORTH_IT)));
    const before = level;
    setLevel(level * Math.exp(shift * reach));
    if (level === before) rest(REST);
    else if (Math.abs(shift) >= FAR) beginTrials();
    else if (reach > CLOSE) narrow();
    else rest(REST);
  }

  function isUsed(seen: LatencySample, share: number): boolean {
    return seen.inFlight >= share * limit || seen.awaitedShare >= share;
  }

  function judgeTrial(seen: LatencySample, side: 'low' | 'high'): void {
    if (!isUsed(seen, FULL_SHARE)) {
      // Every event that wants to call is out: there is nothing to learn until more want to.
      if (side === 'high' && reach > CLOSE) narrow();
      else rest(LONG_REST);
      return;
    }
    if (side === 'low') low = seen;
    else high = seen;
    if (low === undefined || high === undefined) {
      measure(side === 'low' ? 'high' : 'low');
      return;
    }
    trial.add(low, high, span);
    low = high = undefined;
    const verdict = trial.verdict();
    if (verdict === undefined && reach >= WIDE && trial.pairs() >= WIDE_PAIRS) narrow();
    // The next pair begins where this one ended: low, high, high, low. That spares a change in between.
    else if (verdict === undefined) setLimit(limit);
    else if (verdict === 'unused') rest(LONG_REST);
    else move(verdict);
  }

  function judgeStart(seen: LatencySample): void {
    if (!isUsed(seen, USED_SHARE)) {
      setLimit(limit);
      return;
    }
    if (seen.costMs > START_INFLATION * leastMs + 1) {
      setLevel((limit * leastMs) / seen.costMs);
      beginTrials();
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

  /** Calls fail. What a trial found above its level is no reason to leave that. */
  function cut(): void {
    const isTrial = phase === 'high';
    setLevel(isTrial ? Math.min(level, limit * CUT) : limit * CUT);
    if (isTrial && reach > CLOSE) narrow();
    else rest(LONG_REST);
  }

  function judgeSample(seen: LatencySample): void {
    if (phase === 'starting') {
      judgeStart(seen);
      return;
    }
    const isSudden = limit > min && seen.costMs > SUDDEN_INFLATION * leastMs + NOISE_MS;
    suddenSamples = isSudden ? suddenSamples + 1 : 0;
    if (suddenSamples >= SUDDEN_SAMPLES) {
      setLevel((limit * leastMs) / seen.costMs / 2);
      startFrom(Math.round(level));
      return;
    }
    leastMs = Math.min(leastMs * FORGET, seen.costMs);
    if (phase !== 'resting') {
      judgeTrial(seen, phase);
      return;
    }
    left = { rounds: left.rounds - seen.calls / limit, ms: left.ms - seen.elapsedMs };
    setLimit(limit);
    if (left.rounds <= 0 && left.ms <= 0 && isUsed(seen, FULL_SHARE)) beginTrials();
  }

  return {
    current: () => limit,
    settled(overloaded, durationMs, inFlight, isAwaited = false) {
      if (failures.add(overloaded, limit)) {
        cut();
        return;
      }
      // More than the limit: of the time before it was lowered.
      if (inFlight > limit || !sample.observe(overloaded, durationMs, inFlight, isAwaited)) return;
      const enough = phase === 'starting' ? FEWEST_CALLS_STARTING : FEWEST_CALLS;
      const seen = sample.result(Math.max(enough, limit));
      if (seen !== undefined) judgeSample(seen);
    },
    restart() {
      failures = createCallFailures();
      startFrom(Math.min(RESTART_AT, max));
      sample = createLatencySample(0);
    },
  };
}
