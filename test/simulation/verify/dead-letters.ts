/**
 * The dead-letter topic holds exactly the bad ones: each bad event's own bytes at least once, and nothing else but
 * events that the coupon API really refused, or whose user's calls it failed: an event's patience counts from when its
 * user's calls began to fail, and its own one try may meet a closed port, of which the API knows nothing.
 */
import type { CouponCalls } from '../partners/ledger.ts';
import type { FoundLetter, ProducedEvent, Violation } from './evidence.ts';
import { groupBy, identityOf, placeOf, showIdentity } from './evidence.ts';

const sameBytes = (a: Buffer | null, b: Buffer | null): boolean =>
  a === null || b === null ? a === b : a.equals(b);

/** Bad events that are missing or maimed, and letters that should not be there. */
export const findLetterFaults = (
  produced: Iterable<ProducedEvent>,
  letters: readonly FoundLetter[],
  couponCalls: readonly CouponCalls[],
): readonly Violation[] => {
  const rejected = new Set(
    couponCalls
      .filter(({ rejections }) => rejections > 0)
      .map(({ userId, eventId }) => identityOf(userId, eventId)),
  );
  const failing = new Set(couponCalls.filter(({ failures }) => failures > 0).map(({ userId }) => userId));
  const isExplained = (reason: string, event: ProducedEvent): boolean => {
    if (reason === 'coupon_api_failed') return failing.has(event.userId ?? '');
    return (
      reason === 'coupon_api_rejected' && rejected.has(identityOf(event.userId ?? '', event.eventId ?? ''))
    );
  };
  const byPlace = groupBy(letters, placeOf);
  const violations: Violation[] = [];
  const explained = new Set<string>();
  for (const event of produced) {
    const place = placeOf(event);
    const found = byPlace.get(place) ?? [];
    const name = `${showIdentity(event.userId, event.eventId)} at ${place}`;
    if (event.bad !== undefined) {
      const { reason, bytes } = event.bad;
      explained.add(place);
      const own = found.filter((letter) => letter.reason === reason);
      if (own.length === 0)
        violations.push({ message: `no dead letter for the ${reason} record at ${place}` });
      else if (!own.some((letter) => sameBytes(letter.bytes, bytes)))
        violations.push({
          message: `the dead letter of ${place} (${reason}) does not carry the bytes that came`,
        });
      continue;
    }
    if (found.length === 0) continue;
    explained.add(place);
    const unexplained = found.find(({ reason }) => !isExplained(reason, event));
    if (unexplained !== undefined)
      violations.push({
        message: `${name} is a dead letter (${unexplained.reason}) without a refusal or a failure of the coupon API`,
      });
  }
  for (const [place, found] of byPlace) {
    if (!explained.has(place))
      violations.push({
        message: `a dead letter from ${place} (${found[0]?.reason ?? ''}), where nothing was produced`,
      });
  }
  return violations;
};
