/**
 * How far this pod's clock and Redis's differ, from what the watch hears anyhow. Windows go by Redis's clock, quiet
 * hours and the hour of a decision by the pod's own. An event is too old or too far ahead only if both say so: a pod
 * can't tell which of the two is wrong. Between two answers Redis's clock is assumed to run as the process's does. So a
 * pod's clock that is set is noticed at once.
 */
import type { Logger } from '../runtime/logger.ts';

/** No rule is that fine, and no time server that coarse. */
const TOLERATED_MS = 10_000;

export interface ClockCheck {
  /** @param redisMs what Redis's clock showed at some moment of the `tookMs` before now. */
  compare(redisMs: number, tookMs: number): void;
  /**
   * Ms that the pod's clock is surely ahead of Redis's now, negative where it is behind. 0 where the last answer lets
   * them agree, or where Redis has never answered.
   */
  podAheadMs(): number;
  /** What a person should know: a difference of more than 10 s, and when Redis's clock was last set. */
  warnings(): readonly string[];
}

interface Seen {
  readonly redisMs: number;
  readonly tookMs: number;
  readonly podMs: number;
  readonly monotonicMs: number;
}

export function createClockCheck(
  logger: Logger,
  now: () => number = Date.now,
  monotonic: () => number = () => performance.now(),
): ClockCheck {
  let seen: Seen | undefined;
  let isOff = false;
  let jump: string | undefined;

  const podAheadMs = (): number => {
    if (seen === undefined) return 0;
    const atLeastMs = seen.redisMs + monotonic() - seen.monotonicMs;
    const podMs = now();
    if (podMs < atLeastMs) return podMs - atLeastMs;
    return Math.max(0, podMs - atLeastMs - seen.tookMs);
  };

  /** One that was set, or another server's: the pod's own went on as the process did. */
  const noteJump = (before: Seen, after: Seen): void => {
    const elapsedMs = after.monotonicMs - before.monotonicMs;
    const jumpedMs = after.redisMs - before.redisMs - elapsedMs;
    const podJumpedMs = after.podMs - before.podMs - elapsedMs;
    const slackMs = TOLERATED_MS + before.tookMs + after.tookMs;
    if (Math.abs(jumpedMs) <= slackMs || Math.abs(jumpedMs - podJumpedMs) <= slackMs) return;
    const seconds = Math.round(jumpedMs / 1000);
    jump = `Redis’s clock was set by ${String(seconds)} s at ${new Date(after.podMs).toISOString()}: windows moved with it`;
    logger.error({ jumpedMs: Math.round(jumpedMs) }, 'redis’s clock was set: windows moved with it');
  };

  return {
    compare(redisMs, tookMs) {
      const last = { redisMs, tookMs, podMs: now(), monotonicMs: monotonic() };
      if (seen !== undefined) noteJump(seen, last);
      seen = last;
      const aheadMs = podAheadMs();
      const wasOff = isOff;
      isOff = Math.abs(aheadMs) > TOLERATED_MS;
      if (isOff && !wasOff) {
        logger.error(
          { aheadMs: Math.round(aheadMs) },
          'this pod’s clock and redis’s differ: an event is too old or too far ahead only if both say so',
        );
      } else if (wasOff && !isOff) logger.info({}, 'this pod’s clock and redis’s agree again');
    },
    podAheadMs,
    warnings() {
      const found: string[] = [];
      const aheadMs = podAheadMs();
      if (Math.abs(aheadMs) > TOLERATED_MS) {
        const seconds = String(Math.round(Math.abs(aheadMs) / 1000));
        found.push(`this pod’s clock is ${seconds} s ${aheadMs > 0 ? 'ahead of' : 'behind'} Redis’s`);
      }
      if (jump !== undefined) found.push(jump);
      return found;
    },
  };
}
