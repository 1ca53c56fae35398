/**
 * The claim decides: the best candidate whose caps have room is frozen as this event's push. Whoever dies
 * after it finds the record again (see recall), so the enqueue that follows may be repeated at will.
 */
import type { LocationEvent } from '../../domain/event.ts';
import type { FrozenPush, PushEnvelope } from '../../domain/push.ts';
import type { EventSource } from '../../domain/record.ts';
import type { Candidate, ClaimAnswer, ClaimCandidate, Claims, Ruleset } from '../ports.ts';
import type { Ownership } from '../../domain/ownership.ts';
import { capName } from './apply-event-filters.ts';
import { end, filtered, goOn, queuedAs, type Step } from './step.ts';

export interface ClaimContext {
  readonly source: EventSource;
  readonly traceparent: string;
  /** Epoch ms when the user's next quiet hours begin. */
  readonly quietFromMs: number | undefined;
  /** Epoch ms up to which the event could be accepted again. */
  readonly acceptableUntilMs: number;
}

type Lack = Extract<ClaimAnswer, { kind: 'no_room' | 'too_late' }>;

/** A partner may answer with ten thousands of coupons: one script over all of them would keep Redis from every pod. */
const CANDIDATES_A_CLAIM = 100;

export async function claimPush(
  event: LocationEvent,
  candidates: readonly Candidate[],
  rules: Ruleset,
  context: ClaimContext,
  ownership: Ownership,
  claims: Claims,
): Promise<Step<PushEnvelope>> {
  const { userId, eventId } = event;
  /** What the best candidate lacked. */
  let lack: Lack | undefined;
  // Best first, so the first call with room has the best of all that have.
  for (let from = 0; from < candidates.length; from += CANDIDATES_A_CLAIM) {
    ownership.assertOwned();
    const some = candidates.slice(from, from + CANDIDATES_A_CLAIM);
    const answer = await claims.claim({
      ref: { userId, eventId },
      candidates: some.map((candidate) => toClaim(event, candidate, rules, context)),
      caps: rules.caps,
      ttlMs: rules.pushTtlMs,
      acceptableUntilMs: context.acceptableUntilMs,
    });
    if (answer.kind === 'claimed') return goOn(answer.envelope);
    if (answer.kind === 'known')
      return answer.undelivered ? goOn(answer.envelope) : end(queuedAs(answer.envelope));
    lack ??= answer;
    // Nobody has room in it then.
    if (answer.kind === 'no_room' && rules.caps[answer.cap]?.per === 'user') break;
  }
  if (lack?.kind === 'no_room') return filtered('cooldown', capName(lack.cap), rules);
  return filtered('stale', endOf(candidates[0], context), rules);
}

/** What ends the candidate's time first. */
function endOf(candidate: Candidate | undefined, { quietFromMs = Infinity }: ClaimContext): string {
  const validUntilMs = candidate?.coupon.validUntilMs ?? Infinity;
  if (Math.min(validUntilMs, quietFromMs) === Infinity) return 'push.ttl';
  return validUntilMs <= quietFromMs ? 'coupon.validUntil' : 'quietHours';
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
    ...text(),
    collapseKey: `coupon:${coupon.merchantId}`,
    rulesVersion: rules.version,
  };
  return {
    envelope: {
      push,
      source: context.source,
      traceparent: context.traceparent,
      rulesHash: rules.hash,
    },
    notAfterMs: earlier(coupon.validUntilMs, context.quietFromMs),
  };
}

function earlier(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return Math.min(a, b);
}
