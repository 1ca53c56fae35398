/** The rules decide which coupons remain and in which order. Quiet hours and local time go by this moment. */
import type { Coupon } from '../../domain/coupon.ts';
import type { LocationEvent } from '../../domain/event.ts';
import type { Candidate, FlowMeter, RankContext, Ruleset } from '../ports.ts';
import { filtered, goOn, type Step } from './step.ts';

export function applyRules(
  event: LocationEvent,
  coupons: readonly Coupon[],
  rules: Ruleset,
  context: RankContext,
  meter: FlowMeter,
): Step<readonly Candidate[]> {
  const { candidates, exclusions } = rules.rank(event, coupons, context);
  for (const exclusion of exclusions) meter.ruleExcluded(exclusion, rules.version);
  if (candidates.length > 0) return goOn(candidates);
  const [first] = exclusions;
  if (first === undefined) throw new Error('the rules left no coupon and excluded none');
  return filtered('rules_excluded', first.rule, rules, { couponId: first.couponId });
}
