/**
 * Which coupons remain, best first: the built-in limits, then the rules in their order (`exclude` ends a coupon,
 * boosts add up), then the score: discount in percent, plus boosts, minus the distance in km; ties by couponId.
 * A rule that fails while it runs excludes that coupon: nothing is pushed on a condition that nobody could judge.
 */
import type { Coupon } from '../domain/coupon.ts';
import type { LocationEvent } from '../domain/event.ts';
import type { Merchant } from '../domain/merchant.ts';
import type { Candidate, Exclusion, RankContext, Ranking, Ruleset } from '../pipeline/ports.ts';
import { distanceMeters } from './distance.ts';
import { MINUTE_MS } from './duration.ts';
import { compileExpression, type Condition } from './expression.ts';
import { createLimits } from './limits.ts';
import { createPushText } from './push-text.ts';
import { SUPPRESS } from './quiet-hours.ts';
import type { RulesDocument } from './schema.ts';
import type { TextValues } from './template.ts';
import { localTime } from './time-zone.ts';
import {
  couponVariables,
  eventVariables,
  merchantVariables,
  type EventVariables,
  type LocalTime,
  type Variables,
} from './variables.ts';

interface Rule {
  readonly id: string;
  readonly condition: Condition;
  /** Undefined: excludes. */
  readonly by: number | undefined;
}

type Verdict = { readonly boost: number } | { readonly exclusion: Exclusion };

const MAX_ERROR_LENGTH = 300;

export function createRank(document: RulesDocument): Ruleset['rank'] {
  const brokenLimit = createLimits(document);
  const rules = compileAll(document);
  const writeText = createPushText(document.push);
  const unknownZone = document.quietHours?.unknownTimeZone;
  const fallbackZone = unknownZone === SUPPRESS ? undefined : unknownZone;

  return (event: LocationEvent, coupons: readonly Coupon[], context: RankContext): Ranking => {
    const { nowMs, timeZone } = context;
    const zone = timeZone ?? fallbackZone;
    const local = zone === undefined ? undefined : localTime(zone, nowMs);
    const seen = eventVariables(event, { nowMs, timeZoneKnown: timeZone !== undefined, local });
    const candidates: Candidate[] = [];
    const exclusions: Exclusion[] = [];
    for (const coupon of coupons) {
      const merchant = context.findMerchant(coupon.merchantId);
      const distance = distanceTo(event, coupon);
      const limit = brokenLimit({ coupon, merchant, distanceMeters: distance, nowMs });
      if (limit !== undefined) {
        exclusions.push({ couponId: coupon.couponId, rule: limit });
        continue;
      }
      const verdict = judge(rules, coupon, merchant, seen, distance, nowMs);
      if ('exclusion' in verdict) {
        exclusions.push(verdict.exclusion);
        continue;
      }
      const score = (coupon.discountPercent ?? 0) + verdict.boost - (distance ?? 0) / 1000;
      const values = textValues(event, coupon, merchant, { distance, nowMs, local });
      candidates.push({ coupon, score, text: writeText(coupon, event.locale, values) });
    }
    candidates.sort((a, b) => b.score - a.score || inCodeUnitOrder(a.coupon.couponId, b.coupon.couponId));
    return { candidates, exclusions };
  };
}

function compileAll(document: RulesDocument): readonly Rule[] {
  return (document.rules ?? []).map((rule) => {
    const compiled = compileExpression(rule.when);
    if (!compiled.ok) throw new Error(`rule ${rule.id}: ${compiled.message}`);
    return { id: rule.id, condition: compiled.condition, by: rule.then === 'boost' ? rule.by : undefined };
  });
}

function judge(
  rules: readonly Rule[],
  coupon: Coupon,
  merchant: Merchant | undefined,
  event: EventVariables,
  distance: number | undefined,
  nowMs: number,
): Verdict {
  if (rules.length === 0) return { boost: 0 };
  const variables: Variables = {
    event,
    coupon: couponVariables(coupon, distance, nowMs),
    merchant: merchantVariables(coupon.merchantId, merchant),
  };
  let boost = 0;
  for (const { id, condition, by } of rules) {
    try {
      if (!condition(variables)) continue;
    } catch (error) {
      return { exclusion: { couponId: coupon.couponId, rule: id, error: explain(error) } };
    }
    if (by === undefined) return { exclusion: { couponId: coupon.couponId, rule: id } };
    boost += by;
  }
  return { boost };
}

/** The first line only: what follows is the expression, which the rule's id names well enough. */
function explain(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return (message.split('\n')[0] ?? '').slice(0, MAX_ERROR_LENGTH);
}

function distanceTo(event: LocationEvent, coupon: Coupon): number | undefined {
  const { latitude, longitude } = coupon;
  if (latitude === undefined || longitude === undefined) return undefined;
  return distanceMeters(event, { latitude, longitude });
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
