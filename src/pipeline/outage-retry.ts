/**
 * Waiting for a service that is away: the event stays undecided and is tried again, with growing pauses, for
 * as long as it is held. While it waits its place is another event's. What it waits for is told to the watchers, so
 * that waiting is never taken for hanging.
 */
import { AbandonedError, UnavailableError } from '../runtime/errors.ts';
import type { Wait, Waiting } from './ports.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Ownership } from '../domain/ownership.ts';
import type { Logger } from '../runtime/logger.ts';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5000;

export interface Patience {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly waiting: Waiting;
}

/** One event's pauses between its tries. */
export interface Pauses {
  /**
   * One pause before another try, without a place; longer each time, up to 5 s.
   *
   * @throws AbandonedError when ownership is revoked meanwhile.
   */
  pause(error: UnavailableError): Promise<void>;
  /** What comes next is waited for from the beginning. */
  over(): void;
}

export function createPauses(ownership: Ownership, patience: Patience): Pauses {
  let pauseMs = FIRST_PAUSE_MS;
  let waitsFor: string | undefined;
  let sinceMs = 0;

  function over(): void {
    waitsFor = undefined;
    pauseMs = FIRST_PAUSE_MS;
  }

  return {
    async pause(error) {
      if (waitsFor !== error.service) {
        over();
        waitsFor = error.service;
        sinceMs = performance.now();
      }
      ownership.park();
      const wait = patience.waiting.begin(waitsFor, sinceMs);
      try {
        pauseMs = await pauseOnce(error, wait, pauseMs, ownership, patience);
      } finally {
        wait.end();
      }
    },
    over,
  };
}

/**
 * Repeats `task` while it rejects with `UnavailableError`; any other error passes through. The event has no place from
 * here on, as all that is left of it is somebody's acknowledgement: one that never comes holds back its offset and its
 * user, nobody else.
 *
 * @param what gives the acknowledgement.
 * @throws AbandonedError when ownership is revoked while waiting.
 */
export async function untilAcknowledged(
  task: () => Promise<void>,
  what: string,
  ownership: Ownership,
  patience: Patience,
): Promise<void> {
  ownership.park();
  const wait = patience.waiting.begin(what, performance.now());
  try {
    for (let pauseMs = FIRST_PAUSE_MS; ;) {
      try {
        await task();
        return;
      } catch (error) {
        if (!(error instanceof UnavailableError)) throw error;
        pauseMs = await pauseOnce(error, wait, pauseMs, ownership, patience);
      }
    }
  } finally {
    wait.end();
  }
}

/** @returns the next pause. */
async function pauseOnce(
  { service, message }: UnavailableError,
  wait: Wait,
  pauseMs: number,
  ownership: Ownership,
  { clock, logger }: Patience,
): Promise<number> {
  logger.debug({ service, error: message }, 'waiting for a service');
  wait.failed();
  await clock.sleep(pauseMs * (0.5 + Math.random() / 2), ownership.signal);
  wait.failed();
  if (ownership.isRevoked()) throw new AbandonedError(`abandoned while waiting for ${service}`);
  return Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
}
