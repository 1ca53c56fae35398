/**
 * What would become of an event now, as far as that can be known without asking a partner. It runs through the code that
 * pods run, up to the call to the coupon API: only that answer decides what comes after.
 */
import type { LocationEvent } from '../domain/event.ts';
import type { Outcome } from '../domain/outcome.ts';
import type { Claims, Documents } from '../pipeline/ports.ts';
import { createProcessEvent } from '../pipeline/process-event.ts';
import { coordinates } from '../rules/distance.ts';
import { NOWHERE, OWNED, UNCOUNTED } from './given-run.ts';

export interface Foreseeing {
  readonly documents: Documents;
  readonly event: LocationEvent;
  /** Epoch ms. */
  readonly nowMs: number;
  /** Ms; the pod's ceiling `MAX_EVENT_AGE_MS`. */
  readonly maxEventAgeMs: number;
  /** What is remembered of the event and its user; default: nothing. */
  readonly recall?: Claims['recall'];
}

class CouponsAskedError extends Error {
  override readonly name = 'CouponsAskedError';
}

/** @returns `coupons` where the coupon API would be asked. @throws whatever `recall` throws. */
export async function foresee(options: Foreseeing): Promise<Outcome | 'coupons'> {
  const { documents, event, nowMs, maxEventAgeMs, recall = async () => ({ kind: 'new' }) } = options;
  const processEvent = createProcessEvent({
    documents,
    claims: { recall, claim: () => Promise.reject(new CouponsAskedError()) },
    queue: { enqueue: async () => undefined },
    coupons: { find: () => Promise.reject(new CouponsAskedError()) },
    places: coordinates,
    meter: UNCOUNTED,
    clock: { now: () => nowMs, sleep: async () => undefined },
    maxEventAgeMs,
  });
  try {
    return await processEvent({
      ...{ event, source: NOWHERE, traceparent: '', receivedAtMs: 0, ownership: OWNED },
    });
  } catch (error) {
    if (error instanceof CouponsAskedError) return 'coupons';
    throw error;
  }
}
