/** An explanation as lines for a terminal: the answer first, then every check in the order of asking. */
import type {
  Check,
  ExplainedCoupon,
  Explanation,
  SaidClause,
  Verdict,
} from '../../../replay/explain/explanation.ts';
import { summarizeCoupons } from '../../../replay/explain/explain-coupon.ts';
import { sayOutcome } from '../../../replay/explain/say-outcome.ts';

const SIGNS: Readonly<Record<Verdict, string>> = {
  passed: '✓',
  stopped: '✗',
  not_asked: '·',
  not_known: '?',
};
/** Of an answer with many coupons so many are shown; all where one is asked for, and in JSON. */
const MAX_COUPONS = 10;
const NEEDS = 'would take: ';

export interface LineOptions {
  /** The rules file. */
  readonly file: string;
  /** Only this coupon. */
  readonly couponId?: string | undefined;
}

export function explanationLines(
  explanation: Explanation,
  { file, couponId }: LineOptions,
): readonly string[] {
  const { rules, event, at, localTime, outcome, notes, checks, coupons } = explanation;
  const shown =
    couponId === undefined
      ? coupons.slice(0, MAX_COUPONS)
      : coupons.filter((one) => one.couponId === couponId);
  const rest = couponId === undefined ? coupons.slice(MAX_COUPONS) : [];
  return [
    `${file}, version ${rules.version} (${rules.hash})`,
    `event ${event.eventId} of ${event.userId ?? 'an unknown user'}${at === undefined ? '' : `, decided at ${at}`}${localTime === undefined ? '' : ` (${localTime})`}`,
    '',
    ...answerLines(explanation),
    ...(outcome === undefined ? [] : [`  outcome: ${sayOutcome(outcome)}`]),
    ...notes.map((note) => `  note: ${note}`),
    '',
    'The event',
    ...checkLines(checks),
    ...shown.flatMap(couponLines),
    ...(rest.length === 0 ? [] : ['', `and ${summarizeCoupons(rest)} (--coupon ID shows one)`]),
  ];
}

/** The answer, and of each coupon what became of it: for a failure among many. */
export function briefLines(explanation: Explanation): readonly string[] {
  const { coupons } = explanation;
  const isOne = coupons.length === 1;
  return [
    ...answerLines(explanation),
    ...coupons
      .slice(0, MAX_COUPONS)
      .flatMap((coupon) => [
        ...(isOne && coupon.verdict !== 'pushed' ? [] : [`  ${coupon.couponId} ${coupon.says}`]),
        ...(coupon.score === undefined ? [] : [`    score ${coupon.score}`]),
        ...(coupon.texts ?? []).map((text) => `    ${text}`),
        ...coupon.checks
          .filter(({ verdict }) => verdict === 'stopped')
          .flatMap(({ clauses = [] }) => clauses.flatMap((clause) => clauseLines(clause, '    '))),
      ]),
  ];
}

function answerLines({ summary, needs, push }: Explanation): readonly string[] {
  return [
    summary,
    ...(needs === undefined ? [] : [`  ${NEEDS}${needs}`]),
    ...(push === undefined
      ? []
      : [`  it says: ${push.title}${push.body === undefined ? '' : ` – ${push.body}`}`]),
  ];
}

function couponLines(coupon: ExplainedCoupon): readonly string[] {
  const { couponId, merchantId, title, says, merchant, checks, place, score, texts = [] } = coupon;
  return [
    '',
    `Coupon ${couponId} of ${merchantId}, "${title}", ${says}`,
    `  merchant: ${merchant}`,
    ...checkLines(checks),
    ...(place === undefined ? [] : [`  place ${String(place)}, score ${score ?? ''}`]),
    ...texts.map((text) => `  ${text}`),
  ];
}

function checkLines(checks: readonly Check[]): readonly string[] {
  const asked = checks.filter(({ verdict }) => verdict !== 'not_asked');
  const rest = checks.filter(({ verdict }) => verdict === 'not_asked').map(({ name }) => name);
  const width = Math.max(0, ...asked.map(({ name }) => name.length));
  return [
    ...asked.flatMap(({ name, verdict, says, needs, clauses = [] }) => [
      `  ${SIGNS[verdict]} ${name.padEnd(width)}  ${says}`.trimEnd(),
      ...clauses.flatMap((clause) => clauseLines(clause, '      ')),
      ...(needs === undefined ? [] : [`      ${NEEDS}${needs}`]),
    ]),
    ...(rest.length === 0 ? [] : [`  · not asked: ${rest.join(', ')}`]),
  ];
}

function clauseLines({ text, value, says, clauses }: SaidClause, indent: string): readonly string[] {
  return [
    `${indent}${value.padEnd(9)}  ${text}${says === '' ? '' : `: ${says}`}`,
    ...clauses.flatMap((clause) => clauseLines(clause, `${indent}  `)),
  ];
}
