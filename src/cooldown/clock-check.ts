/**
 * Says when this pod's clock and Redis's differ. Windows go by Redis's, an event's age, quiet hours and the hour of a
 * decision by the pod's own: a pod minutes off would call good events invalid or stale. Which of the two is wrong
 * can't be told from here.
 */
import type { Logger } from '../pipeline/ports.ts';

/** No rule is that fine, and no time server that coarse. */
const TOLERATED_MS = 10_000;

export interface ClockCheck {
  /** @param redisMs what Redis's clock showed at some moment of the `tookMs` before now. */
  compare(redisMs: number, tookMs: number): void;
}

export function createClockCheck(logger: Logger, now: () => number = Date.now): ClockCheck {
  let isOff = false;
  return {
    compare(redisMs, tookMs) {
      const aheadMs = now() - redisMs;
      const wasOff = isOff;
      isOff = aheadMs > TOLERATED_MS + tookMs || aheadMs < -TOLERATED_MS;
      if (isOff && !wasOff) {
        logger.error(
          { aheadMs: Math.round(aheadMs) },
          'this pod’s clock and redis’s differ: age and quiet hours go by the pod’s',
        );
      } else if (wasOff && !isOff) logger.info({}, 'this pod’s clock and redis’s agree again');
    },
  };
}
