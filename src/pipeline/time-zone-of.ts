/** Whose time zone counts before the coupons are known: the event's own, else its merchant's. */
import type { LocationEvent } from '../domain/event.ts';
import type { Documents } from './ports.ts';

export function timeZoneOf(
  { timeZone, merchantId }: LocationEvent,
  documents: Pick<Documents, 'findMerchant'>,
): string | undefined {
  if (timeZone !== undefined || merchantId === undefined) return timeZone;
  return documents.findMerchant(merchantId)?.timeZone;
}
