/** The rules decide which coupons remain and in which order. Quiet hours and local time go by this moment. */
import type { Coupon } from '../../domain/coupon.ts';
import type { LocationEvent } from '../../domain/event.ts';
import { takeLoopTurn } from '../../runtime/loop-turns.ts';
import type { Candidate, Exclusion, FlowMeter, RankContext, Ranking, Ruleset } from '../ports.ts';
import { filtered, goOn, type Step } from './step.ts';

/** Counted in one go: about a millisecond. */
const COUNTED_AT_ONCE = 500;

type Ranked = Step<readonly Candidate[]>;

/** @returns a promise only where the rules or their counting take more than some ms. */
export function applyRules(
  event: LocationEvent,
  coupons: readonly Coupon[],
  rules: Ruleset,
  context: RankContext,
  meter: FlowMeter,
): Ranked | Promise<Ranked> {
  const ranking = rules.rank(event, coupons, context);
  if (ranking instanceof Promise || ranking.exclusions.length > COUNTED_AT_ONCE) {
    return concludeInTurns(ranking, rules, meter);
  }
  count(ranking.exclusions, rules, meter);
  return conclude(ranking, rules);
}

async function concludeInTurns(
  ranking: Ranking | Promise<Ranking>,
  rules: Ruleset,
  meter: FlowMeter,
): Promise<Ranked> {
  const ranked = await ranking;
  for (let from = 0; from < ranked.exclusions.length; from += COUNTED_AT_ONCE) {
    count(ranked.exclusions.slice(from, from + COUNTED_AT_ONCE), rules, meter);
    await takeLoopTurn();
  }
  return conclude(ranked, rules);
}

function count(exclusions: readonly Exclusion[], { version }: Ruleset, meter: FlowMeter): void {
  for (const exclusion of exclusions) meter.ruleExcluded(exclusion, version);
}

function conclude({ candidates, exclusions }: Ranking, rules: Ruleset): Ranked {
  if (candidates.length > 0) return goOn(candidates);
  const [first] = exclusions;
  if (first === undefined) throw new Error('the rules left no coupon and excluded none');
  return filtered('rules_excluded', first.rule, rules, { couponId: first.couponId });
}
