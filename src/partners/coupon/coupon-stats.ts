/** What a pod says of its coupon calls, on `/status` and as metrics. */
import type { BreakerState } from './circuit-breaker.ts';
import type { FailingCount } from './coupon-patience.ts';

export interface CouponApiStats {
  /** Calls out now. */
  readonly inFlight: number;
  /** Some are out, and the time limit of the latest is yet to come: it will end, and is waited for with reason. */
  readonly isCallInTime: boolean;
  /** Events waiting for a slot. */
  readonly waiting: number;
  /** Events between two tries, by backoff or `Retry-After`. */
  readonly pausing: number;
  /** Events that fail while others are answered, and those that wait for the API as such. */
  readonly failingAlone: FailingCount;
  readonly waitingForAll: FailingCount;
  /** Too few call to open the breaker, but nobody is answered. */
  readonly isDark: boolean;
  /** Most calls out at once now. */
  readonly limit: number;
  readonly breaker: BreakerState;
  /** Of the last 512 calls, ms. */
  readonly p50Ms: number;
  readonly p99Ms: number;
}
