/**
 * "Order per user": of one user's events in one partition, the coupon API was asked about an earlier one before a
 * later one. Judged where there is one order only: of events that were produced once, decided once and asked about
 * once. One that was decided anew after a death may be asked about for the first time then.
 */
import type { CouponCalls } from '../partners/ledger.ts';
import type { PipelineRecord } from './accounting.ts';
import type { ProducedEvent, Violation } from './evidence.ts';
import { groupBy, identityOf, placeOf, showIdentity } from './evidence.ts';

/** @param couponCalls by their first call, the earliest first. @returns each event that came before an earlier one. */
export const findOrderFaults = (
  produced: Iterable<ProducedEvent>,
  records: Iterable<PipelineRecord>,
  couponCalls: Iterable<CouponCalls>,
): readonly Violation[] => {
  const byIdentity = groupBy(produced, ({ userId, eventId }) =>
    userId === undefined || eventId === undefined ? undefined : identityOf(userId, eventId),
  );
  const decided = new Map<string, number>();
  for (const { source } of records) decided.set(placeOf(source), (decided.get(placeOf(source)) ?? 0) + 1);
  const latest = new Map<string, ProducedEvent>();
  const violations: Violation[] = [];
  for (const { userId, eventId, calls } of couponCalls) {
    const [event, ...others] = byIdentity.get(identityOf(userId, eventId)) ?? [];
    if (event === undefined || others.length > 0 || calls !== 1 || decided.get(placeOf(event)) !== 1)
      continue;
    const line = `${event.partition} ${userId}`;
    const before = latest.get(line);
    if (before === undefined || isBefore(before, event)) {
      latest.set(line, event);
      continue;
    }
    violations.push({
      message: `${showIdentity(userId, eventId)} at ${placeOf(event)} was asked about after ${before.eventId ?? '?'} at ${placeOf(before)}`,
    });
  }
  return violations;
};

const isBefore = (one: ProducedEvent, other: ProducedEvent): boolean => {
  const distance = BigInt(one.offset) - BigInt(other.offset);
  return distance === 0n ? one.index < other.index : distance < 0n;
};
