/** The one call made for every event that came this far. Waiting out a partner's outage happens behind the port. */
import type { Coupon } from '../../domain/coupon.ts';
import type { CouponQuery, CouponSource, Hold, Ruleset } from '../ports.ts';
import { end, filtered, goOn, type Step } from './step.ts';

export async function findCoupons(
  query: CouponQuery,
  rules: Ruleset,
  hold: Hold,
  source: CouponSource,
): Promise<Step<readonly Coupon[]>> {
  const answer = await source.find(query, hold);
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
