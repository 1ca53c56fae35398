/**
 * How many tasks may run at once while the event loop is short of time. Pure: samples of the loop in, a number out.
 *
 * A loop that never rests gets no more done by having more begun: each turn only grows longer, so that every answer
 * and timer waits for a longer one, and what was begun lies in memory meanwhile. So the limit shrinks while turns are
 * long, and grows back as soon as the loop rests, the more the more it rests, or its turns are short.
 *
 * Long is a turn of many tasks, not only of many milliseconds: each turn has a cost of its own (asking the kernel, a
 * call to Redis, waking up a partner), so with few tasks in it that cost is most of it, and taking tasks away would
 * make the shortage worse, from which a smaller limit could not grow back.
 *
 * A burst, such as decoding what was just fetched, is no shortage, and neither are slices of decoding, which take the
 * rest of a loop's time whatever else it has to do. It is no limit on what partners are asked: a loop that waits for
 * them rests.
 */
export interface LoadLimit {
  /** The limit now: whole, least … most. */
  current(): number;
  /**
   * Counts what the loop did since the last sample.
   *
   * @param sample `busyMs` of `elapsedMs` it spent working, of which `slicedMs` on decoding, in so many `turns`; so
   * many tasks have `ended` in them.
   */
  sampled(sample: LoopSample): void;
}

export interface LoopSample {
  readonly busyMs: number;
  readonly elapsedMs: number;
  readonly slicedMs: number;
  readonly turns: number;
  readonly ended: number;
}

export interface LoadLimitOptions {
  /** Never below: an integer ≥ 1. */
  readonly least: number;
  /** The limit at first, and while there is time enough: an integer ≥ least. */
  readonly most: number;
}

/** From here on the loop is short of time: what is left is what it takes to wait for sockets. */
const BUSY = 0.9;
/** Turns that are longer hold answers up noticeably, those that are shorter do not: in ms. */
const LONG_TURN_MS = 0.35;
const SHORT_TURN_MS = 0.2;
/** Tasks a turn: with more, one more costs what it costs by itself; with fewer, the turn is what costs. */
const MANY_A_TURN = 16;
const FEW_A_TURN = 8;
/**
 * For so long without a rest before anything is taken away, unless it was a moment ago: in ms. A process whose code is
 * not compiled yet takes up to 150 for the first events of a partition.
 */
const SHORTAGE_MS = 300;
/** One sample never takes away more: what was begun is still at work in the next one. */
const MOST_CUT = 0.5;
const GROWTH = 1.15;
const MOST_GROWTH = 1.5;

/** @throws RangeError where a bound is out of its range. */
export function createLoadLimit({ least, most }: LoadLimitOptions): LoadLimit {
  if (!Number.isInteger(least) || least < 1)
    throw new RangeError(`least: expected an integer ≥ 1, got ${least}`);
  if (!Number.isInteger(most) || most < least)
    throw new RangeError(`most: expected an integer ≥ ${least}, got ${most}`);
  let limit = most;
  let busyForMs = 0;
  return {
    current: () => Math.floor(limit),
    sampled({ busyMs, elapsedMs, slicedMs, turns, ended }) {
      const turnMs = Math.max(0, busyMs - slicedMs) / Math.max(1, turns);
      const tasks = ended / Math.max(1, turns);
      const isBusy = busyMs >= elapsedMs * BUSY;
      busyForMs = isBusy ? busyForMs + elapsedMs : 0;
      if (!isBusy) limit = Math.min(most, limit * Math.min(MOST_GROWTH, 2 - busyMs / elapsedMs));
      else if (turnMs < SHORT_TURN_MS || tasks < FEW_A_TURN) limit = Math.min(most, limit * GROWTH);
      else if (turnMs > LONG_TURN_MS && tasks > MANY_A_TURN && (busyForMs >= SHORTAGE_MS || limit < most))
        limit = Math.max(least, limit * Math.max(MOST_CUT, LONG_TURN_MS / turnMs, MANY_A_TURN / tasks));
    },
  };
}
