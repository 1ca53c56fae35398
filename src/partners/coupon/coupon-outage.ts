/**
 * What each call's result says of the API, and what follows: the breaker opens or closes, and the router pool's limit
 * goes along. Open lets nobody through, half open a few, first calls before all others; and after an outage the limit
 * grows from small again. So there is one queue, fair between partitions, and no herd.
 */
import type { Clock } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/logger.ts';
import { createCallEvidence, type CallEvidence } from './call-evidence.ts';
import { createCircuitBreaker, type BreakerState } from './circuit-breaker.ts';
import type { ConcurrencyLimit } from '../limit/concurrency-limit.ts';
import type { RouterPool } from './router-pool.ts';

/** One HTTP call, as far as it is judged. */
export interface JudgedCall {
  readonly userId: string;
  readonly generation: number;
  /** `performance.now()`. */
  readonly startedMs: number;
  /** The same, monotonic ms. */
  readonly beganMs: number;
  /** Not its event's first, or its user's calls fail. */
  readonly isAgain: boolean;
}

export interface CouponOutage {
  readonly evidence: CallEvidence;
  state(): BreakerState;
  readonly isClosed: () => boolean;
  /** Taken before a call and handed back with its result. */
  generation(): number;
  /** @param error undefined where it was answered. @param durationMs where it tells how busy the API is. */
  judge(call: JudgedCall, error: string | undefined, durationMs?: number): void;
  stop(): void;
}

export interface CouponOutageOptions {
  readonly limit: ConcurrencyLimit;
  readonly router: RouterPool;
  readonly patienceMs: number;
  /** Calls that are out and began before then (`performance.now()`). */
  readonly outSinceBefore: (atMs: number) => number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: () => number;
  readonly nowMs: () => number;
}

/** A silence so long, or of a third of the patience, may be an outage although the breaker is closed. */
const LONGEST_DARK_MS = 5000;

export function createCouponOutage(options: CouponOutageOptions): CouponOutage {
  const { limit, router, clock, logger, random, nowMs } = options;
  const evidence = createCallEvidence(nowMs(), Math.min(LONGEST_DARK_MS, options.patienceMs / 3));
  const breaker = createCircuitBreaker({ clock, random, onChange: onBreaker });
  let lastFailure = '';

  function isClosed(): boolean {
    return breaker.state() === 'closed';
  }

  function onBreaker(state: BreakerState): void {
    if (state === 'open') {
      evidence.away(nowMs());
      router.setLimit(0);
      logger.warn({ api: 'coupon API', error: lastFailure }, 'the coupon API is down: calls wait');
    } else if (state === 'half_open') {
      probe();
    } else {
      evidence.back(nowMs());
      limit.restart();
      router.setLimit(limit.current());
      logger.info({ api: 'coupon API' }, 'the coupon API answers again');
    }
  }

  function probe(): void {
    router.setLimit(Math.min(breaker.probesLeft(), limit.current()), true);
  }

  return {
    evidence,
    state: () => breaker.state(),
    isClosed,
    generation: () => breaker.generation(),
    judge({ userId, generation, startedMs, beganMs, isAgain }, error, durationMs) {
      // One that was begun before the breaker changed says nothing of now.
      if (generation !== breaker.generation()) return;
      if (error === undefined) evidence.answered(userId, !isAgain, nowMs());
      else lastFailure = error;
      if (!isClosed()) {
        breaker.probed(generation, error === undefined);
        if (breaker.state() === 'half_open') probe();
        return;
      }
      if (error !== undefined) {
        const { outSinceBefore } = options;
        const failed = { userId, error, isFirst: !isAgain, startedMs, beganMs, outSinceBefore };
        if (evidence.failed(failed, nowMs())) {
          breaker.open();
          return;
        }
      }
      // What fails again and again says nothing of how many calls the API can bear.
      if (durationMs === undefined || (isAgain && error !== undefined)) return;
      limit.settled(error !== undefined, durationMs, router.inFlight(), router.waiting() > 0);
      if (router.limit() !== limit.current()) router.setLimit(limit.current());
    },
    stop: () => breaker.stop(),
  };
}
