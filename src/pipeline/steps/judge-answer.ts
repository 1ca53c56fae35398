/** What comes of the one call that is made for every event that came this far. */
import type { Coupon } from '../../domain/coupon.ts';
import type { CouponAnswer, Ruleset } from '../ports.ts';
import { end, filtered, goOn, type Step } from './step.ts';

export function judgeAnswer(answer: CouponAnswer, rules: Ruleset): Step<readonly Coupon[]> {
  switch (answer.kind) {
    case 'coupons':
      return answer.coupons.length === 0 ? filtered('no_coupons', rules.version) : goOn(answer.coupons);
    case 'stale':
      return filtered('stale', rules.version);
    case 'rejected':
      return end({
        kind: 'dead_lettered',
        reason: 'coupon_api_rejected',
        error: answer.error,
        rulesVersion: rules.version,
      });
  }
}
