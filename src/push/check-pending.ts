/**
 * Whether a push is still pending, asked before anything is asked for it. A permission whose reply was lost must be asked
 * for again, with no end; this check need not be. Where one user's part of Redis is away, the run ends here and its place
 * goes to pushes whose part answers.
 */
import type { PendingCheck, DeliveryStore } from '../domain/delivery.ts';
import { within } from '../runtime/deadline.ts';
import { isUnavailable } from '../runtime/errors.ts';
import type { EventRef } from '../domain/event.ts';
import type { Clock } from '../runtime/clock.ts';
import { noAnswer } from '../redis/redis-errors.ts';
import { untilRedis } from '../redis/until-redis.ts';

/** A failover or a lost connection, as a rule, is over by then. */
const PATIENCE_MS = 3000;
/** … and where a check has just been given up: many pushes of users whose part is away must not fill all places. */
const SHORT_PATIENCE_MS = 250;
const TROUBLED_FOR_MS = 10_000;

/** @throws UnavailableError where Redis says nothing of this user within about three seconds, or once it is aborted. */
export type CheckPending = (ref: EventRef, signal: AbortSignal) => Promise<PendingCheck>;

export function createCheckPending(store: Pick<DeliveryStore, 'checkPending'>, clock: Clock): CheckPending {
  let givenUpAtMs = -Infinity;
  return async (ref, signal) => {
    const isTroubled = performance.now() - givenUpAtMs < TROUBLED_FOR_MS;
    const patience = new AbortController();
    const end = (): void => patience.abort();
    if (signal.aborted) end();
    signal.addEventListener('abort', end, { once: true });
    try {
      const check = untilRedis(() => store.checkPending(ref), clock, patience.signal);
      return await within(check, {
        limitMs: isTroubled ? SHORT_PATIENCE_MS : PATIENCE_MS,
        late: noAnswer,
      });
    } catch (error) {
      if (isUnavailable(error) && !signal.aborted) givenUpAtMs = performance.now();
      throw error;
    } finally {
      end();
      signal.removeEventListener('abort', end);
    }
  };
}
