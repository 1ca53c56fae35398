/**
 * "Order per user": of one user's events in one partition, the coupon API was asked about an earlier one before a
 * later one. Judged where there is one order only: of events that were produced once, decided once and asked about
 * once. One that was decided anew after a death may be asked about for the first time then.
 *
 * The one call must also be that of the one decision, so only outcomes that need a call count. Else it may be a frozen
 * pod's, which woke up after another had decided the event without asking.
 */
import type { CouponCalls } from '../partners/ledger.ts';
import type { PipelineRecord } from './accounting.ts';
import type { ProducedEvent, Violation } from './evidence.ts';
import { groupBy, identityOf, placeOf, showIdentity } from './evidence.ts';

/** Outcomes of filters behind the coupon call. A `cooldown` may come before it as well. */
const NEED_A_CALL: ReadonlySet<string> = new Set([
  'no_coupons',
  'rules_excluded',
  'coupon_api_rejected',
  'coupon_api_failed',
]);

const needsCall = ({ outcome, reason }: PipelineRecord): boolean =>
  outcome === 'queued' || NEED_A_CALL.has(reason ?? '');

/** @param couponCalls by their first call, the earliest first. @returns each event that came before an earlier one. */
export const findOrderFaults = (
  produced: Iterable<ProducedEvent>,
  records: Iterable<PipelineRecord>,
  couponCalls: Iterable<CouponCalls>,
): readonly Violation[] => {
  const byIdentity = groupBy(produced, ({ userId, eventId }) =>
    userId === undefined || eventId === undefined ? undefined : identityOf(userId, eventId),
  );
  const decided = groupBy(records, ({ source }) => placeOf(source));
  const latest = new Map<string, ProducedEvent>();
  const violations: Violation[] = [];
  for (const { userId, eventId, calls } of couponCalls) {
    const [event, ...others] = byIdentity.get(identityOf(userId, eventId)) ?? [];
    if (event === undefined || others.length > 0 || calls !== 1) continue;
    const [decision, ...again] = decided.get(placeOf(event)) ?? [];
    if (decision === undefined || again.length > 0 || !needsCall(decision)) continue;
    const line = `${event.partition} ${userId}`;
    const before = latest.get(line);
    if (before === undefined || isBefore(before, event)) {
      latest.set(line, event);
      continue;
    }
    violations.push({
      message: `${showIdentity(userId, eventId)} at ${placeOf(event)} (${decision.reason ?? decision.outcome}) was asked about after ${before.eventId ?? '?'} at ${placeOf(before)}`,
    });
  }
  return violations;
};

const isBefore = (one: ProducedEvent, other: ProducedEvent): boolean => {
  const distance = BigInt(one.offset) - BigInt(other.offset);
  return distance === 0n ? one.index < other.index : distance < 0n;
};
