/**
 * How many tasks may run at once while the event loop is short of time. Pure: samples of the loop in, a number out.
 *
 * A loop that never rests finishes no more by starting more. Each turn grows longer, so answers and timers wait longer,
 * and started tasks hold memory. So the limit shrinks while turns are long. It grows back as soon as turns are short or
 * the loop rests, and faster the more it rests.
 *
 * A turn is long by its tasks, not only by its milliseconds. Each turn costs something by itself: asking the kernel, a
 * call to Redis, waking a partner. In a turn of few tasks that cost is most of the turn. Taking tasks away would make
 * the shortage worse, and the limit could not grow back.
 *
 * A burst, such as decoding what was just fetched, is no shortage. Neither are slices of decoding, which take the rest
 * of a loop’s time whatever else waits. The limit is none on partners: a loop that waits for partners rests.
 */
export interface LoadLimit {
  /** The limit now: whole, least … most. */
  current(): number;
  /**
   * Counts what the loop did since the last sample.
   *
   * @param sample the loop worked `busyMs` of `elapsedMs`, `slicedMs` of that on decoding. It took `turns`, in which
   * `ended` tasks ended.
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

/** From this busy share on the loop is short of time: the rest is what waiting for sockets takes. */
const BUSY = 0.9;
/** Longer turns hold answers up noticeably, shorter turns do not: in ms. */
const LONG_TURN_MS = 0.35;
const SHORT_TURN_MS = 0.2;
/** Tasks a turn. With more, one more task costs what the task costs; with fewer, the turn itself is the cost. */
const MANY_A_TURN = 32;
const FEW_A_TURN = 16;
/**
 * This long without a rest before the limit shrinks, unless it shrank a moment ago: in ms. A process whose code is not
 * compiled yet takes up to 150 ms for the first events of a partition.
 */
const SHORTAGE_MS = 300;
/** One sample never cuts more than this: what was started is still at work in the next sample. */
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
