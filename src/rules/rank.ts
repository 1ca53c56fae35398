/**
 * Which coupons remain, best first. The built-in limits come first, then the rules in their order: `exclude` ends a
 * coupon, boosts add up. The score is the discount in percent, plus boosts, minus the distance in km; ties go by
 * couponId. A rule that fails while it runs excludes that coupon: nothing is pushed on a condition that nobody could
 * judge.
 */
import type { Coupon } from '../domain/coupon.ts';
import type { LocationEvent } from '../domain/event.ts';
import type { Merchant } from '../domain/merchant.ts';
import type { LocalTime } from '../domain/civil.ts';
import type { Candidate, Exclusion, RankContext, Ranking, Ruleset } from '../pipeline/ports.ts';
import { MINUTE_MS } from './document/duration.ts';
import { createClauseListener, type ClauseListener } from './language/clauses.ts';
import { compileExpression, type Condition } from './language/expression.ts';
import { isSpent, workInTurns, type Budget } from './in-turns.ts';
import { createLimits } from './limits.ts';
import { createPushText } from './push-text.ts';
import type { RulesWitness } from './witness.ts';
import type { RulesDocument } from './document/schema.ts';
import type { TextValues } from './language/template.ts';
import {
  couponVariables,
  eventVariables,
  merchantVariables,
  type EventVariables,
  type Variables,
} from './language/variables.ts';
import { hideCoordinates } from './language/unknown-coordinates.ts';
import { errorText } from '../runtime/error-text.ts';

interface Rule {
  readonly id: string;
  readonly condition: Condition;
  readonly units: number;
  /** Undefined: excludes. */
  readonly by: number | undefined;
}

type Verdict = { readonly boost: number } | { readonly exclusion: Exclusion };

const MAX_ERROR_LENGTH = 300;
/** A unit is about a microsecond, but for a heavy condition: it may take milliseconds, so each is looked at. */
const UNITS_A_LOOK = 128;
const HEAVY_UNITS = UNITS_A_LOOK;
const COUPON_UNITS = 4;
/** The rules' time for one event, in ms. */
const MAX_OWN_MS = 1000;
/** What excludes the coupons that nobody came to. */
const OUT_OF_TIME = { rule: 'rules', error: 'the rules took more than a second for one event' };

export function createRank(
  document: RulesDocument,
  localTime: Ruleset['localTime'],
  witness?: RulesWitness,
): Ruleset['rank'] {
  const brokenLimit = createLimits(document, witness);
  const rules = compileAll(document, witness);
  const writeText = createPushText(document.push, witness);

  function* rankInSteps(
    event: LocationEvent,
    coupons: readonly Coupon[],
    { nowMs, timeZone, findMerchant, places }: RankContext,
    budget: Budget,
  ): Generator<undefined, Ranking> {
    const local = localTime(timeZone, nowMs);
    const seen = eventVariables(event, { nowMs, timeZoneKnown: timeZone !== undefined, local });
    if (places.noteUnknown !== undefined) hideCoordinates(seen, places.noteUnknown);
    const candidates: Candidate[] = [];
    const exclusions: Exclusion[] = [];
    let units = 0;
    for (const coupon of coupons) {
      if (isSpent(budget)) {
        exclusions.push({ couponId: coupon.couponId, ...OUT_OF_TIME });
        continue;
      }
      units += COUPON_UNITS;
      if (units >= UNITS_A_LOOK) {
        yield undefined;
        units = 0;
      }
      const merchant = findMerchant(coupon.merchantId);
      const distance = places.distanceTo(event, coupon);
      const judged = { coupon, merchant, distanceMeters: distance, nowMs };
      witness?.coupon?.(judged);
      const limit = brokenLimit(judged);
      if (limit !== undefined) {
        exclusions.push({ couponId: coupon.couponId, rule: limit });
        continue;
      }
      let boost = 0;
      let exclusion: Exclusion | undefined;
      const variables = rules.length === 0 ? undefined : variablesOf(coupon, merchant, seen, distance, nowMs);
      if (variables !== undefined && places.noteUnknown !== undefined) {
        hideCoordinates(variables.coupon, places.noteUnknown);
      }
      for (let at = 0; variables !== undefined && exclusion === undefined && at < rules.length; at += 1) {
        const rule = rules[at] as Rule;
        units += rule.units;
        if (units >= UNITS_A_LOOK) {
          yield undefined;
          units = 0;
        }
        const verdict = isSpent(budget)
          ? { exclusion: { couponId: coupon.couponId, ...OUT_OF_TIME } }
          : ask(rule, variables);
        if ('exclusion' in verdict) exclusion = verdict.exclusion;
        else boost += verdict.boost;
      }
      if (exclusion !== undefined) {
        exclusions.push(exclusion);
        continue;
      }
      const { discountPercent = 0 } = coupon;
      const kilometers = (distance ?? 0) / 1000;
      const score = discountPercent + boost - kilometers;
      witness?.scored?.(coupon.couponId, { discountPercent, boost, kilometers, sum: score });
      candidates.push({
        coupon,
        score,
        text: () =>
          writeText(coupon, event.locale, textValues(event, coupon, merchant, { distance, nowMs, local })),
      });
    }
    candidates.sort((a, b) => b.score - a.score || inCodeUnitOrder(a.coupon.couponId, b.coupon.couponId));
    const ranking = { candidates, exclusions };
    witness?.ranked?.(ranking);
    return ranking;
  }

  return (event, coupons, context) => {
    const budget: Budget = { maxMs: MAX_OWN_MS, spentMs: 0 };
    return workInTurns(rankInSteps(event, coupons, context, budget), budget);
  };
}

function compileAll(document: RulesDocument, witness: RulesWitness | undefined): readonly Rule[] {
  return (document.rules ?? []).map((rule, index) => {
    const clauses = witness === undefined ? undefined : createClauseListener();
    const compiled = compileExpression(rule.when, clauses?.attach);
    if (!compiled.ok) throw new Error(`rule ${rule.id}: ${compiled.message}`);
    const by = rule.then === 'boost' ? rule.by : undefined;
    const condition =
      witness === undefined || clauses === undefined
        ? compiled.condition
        : heard(compiled.condition, index, clauses, witness);
    return { id: rule.id, condition, units: compiled.isHeavy ? HEAVY_UNITS : 1, by };
  });
}

function heard(
  condition: Condition,
  index: number,
  clauses: ClauseListener,
  witness: RulesWitness,
): Condition {
  return (variables) => {
    const { couponId } = variables.coupon;
    clauses.begin();
    try {
      const holds = condition(variables);
      witness.rule(index, couponId, holds, () => clauses.read());
      return holds;
    } catch (error) {
      witness.ruleFailed?.(index, couponId, explain(error), () => clauses.read());
      throw error;
    }
  };
}

const NO_BOOST: Verdict = { boost: 0 };

function ask({ id, condition, by }: Rule, variables: Variables): Verdict {
  const { couponId } = variables.coupon;
  try {
    if (!condition(variables)) return NO_BOOST;
  } catch (error) {
    return { exclusion: { couponId, rule: id, error: explain(error) } };
  }
  return by === undefined ? { exclusion: { couponId, rule: id } } : { boost: by };
}

function variablesOf(
  coupon: Coupon,
  merchant: Merchant | undefined,
  event: EventVariables,
  distance: number | undefined,
  nowMs: number,
): Variables {
  return {
    event,
    coupon: couponVariables(coupon, distance, nowMs),
    merchant: merchantVariables(coupon.merchantId, merchant),
  };
}

/** The first line only: what follows is the expression, which the rule's id names well enough. */
function explain(error: unknown): string {
  const message = errorText(error);
  return (message.split('\n')[0] ?? '').slice(0, MAX_ERROR_LENGTH);
}

function textValues(
  event: LocationEvent,
  coupon: Coupon,
  merchant: Merchant | undefined,
  now: {
    readonly distance: number | undefined;
    readonly nowMs: number;
    readonly local: LocalTime | undefined;
  },
): TextValues {
  const { validUntilMs } = coupon;
  const remainingMinutes =
    validUntilMs === undefined ? undefined : Math.floor((validUntilMs - now.nowMs) / MINUTE_MS);
  return {
    coupon: {
      couponId: coupon.couponId,
      merchantId: coupon.merchantId,
      title: coupon.title,
      body: coupon.body,
      category: coupon.category,
      discountPercent: coupon.discountPercent,
      distanceMeters: now.distance,
      remainingMinutes,
    },
    merchant: {
      merchantId: coupon.merchantId,
      name: merchant?.name,
      tier: merchant?.tier,
      category: merchant?.category,
    },
    event: {
      trigger: event.trigger,
      merchantId: event.merchantId,
      locale: event.locale,
      localHour: now.local?.hour,
    },
  };
}

function inCodeUnitOrder(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
