/**
 * A transition that Redis did not acknowledge is repeated until it is. What was sent must be written down as sent, and
 * while Redis is away a worker has nothing else to do.
 */
import type { Backoff } from '../runtime/backoff.ts';
import type { Clock } from '../runtime/clock.ts';
import { isUnavailable } from '../runtime/errors.ts';
import { retry } from '../runtime/retry.ts';

const BACKOFF: Backoff = { firstMs: 50, longestMs: 2000 };

/**
 * Repeats `task` while it rejects with `UnavailableError`: a defect ends it at once. Once `signal` is aborted there is
 * one last try at most. @throws that error.
 */
export function untilRedis<T>(task: () => Promise<T>, clock: Clock, signal: AbortSignal): Promise<T> {
  return retry(task, { clock, backoff: BACKOFF, signal, lastTry: true, isCurable: isUnavailable });
}
