/**
 * The claim decides: it freezes the best candidate whose caps have room as this event's push. A pod that dies after it
 * leaves the record, which the next run recalls. So the enqueue that follows may be repeated at will.
 */
import { countsEveryPush } from '../../domain/cap.ts';
import type { EndedEnvelope, FrozenPush } from '../../domain/push.ts';
import type { Candidate, ClaimAnswer, ClaimCandidate, Claims } from '../ports.ts';
import { capName } from './apply-event-filters.ts';
import type { AgeLimit } from './stale-at.ts';
import { done, filtered, next, queuedAs, type AsyncStep, type EventContext } from './step.ts';

interface ClaimPorts extends AgeLimit {
  readonly claims: Claims;
}

interface ClaimInput {
  /** At least one, best first. */
  readonly candidates: readonly Candidate[];
  /** Epoch ms when the user's next quiet hours begin. */
  readonly quietFromMs: number | undefined;
}

type Lack = Extract<ClaimAnswer, { kind: 'no_room' | 'too_late' }>;

/**
 * A partner may answer with tens of thousands of coupons. One script over all of them would block Redis for every pod.
 */
export const CANDIDATES_A_CLAIM = 100;

export function createClaimPush(ports: ClaimPorts): AsyncStep<ClaimInput, EndedEnvelope> {
  const { claims } = ports;
  return async (context, { candidates, quietFromMs }) => {
    const { event, rules, ownership } = context;
    const { userId, eventId } = event;
    const acceptableUntilMs = acceptableUntil(context, ports);
    /** What the best candidate lacked. */
    let lack: Lack | undefined;
    // Best first, so the first call with room has the best of all that have.
    for (let from = 0; from < candidates.length; from += CANDIDATES_A_CLAIM) {
      ownership.assertOwned();
      const some = candidates.slice(from, from + CANDIDATES_A_CLAIM);
      const answer = await claims.claim({
        ref: { userId, eventId },
        candidates: some.map((candidate) => toClaim(context, candidate, quietFromMs)),
        caps: rules.caps,
        ttlMs: rules.pushTtlMs,
        acceptableUntilMs,
      });
      // Of several calls there are several moments: none is told then.
      if (context.seen !== undefined) context.seen.claimedMs = from === 0 ? answer.atMs : undefined;
      if (answer.kind === 'claimed') return next(answer.envelope);
      if (answer.kind === 'known') {
        return answer.undelivered ? next(answer.envelope) : done(queuedAs(answer.envelope));
      }
      lack ??= answer;
      // A full cap that counts every push leaves no candidate any room.
      const full = answer.kind === 'no_room' ? rules.caps[answer.cap] : undefined;
      if (full !== undefined && countsEveryPush(full.per)) break;
    }
    if (lack?.kind === 'no_room') return filtered('cooldown', capName(lack.cap), rules);
    return filtered('stale', endOf(candidates[0], quietFromMs), rules);
  };
}

/**
 * Epoch ms up to which the event could be accepted again, by Redis's clock, as that is what the record is kept by. Where
 * Redis's clock is ahead of this pod's, the event is accepted for as much longer.
 */
function acceptableUntil({ event }: EventContext, { maxEventAgeMs, podAheadMs }: AgeLimit): number {
  return event.occurredAtMs + maxEventAgeMs + Math.max(0, -(podAheadMs?.() ?? 0));
}

/** The setting that ends the candidate's time first. */
function endOf(candidate: Candidate | undefined, quietFromMs = Infinity): string {
  const validUntilMs = candidate?.coupon.validUntilMs ?? Infinity;
  if (Math.min(validUntilMs, quietFromMs) === Infinity) return 'push.ttl';
  return validUntilMs <= quietFromMs ? 'coupon.validUntil' : 'quietHours';
}

function toClaim(
  { event, rules, source, traceparent, tracestate, trace }: EventContext,
  { coupon, text }: Candidate,
  quietFromMs: number | undefined,
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
      ...{ push, source, traceparent, rulesHash: rules.hash },
      ...(tracestate !== undefined && { tracestate }),
      ...(trace !== undefined && { isTraced: true }),
    },
    notAfterMs: earlier(coupon.validUntilMs, quietFromMs),
  };
}

function earlier(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return Math.min(a, b);
}
