/**
 * Retries while a service is away. The event stays undecided and is tried again, with growing pauses, for as long as
 * this pod owns it. While it waits, another event has its place. The watchers hear what it waits for, so that nobody
 * takes waiting for hanging.
 */
import { backoffMs, type Backoff } from '../runtime/backoff.ts';
import { AbandonedError, isUnavailable, type Service, type UnavailableError } from '../runtime/errors.ts';
import { retry } from '../runtime/retry.ts';
import type { Wait, Waiting } from './ports.ts';
import { monotonicMs, type Clock } from '../runtime/clock.ts';
import type { Ownership } from '../domain/ownership.ts';
import type { Logger } from '../runtime/logger.ts';

const BACKOFF: Backoff = { firstMs: 100, longestMs: 5000 };

export interface OutageRetryPorts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly waiting: Waiting;
}

/** One event's pauses between its tries while a service is away. */
export interface OutageRetry {
  /**
   * One pause before another try, without a place; longer each time, up to 5 s.
   *
   * @throws AbandonedError when ownership is revoked meanwhile.
   */
  pause(error: UnavailableError): Promise<void>;
  /** The outage is over: the next pause begins small again. */
  reset(): void;
}

export function createOutageRetry(
  ownership: Ownership,
  { clock, logger, waiting }: OutageRetryPorts,
): OutageRetry {
  let failures = 0;
  let waitsFor: Service | undefined;
  let sinceMs = 0;

  function reset(): void {
    waitsFor = undefined;
    failures = 0;
  }

  return {
    async pause(error) {
      if (waitsFor !== error.service) {
        reset();
        waitsFor = error.service;
        sinceMs = monotonicMs();
      }
      failures += 1;
      ownership.park();
      const wait = waiting.begin(waitsFor, sinceMs);
      try {
        noteFailure(error, wait, logger);
        await clock.sleep(backoffMs(failures, BACKOFF), ownership.signal);
        wait.failed();
        if (ownership.isRevoked()) throw abandoned(error);
      } finally {
        wait.end();
      }
    },
    reset,
  };
}

/**
 * Repeats `task` while it rejects with `UnavailableError`; any other error passes through. The event gives its place
 * back for good: it only waits for an acknowledgement. One that never comes holds back its own offset and its own user.
 * With `keepsPlace` no other event begins in its place meanwhile.
 *
 * @param what gives the acknowledgement.
 * @throws AbandonedError when ownership is revoked while waiting.
 */
export async function untilAcknowledged<T>(
  task: () => Promise<T>,
  what: Service,
  ownership: Ownership,
  ports: OutageRetryPorts,
  keepsPlace = false,
): Promise<T> {
  const { clock, logger, waiting } = ports;
  if (!keepsPlace) ownership.park();
  const wait = waiting.begin(what, monotonicMs());
  try {
    return await retry(task, {
      ...{ clock, backoff: BACKOFF, isCurable: isUnavailable },
      // Made on demand, which most acknowledgements never need.
      get signal() {
        return ownership.signal;
      },
      onFailure: (error) => noteFailure(error, wait, logger),
      onAgain: () => wait.failed(),
    });
  } catch (error) {
    throw isUnavailable(error) ? abandoned(error) : error;
  } finally {
    wait.end();
  }
}

function noteFailure(error: unknown, wait: Wait, logger: Logger): void {
  if (isUnavailable(error))
    logger.debug({ service: error.service, error: error.message }, 'waiting for a service');
  wait.failed();
}

/** Nothing but a revoked ownership ends the waiting for a service. */
function abandoned({ service }: UnavailableError): AbandonedError {
  return new AbandonedError(`abandoned while waiting for ${service}`);
}
