/** One coupon in words: its limits, its rules with their clauses, its score, its caps, and the words of its push. */
import type { Outcome } from '../../domain/outcome.ts';
import type { Merchant } from '../../domain/merchant.ts';
import type { RulesDocument } from '../../rules/document/schema.ts';
import { formatPath } from '../../rules/document/problem.ts';
import { explainCaps } from './explain-caps.ts';
import { explainClause, neededFor, type ClauseOptions } from './explain-clause.ts';
import { explainLimits } from './explain-limits.ts';
import type { Check, CouponVerdict, ExplainedCoupon, SaidClause } from './explanation.ts';
import type { CouponTrace, RuleAsked, Trace } from './trace.ts';
import { countText, listText, numberText } from './words.ts';

export interface CouponScene extends ClauseOptions {
  readonly document: RulesDocument;
  readonly trace: Trace;
  readonly outcome: Outcome | undefined;
  /** Whose clock moments are told by. */
  readonly zone: string | undefined;
  readonly locale: string | undefined;
}

export function explainCoupon(traced: CouponTrace, scene: CouponScene): ExplainedCoupon {
  const { judged, score } = traced;
  const { couponId, merchantId, title } = judged.coupon;
  const { document, trace, zone } = scene;
  const caps = explainCaps(
    document,
    trace.caps.filter((cap) => cap.couponId === couponId),
    zone,
  );
  const judging = [
    ...explainLimits(traced.limits, { ...judged, document, zone }),
    ...explainRules(traced, scene),
  ];
  const checks = [...judging, ...caps];
  const at = trace.ranking?.candidates.findIndex(({ coupon }) => coupon === judged.coupon) ?? -1;
  const verdict = verdictOf(traced, checks, at, scene);
  return {
    ...{ couponId, merchantId, title, verdict },
    ...sayVerdict(verdict, checks, scene),
    merchant: sayMerchant(judged.merchant),
    checks,
    ...(at !== -1 && { place: at + 1 }),
    ...(score !== undefined && {
      score: `${numberText(score.sum)} = ${numberText(score.discountPercent)} % discount + ${numberText(score.boost)} boosts − ${numberText(score.kilometers)} km`,
    }),
    ...(verdict === 'pushed' && { texts: explainTexts(traced, scene) }),
  };
}

function explainRules(traced: CouponTrace, scene: CouponScene): readonly Check[] {
  const { rules = [] } = scene.document;
  const asked = traced.rules.map((rule) => explainRule(rule, scene));
  const last = traced.rules.at(-1)?.index ?? -1;
  return [
    ...asked,
    ...rules.slice(last + 1).map(({ id }): Check => ({ name: id, verdict: 'not_asked', says: '' })),
  ];
}

function explainRule({ index, holds, error, clause }: RuleAsked, scene: CouponScene): Check {
  const rule = (scene.document.rules ?? [])[index];
  if (rule === undefined) throw new Error(`there is no ${formatPath(['rules', index])}`);
  const said = explainClause(clause, scene);
  const base = { name: rule.id, clauses: [said] };
  if (holds === undefined) {
    return {
      ...base,
      verdict: 'stopped',
      says: `failed, and nothing is pushed on what nobody could judge: ${error ?? ''}`,
      needs: 'a condition that does not fail',
    };
  }
  if (said.value === 'not known') {
    return { ...base, verdict: 'not_known', says: 'hangs on a coordinate, which is not recorded' };
  }
  if (rule.then === 'boost') {
    const by = numberText(rule.by);
    return holds
      ? { ...base, verdict: 'passed', says: `boosts by ${by}` }
      : { ...base, verdict: 'passed', says: `no boost by ${by}`, needs: neededFor(clause, true) };
  }
  return holds
    ? { ...base, verdict: 'stopped', says: 'excludes the coupon', needs: neededFor(clause, false) }
    : { ...base, verdict: 'passed', says: 'does not exclude it' };
}

function verdictOf(
  { score, judged }: CouponTrace,
  checks: readonly Check[],
  at: number,
  { outcome, trace }: CouponScene,
): CouponVerdict {
  if (checks.some(({ name, verdict }) => verdict === 'stopped' && !name.startsWith('caps[')))
    return 'excluded';
  if (at === -1 && score === undefined) return 'not_judged';
  if (outcome === undefined) return 'not_known';
  const { couponId } = judged.coupon;
  if (outcome.kind === 'queued' && outcome.couponId === couponId) return 'pushed';
  if (trace.tooLate.has(couponId)) return 'too_late';
  if (checks.some(({ verdict }) => verdict === 'stopped')) return 'no_room';
  return outcome.kind === 'queued' ? 'behind' : 'no_room';
}

function sayVerdict(
  verdict: CouponVerdict,
  checks: readonly Check[],
  { outcome }: CouponScene,
): Pick<ExplainedCoupon, 'says' | 'needs'> {
  const stop = checks.find((check) => check.verdict === 'stopped');
  const needs = stop?.needs === undefined ? {} : { needs: stop.needs };
  switch (verdict) {
    case 'pushed':
      return { says: 'is pushed' };
    case 'excluded':
      return { says: `is excluded by ${stop === undefined ? '' : nameStop(stop)}`, ...needs };
    case 'no_room':
      return { says: `has no room under ${stop?.name ?? 'the caps of its user'}`, ...needs };
    case 'too_late':
      return { says: 'would have to be sent after its time is over' };
    case 'behind':
      return { says: `comes after ${outcome?.couponId ?? 'another'}, which is pushed` };
    case 'not_judged':
      return { says: 'is excluded, as the rules took more than a second for the event' };
    case 'not_known':
      return { says: 'is not excluded; whether it is pushed is not known' };
  }
}

/** The check and what it saw, in one line. */
function nameStop({ name, says, clauses: [clause] = [] }: Check): string {
  if (clause === undefined) return `${name}: ${says}`;
  if (clause.value === 'failed') return `${name}, which ${says}`;
  const values = new Set(valuesIn(clause));
  return `${name} (${clause.text})${values.size === 0 ? '' : `: ${[...values].join(', ')}`}`;
}

function valuesIn({ says, clauses }: SaidClause): readonly string[] {
  return [...(says === '' ? [] : [says]), ...clauses.flatMap(valuesIn)];
}

function sayMerchant(merchant: Merchant | undefined): string {
  if (merchant === undefined) return 'the merchants document has no record of it';
  const { name, tier, category, timeZone, active } = merchant;
  const facts = [
    ...(name === undefined ? [] : [name]),
    ...(tier === undefined ? [] : [`tier ${tier}`]),
    ...(category === undefined ? [] : [`category ${category}`]),
    ...(timeZone === undefined ? [] : [`time zone ${timeZone}`]),
    active ? 'active' : 'inactive',
  ];
  return facts.join(', ');
}

/** Of title and body each: the text that is used, and why those before it are not. */
function explainTexts({ texts }: CouponTrace, { locale }: CouponScene): readonly string[] {
  const lines = (['title', 'body'] as const).map((part) => {
    const asked = texts.filter(({ path }) => new RegExp(`\\.${part}(\\[\\d+\\])?$`).test(path));
    const used = asked.find(({ isUsed }) => isUsed);
    const skipped = asked
      .filter(({ isUsed }) => !isUsed)
      .map(
        ({ path, missing }) => `${path} ${missing === undefined ? 'is too long' : `lacks {{${missing}}}`}`,
      );
    const why = skipped.length === 0 ? '' : `, as ${listText(skipped)}`;
    return `${part}: ${used?.path ?? 'the coupon’s own'}${why}`;
  });
  return [...lines, `locale: ${locale ?? 'the event has none'}`];
}

/** Coupons of which the answer had many: how many each limit or rule excluded. */
export function summarizeCoupons(coupons: readonly ExplainedCoupon[]): string {
  const counts = new Map<string, number>();
  for (const { verdict, checks } of coupons) {
    const stop = checks.find((check) => check.verdict === 'stopped');
    const name = stop === undefined ? verdict.replace('_', ' ') : `by ${stop.name}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const parts = [...counts].map(([name, count]) => `${numberText(count)} ${name}`);
  return `${countText(coupons.length, 'more coupon')}: ${parts.join(', ')}`;
}
