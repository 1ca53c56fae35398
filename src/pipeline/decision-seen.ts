/**
 * Keeps what a decision sees, for its record. Whoever calls has asked first whether this decision is recorded at all: the
 * others cost one look at `seen`.
 */
import type { LocationEvent } from '../domain/event.ts';
import type { CouponAnswer, DecisionSeen, Documents, Ruleset } from './ports.ts';
import { timeZoneOf } from './time-zone-of.ts';

export function createSeen(rules: Ruleset): DecisionSeen {
  return {
    rules,
    firstAskedMs: undefined,
    lastAskedMs: undefined,
    podAheadMs: 0,
    recalledMs: undefined,
    claimedMs: undefined,
    timeZone: undefined,
    answer: undefined,
    merchants: [],
  };
}

/** A run begins: what an earlier run of the event saw is forgotten. */
export function noteBegun(
  seen: DecisionSeen,
  event: LocationEvent,
  rules: Ruleset,
  documents: Documents,
): void {
  Object.assign(seen, createSeen(rules));
  seen.timeZone = timeZoneOf(event, documents);
}

/** The filters are asked, by these rules. */
export function noteAsked(
  seen: DecisionSeen,
  asked: Pick<DecisionSeen, 'rules' | 'timeZone' | 'podAheadMs'> & { readonly nowMs: number },
): void {
  const { rules, timeZone, podAheadMs, nowMs } = asked;
  seen.rules = rules;
  seen.timeZone = timeZone;
  seen.podAheadMs = podAheadMs;
  seen.firstAskedMs ??= nowMs;
  seen.lastAskedMs = nowMs;
}

export function noteAnswer(
  seen: DecisionSeen,
  answer: CouponAnswer,
  { findMerchant }: Pick<Documents, 'findMerchant'>,
): void {
  seen.answer = answer;
  if (answer.kind === 'coupons') {
    seen.merchants = answer.coupons.map(({ merchantId }) => findMerchant(merchantId));
  }
}
