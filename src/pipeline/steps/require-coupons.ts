/** What comes of the one call that is made for every event that came this far. */
import type { Coupon } from '../../domain/coupon.ts';
import type { CouponAnswer, Ruleset } from '../ports.ts';
import type { StaleAt } from './apply-event-filters.ts';
import { end, filtered, goOn, type Step } from './step.ts';

/** @param staleAt until when the call was tried. */
export function judgeAnswer(answer: CouponAnswer, rules: Ruleset, staleAt: StaleAt): Step<readonly Coupon[]> {
  switch (answer.kind) {
    case 'coupons':
      if (answer.coupons.length > 0) return goOn(answer.coupons);
      return filtered(
        'no_coupons',
        (answer.invalid ?? 0) > 0 ? 'couponApi.invalid' : 'couponApi.empty',
        rules,
      );
    case 'stale':
      return filtered('stale', staleAt.by, rules);
    case 'rejected':
    case 'failed':
      return end({
        kind: 'dead_lettered',
        reason: answer.kind === 'rejected' ? 'coupon_api_rejected' : 'coupon_api_failed',
        error: answer.error,
        rulesVersion: rules.version,
        rulesHash: rules.hash,
      });
  }
}
