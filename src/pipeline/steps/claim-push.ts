/**
 * The claim decides: the best candidate whose caps have room is frozen as this event's push. Whoever dies
 * after it finds the record again (see recall), so the enqueue that follows may be repeated at will.
 */
import type { LocationEvent } from '../../domain/event.ts';
import type { FrozenPush } from '../../domain/push.ts';
import type { EventSource } from '../../domain/record.ts';
import type { Candidate, ClaimAnswer, ClaimCandidate, Claims, Hold, Ruleset } from '../ports.ts';
import { end, filtered, goOn, type Step } from './step.ts';

export interface ClaimContext {
  readonly source: EventSource;
  readonly traceparent: string;
  /** Epoch ms when the user's next quiet hours begin. */
  readonly quietFromMs: number | undefined;
  /** Epoch ms up to which the event could be accepted again. */
  readonly acceptableUntilMs: number;
}

/** A partner may answer with ten thousands of coupons: one script over all of them would keep Redis from every pod. */
const CANDIDATES_A_CLAIM = 100;

export async function claimPush(
  event: LocationEvent,
  candidates: readonly Candidate[],
  rules: Ruleset,
  context: ClaimContext,
  hold: Hold,
  claims: Claims,
): Promise<Step<FrozenPush>> {
  const { userId, eventId } = event;
  let answer: ClaimAnswer = { kind: 'no_room' };
  // Best first, so the first call with room has the best of all that have.
  for (let from = 0; from < candidates.length && answer.kind === 'no_room'; from += CANDIDATES_A_CLAIM) {
    hold.assertHeld();
    const some = candidates.slice(from, from + CANDIDATES_A_CLAIM);
    answer = await claims.claim({
      ref: { userId, eventId },
      candidates: some.map((candidate) => toClaim(event, candidate, rules, context)),
      caps: rules.caps,
      ttlMs: rules.pushTtlMs,
      acceptableUntilMs: context.acceptableUntilMs,
    });
  }
  if (answer.kind === 'no_room') return filtered('cooldown', rules.version);
  if (answer.kind === 'known' && !answer.undelivered) {
    const { couponId, merchantId, rulesVersion } = answer.push;
    return end({ kind: 'queued', couponId, merchantId, rulesVersion });
  }
  return goOn(answer.push);
}

function toClaim(
  event: LocationEvent,
  { coupon, text }: Candidate,
  rules: Ruleset,
  context: ClaimContext,
): ClaimCandidate {
  const push: FrozenPush = {
    userId: event.userId,
    eventId: event.eventId,
    couponId: coupon.couponId,
    merchantId: coupon.merchantId,
    ...text,
    collapseKey: `coupon:${coupon.merchantId}`,
    rulesVersion: rules.version,
  };
  return {
    ticket: { push, source: context.source, traceparent: context.traceparent },
    notAfterMs: earlier(coupon.validUntilMs, context.quietFromMs),
  };
}

function earlier(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return Math.min(a, b);
}
