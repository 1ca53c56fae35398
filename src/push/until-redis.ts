/**
 * A transition that Redis did not acknowledge is asked again until it is: what was sent must be written down as
 * sent, and while Redis is away there is nothing else that a worker could do.
 */
import { UnavailableError } from '../runtime/errors.ts';
import type { Clock } from '../runtime/clock.ts';

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2000;

/** Repeats `task` while it rejects with `UnavailableError`. @throws that error once `signal` is aborted. */
export async function untilRedis<T>(task: () => Promise<T>, clock: Clock, signal: AbortSignal): Promise<T> {
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
    try {
      return await task();
    } catch (error) {
      if (!(error instanceof UnavailableError) || signal.aborted) throw error;
      await clock.sleep(pauseMs * (0.5 + Math.random() / 2), signal);
    }
  }
}
