/**
 * Repeats what fails until it works, with growing pauses. The one loop of this kind: callers say which failures time
 * cures, what ends the waiting, and what is told meanwhile.
 */
import { backoffMs, type Backoff } from './backoff.ts';
import type { Clock } from './clock.ts';

export interface RetryOptions {
  readonly clock: Pick<Clock, 'sleep'>;
  readonly backoff: Backoff;
  /** Ends a pause at once, and no try begins after it. Read after a failure only: it may be made on demand. */
  readonly signal?: AbortSignal | undefined;
  /** Whether a pause that the signal ended is followed by one last try. Default false. */
  readonly lastTry?: boolean;
  /** False: time does not cure this failure. Default: time cures all. Must not throw. */
  readonly isCurable?: (error: unknown) => boolean;
  /** ≥ 1. Default: no limit. */
  readonly maxTries?: number;
  /** Before each pause. @param failures from 1. Must not throw. */
  readonly onFailure?: (error: unknown, failures: number) => void;
  /** After each pause, before the next try. Must not throw. */
  readonly onAgain?: () => void;
  /** 0 ≤ x < 1. */
  readonly random?: () => number;
}

/**
 * Tries at least once, and one try at a time.
 *
 * @returns the first answer. @throws the latest failure, where time does not cure it, where the signal is aborted, or
 * where it was the last try that is allowed.
 */
export async function retry<T>(task: () => Promise<T>, options: RetryOptions): Promise<T> {
  const { clock, backoff, lastTry = false, isCurable, maxTries = Infinity, random } = options;
  for (let failures = 1; ; failures += 1) {
    try {
      return await task();
    } catch (error) {
      if (isCurable?.(error) === false || failures >= maxTries) throw error;
      const { signal } = options;
      if (signal?.aborted === true) throw error;
      options.onFailure?.(error, failures);
      await clock.sleep(backoffMs(failures, backoff, random), signal);
      if (isAborted(signal) && !lastTry) throw error;
      options.onAgain?.();
    }
  }
}

/** Asked anew: it may have been aborted in the pause. */
function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}
