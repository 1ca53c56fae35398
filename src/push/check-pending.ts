/**
 * The look at a push's record before anything is asked for it. A permission whose reply was lost must be asked for
 * again, with no end; a look need not be. So where one user's part of Redis is away, a run ends here, and its
 * place goes to pushes whose part answers.
 */
import type { DeliverySight, DeliveryStore } from '../domain/delivery.ts';
import { UnavailableError } from '../runtime/errors.ts';
import type { EventRef } from '../domain/event.ts';
import type { Clock } from '../runtime/clock.ts';
import { withinOrUnavailable } from './redis-away.ts';
import { untilRedis } from '../redis/until-redis.ts';

/** A failover or a lost connection, as a rule, is over by then. */
const PATIENCE_MS = 3000;
/** … and where a look has just been given up: many pushes of users whose part is away must not fill all places. */
const SHORT_PATIENCE_MS = 250;
const TROUBLED_FOR_MS = 10_000;

/** @throws UnavailableError where Redis says nothing of this user within about three seconds, or once it is aborted. */
export type FirstLook = (ref: EventRef, signal: AbortSignal) => Promise<DeliverySight>;

export function createFirstLook(store: Pick<DeliveryStore, 'look'>, clock: Clock): FirstLook {
  let givenUpAtMs = -Infinity;
  return async (ref, signal) => {
    const isTroubled = performance.now() - givenUpAtMs < TROUBLED_FOR_MS;
    const patience = new AbortController();
    const end = (): void => patience.abort();
    if (signal.aborted) end();
    signal.addEventListener('abort', end, { once: true });
    try {
      return await withinOrUnavailable(isTroubled ? SHORT_PATIENCE_MS : PATIENCE_MS, () =>
        untilRedis(() => store.look(ref), clock, patience.signal),
      );
    } catch (error) {
      if (error instanceof UnavailableError && !signal.aborted) givenUpAtMs = performance.now();
      throw error;
    } finally {
      end();
      signal.removeEventListener('abort', end);
    }
  };
}
