/**
 * What a pod says of events that wait for the coupon API. Single users' failing calls and an API that is away are two
 * things.
 */
import { waitingFor, type WaitingFor } from './waits.ts';
import type { CouponTrouble, FailingEvents } from './ports.ts';

/** As `waiting` names them. */
export const COUPON_WAITS = ['coupon API', 'coupon API (single users)'] as const;

const [ALL, ALONE] = COUPON_WAITS;
/** A call that fails once and is answered a moment later is nothing to speak of. */
const ORDINARY_MS = 1000;

export function couponWaits({ failingAlone, waitingForAll }: CouponTrouble): WaitingFor[] {
  const rows: WaitingFor[] = [];
  if (failingAlone.events > 0) rows.push(waitingFor(ALONE, failingAlone.events, failingAlone.oldestMs));
  if (waitingForAll.events > 0) rows.push(waitingFor(ALL, waitingForAll.events, waitingForAll.oldestMs));
  return rows;
}

/** What is partly bad, in words. */
export function couponReasons({ failingAlone, waitingForAll, breaker }: CouponTrouble): string[] {
  const reasons: string[] = [];
  if (failingAlone.oldestMs >= ORDINARY_MS)
    reasons.push(`coupon API: ${inWords(failingAlone)}, others are answered`);
  if (breaker === 'closed' && waitingForAll.oldestMs >= ORDINARY_MS)
    reasons.push(`coupon API: ${inWords(waitingForAll)}, nobody has been answered since`);
  return reasons;
}

function inWords({ events, users }: FailingEvents): string {
  return `${String(events)} event${events === 1 ? '' : 's'} of ${String(users)} user${users === 1 ? '' : 's'} fail`;
}
