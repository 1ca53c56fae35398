/**
 * Waiting for a service that is away: the event stays undecided and is tried again, with growing pauses, for
 * as long as it is held. What is away is told to the watchers, so that waiting is never taken for hanging.
 */
import { AbandonedError, UnavailableError } from '../domain/errors.ts';
import type { Clock, Hold, Logger } from './ports.ts';

export const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5000;

/** Which services events wait for now. */
export interface Waiting {
  /** @returns the function that says the wait is over. */
  waitFor(service: string): () => void;
}

export interface Patience {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly waiting: Waiting;
}

/**
 * Repeats `task` while it rejects with `UnavailableError`; any other error passes through.
 *
 * @throws AbandonedError when the hold is lost while waiting.
 */
export async function untilAvailable<T>(task: () => Promise<T>, hold: Hold, patience: Patience): Promise<T> {
  for (let pauseMs = FIRST_PAUSE_MS; ;) {
    try {
      return await task();
    } catch (error) {
      if (!(error instanceof UnavailableError)) throw error;
      pauseMs = await waitOut(error, pauseMs, hold, patience);
    }
  }
}

/**
 * One pause of about `pauseMs`, before another try.
 *
 * @param pauseMs {@link FIRST_PAUSE_MS} at first. @returns the next pause.
 * @throws AbandonedError when the hold is lost meanwhile.
 */
export async function waitOut(
  { service, message }: UnavailableError,
  pauseMs: number,
  hold: Hold,
  { clock, logger, waiting }: Patience,
): Promise<number> {
  logger.debug({ service, error: message }, 'waiting for a service');
  const over = waiting.waitFor(service);
  try {
    await clock.sleep(pauseMs * (0.5 + Math.random() / 2), hold.signal);
  } finally {
    over();
  }
  if (hold.isLost()) throw new AbandonedError(`abandoned while waiting for ${service}`);
  return Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
}
