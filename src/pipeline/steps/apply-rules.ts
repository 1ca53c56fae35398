/** The rules decide which coupons remain and in which order. Quiet hours and local time go by this moment. */
import type { Coupon } from '../../domain/coupon.ts';
import { takeLoopTurn } from '../../runtime/loop-turns.ts';
import type { Candidate, Documents, Exclusion, FlowMeter, Places, Ranking, Ruleset } from '../ports.ts';
import type { PassedFilters } from './apply-event-filters.ts';
import { filtered, next, type EventContext, type StepResult } from './step.ts';

/** Counted in one go: about a millisecond. */
const COUNTED_AT_ONCE = 500;

interface RulesInput {
  readonly coupons: readonly Coupon[];
  readonly filters: Pick<PassedFilters, 'nowMs' | 'timeZone'>;
}

interface RulesPorts {
  readonly documents: Documents;
  readonly places: Places;
  readonly meter: FlowMeter;
}

type Ranked = StepResult<readonly Candidate[]>;

/** The step returns a promise only where the rules, or counting what they excluded, take more than some ms. */
export function createApplyRules({ documents, places, meter }: RulesPorts) {
  const { findMerchant } = documents;
  return ({ event, rules }: EventContext, { coupons, filters }: RulesInput): Ranked | Promise<Ranked> => {
    const { nowMs, timeZone } = filters;
    const ranking = rules.rank(event, coupons, { nowMs, timeZone, findMerchant, places });
    if (ranking instanceof Promise || ranking.exclusions.length > COUNTED_AT_ONCE) {
      return concludeInTurns(ranking, rules, meter);
    }
    count(ranking.exclusions, rules, meter);
    return conclude(ranking, rules);
  };
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
  if (candidates.length > 0) return next(candidates);
  const [first] = exclusions;
  if (first === undefined) throw new Error('the rules left no coupon and excluded none');
  return filtered('rules_excluded', first.rule, rules, { couponId: first.couponId });
}
