/**
 * One event, decided in a situation that is given whole: rules, clock, merchants, coupons, pushes sent before. It runs
 * through the code that pods run (`pipeline/process-event.ts`), with ports in memory. Guarantees: nothing outside the
 * situation is asked and nothing is kept, so the same situation has the same outcome; some ten microseconds of a core.
 */
import type { LocationEvent } from '../domain/event.ts';
import type { Outcome } from '../domain/outcome.ts';
import type { Claims, CouponAnswer, FindMerchant, PushText, Ranking, Ruleset } from '../pipeline/ports.ts';
import { createProcessEvent } from '../pipeline/process-event.ts';
import type { EventCheck } from '../pipeline/steps/apply-event-filters.ts';
import { coordinates } from '../rules/distance.ts';
import { NOWHERE, OWNED, UNCOUNTED } from './given-run.ts';
import { createKnownPushes, type CapCheck, type KnownPush } from './known-pushes.ts';

export interface Situation {
  readonly rules: Ruleset;
  readonly findMerchant: FindMerchant;
  /** Epoch ms: the clock of pod and Redis, which stands still while the event is decided. */
  readonly nowMs: number;
  readonly event: LocationEvent;
  /** What the coupon API answers, where the event comes to it. */
  readonly coupons: CouponAnswer;
  /** The user's pushes that were sent before; those of the last 30 days are enough. */
  readonly pushes: readonly KnownPush[];
  /** Ms; the pod's ceiling `MAX_EVENT_AGE_MS`. */
  readonly maxEventAgeMs: number;
}

export interface Decision {
  readonly outcome: Outcome;
  /** What was claimed; undefined but for `queued`. */
  readonly push: DecidedPush | undefined;
  /** Undefined where the event ended before the coupons were judged. */
  readonly ranking: Ranking | undefined;
  /** The caps that were asked, in order. */
  readonly caps: readonly CapCheck[];
}

export interface DecidedPush extends PushText {
  /** Epoch ms. */
  readonly expiresAtMs: number;
}

/** Hears what is asked while an event is decided, in order. */
export interface DecisionWitness {
  /** An event filter; all of them again once there are coupons. */
  filter(check: EventCheck): void;
  /** The coupon API is asked. What is thrown here ends the decision with that. */
  couponsAsked(): void;
  couponsAnswered(answer: CouponAnswer): void;
  cap(check: CapCheck): void;
  /** A coupon's push would be over before it could be sent. */
  tooLate(couponId: string): void;
}

/** @throws whatever is thrown by a defect of ours: nothing of a situation is away. */
export async function decide(situation: Situation, witness?: DecisionWitness): Promise<Decision> {
  const { rules, findMerchant, nowMs, event, coupons, maxEventAgeMs } = situation;
  const caps: CapCheck[] = [];
  let ranking: Ranking | undefined;
  let push: DecidedPush | undefined;

  const watched: Ruleset = {
    ...rules,
    rank: (...asked) => {
      const ranked = rules.rank(...asked);
      if (!(ranked instanceof Promise)) return (ranking = ranked);
      return ranked.then((late) => (ranking = late));
    },
  };
  const claims = createKnownPushes(
    situation.pushes,
    nowMs,
    (check) => {
      caps.push(check);
      witness?.cap(check);
    },
    (couponId) => witness?.tooLate(couponId),
  );
  const processEvent = createProcessEvent({
    documents: { rules: () => watched, findMerchant },
    claims: watchClaims(claims, nowMs, (claimed) => (push = claimed)),
    queue: { enqueue: async () => undefined },
    coupons: {
      find: async () => {
        witness?.couponsAsked();
        witness?.couponsAnswered(coupons);
        return coupons;
      },
    },
    places: coordinates,
    meter: UNCOUNTED,
    clock: { now: () => nowMs, sleep: async () => undefined },
    maxEventAgeMs,
    hearCheck: witness && ((check) => witness.filter(check)),
  });
  const outcome = await processEvent({
    event,
    source: NOWHERE,
    traceparent: '',
    receivedAtMs: 0,
    ownership: OWNED,
  });
  return { outcome, push, ranking, caps };
}

/** Hears of the push that is claimed. */
function watchClaims(claims: Claims, nowMs: number, notePush: (push: DecidedPush) => void): Claims {
  return {
    recall: (ref, caps) => claims.recall(ref, caps),
    claim: async (request) => {
      const answer = await claims.claim(request);
      if (answer.kind !== 'claimed') return answer;
      const { push } = answer.envelope;
      const claimed = request.candidates.find(({ envelope }) => envelope === answer.envelope);
      notePush({
        title: push.title,
        ...(push.body !== undefined && { body: push.body }),
        ...(push.deepLink !== undefined && { deepLink: push.deepLink }),
        expiresAtMs: Math.min(nowMs + request.ttlMs, claimed?.notAfterMs ?? Infinity),
      });
      return answer;
    },
  };
}
