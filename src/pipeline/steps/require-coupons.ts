/** The one call that is made for every event that came this far, and what its answer decides. */
import type { Coupon } from '../../domain/coupon.ts';
import type { Clock } from '../../runtime/clock.ts';
import { noteAnswer } from '../decision-seen.ts';
import type { CouponAnswer, CouponSource, Documents } from '../ports.ts';
import { staleAt, type AgeLimit, type StaleAt } from './stale-at.ts';
import { done, filtered, next, type AsyncStep, type EventContext, type StepResult } from './step.ts';

interface CouponPorts extends AgeLimit {
  readonly coupons: CouponSource;
  readonly clock: Clock;
  readonly documents: Documents;
}

interface UntilStale {
  readonly staleAt: StaleAt;
}

export function createRequireCoupons(ports: CouponPorts): AsyncStep<UntilStale, readonly Coupon[]> {
  const { coupons, clock } = ports;

  function ask(context: EventContext, staleAtMs: number): Promise<CouponAnswer> {
    const { event, traceparent, tracestate, trace, receivedAtMs, source, ownership } = context;
    return coupons.find(
      { event, traceparent, tracestate, trace, staleAtMs, receivedAtMs, partition: source.partition },
      ownership,
    );
  }

  /** A clock that was set during the call makes nothing stale that the other clock does not: then the call goes on. */
  async function askOnWhileFresh(context: EventContext, untilMs: number): Promise<CouponAnswer> {
    for (let staleAtMs = untilMs; ;) {
      const { atMs } = staleAt(context.event, context.rules, ports);
      if (atMs <= staleAtMs || clock.now() >= atMs) return { kind: 'stale' };
      staleAtMs = atMs;
      const answer = await ask(context, staleAtMs);
      if (answer.kind !== 'stale') return answer;
    }
  }

  return async (context, { staleAt: until }) => {
    let answer = await ask(context, until.atMs);
    if (answer.kind === 'stale') answer = await askOnWhileFresh(context, until.atMs);
    if (answer.kind === 'coupons') context.releaseCoupons = answer.release;
    if (context.seen !== undefined) noteAnswer(context.seen, answer, ports.documents);
    return judge(answer, context, until);
  };
}

function judge(answer: CouponAnswer, { rules }: EventContext, until: StaleAt): StepResult<readonly Coupon[]> {
  switch (answer.kind) {
    case 'coupons': {
      if (answer.coupons.length > 0) return next(answer.coupons);
      const rule = (answer.invalid ?? 0) > 0 ? 'couponApi.invalid' : 'couponApi.empty';
      return filtered('no_coupons', rule, rules);
    }
    case 'stale':
      return filtered('stale', until.by, rules);
    case 'rejected':
    case 'failed':
      return done({
        kind: 'dead_lettered',
        reason: answer.kind === 'rejected' ? 'coupon_api_rejected' : 'coupon_api_failed',
        error: answer.error,
        rulesVersion: rules.version,
        rulesHash: rules.hash,
      });
  }
}
