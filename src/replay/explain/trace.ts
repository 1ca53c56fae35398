/** What was asked while one event was decided, heard from the code that decides, and nothing worked out again. */
import type { Coupon } from '../../domain/coupon.ts';
import type { EventCheck } from '../../pipeline/steps/apply-event-filters.ts';
import type { CouponAnswer, Ranking } from '../../pipeline/ports.ts';
import type { Clause } from '../../rules/language/clauses.ts';
import type { Judged } from '../../rules/judged.ts';
import type { RulesWitness, Score } from '../../rules/witness.ts';
import type { ReplayedCap } from '../replayed-claims.ts';

export interface Trace {
  /** The event filters: as they were asked last. */
  readonly checks: readonly EventCheck[];
  readonly wasApiAsked: boolean;
  /** Undefined where it was not asked, or nobody knows what it has. */
  readonly answer: CouponAnswer | undefined;
  /** In the order of the answer; those that the rules came to. */
  readonly coupons: readonly CouponTrace[];
  /** Undefined where the coupons were not judged. */
  readonly ranking: Ranking | undefined;
  readonly caps: readonly CapAsked[];
  /** Coupons whose push would be over before it could be sent. */
  readonly tooLate: ReadonlySet<string>;
}

export interface CouponTrace {
  readonly judged: Judged;
  readonly limits: { readonly path: string; readonly isBroken: boolean }[];
  readonly rules: RuleAsked[];
  score: Score | undefined;
  readonly texts: TextAsked[];
}

export interface RuleAsked {
  /** Of the rule in the document. */
  readonly index: number;
  /** Undefined: it failed. */
  readonly holds: boolean | undefined;
  readonly error: string | undefined;
  readonly clause: Clause;
}

export interface TextAsked {
  /** Such as `push.locales.de.body[0]`. */
  readonly path: string;
  readonly isUsed: boolean;
  /** The variable without a value; undefined where the text came out too long. */
  readonly missing: string | undefined;
}

/** A cap that was asked for room. */
export type CapAsked = ReplayedCap;

export interface Tracer {
  /** For the rules to be compiled with. */
  readonly rules: RulesWitness;
  filter(check: EventCheck): void;
  couponsAsked(): void;
  couponsAnswered(answer: CouponAnswer): void;
  cap(asked: CapAsked): void;
  tooLate(couponId: string): void;
  /** An event's decision begins: what was heard before is forgotten. */
  begin(): void;
  read(): Trace;
}

export function createTracer(): Tracer {
  let checks: EventCheck[] = [];
  let wasApiAsked = false;
  let answer: CouponAnswer | undefined;
  let coupons: CouponTrace[] = [];
  let ranking: Ranking | undefined;
  let caps: CapAsked[] = [];
  let tooLate = new Set<string>();
  /** Whose texts are written. */
  let written: CouponTrace | undefined;

  const now = (): CouponTrace => coupons.at(-1) as CouponTrace;
  const traceOf = (coupon: Coupon): CouponTrace | undefined =>
    coupons.find(({ judged }) => judged.coupon === coupon);
  return {
    rules: {
      coupon: (judged) => coupons.push({ judged, limits: [], rules: [], score: undefined, texts: [] }),
      limit: (path, _couponId, isBroken) => now().limits.push({ path, isBroken }),
      rule: (index, _couponId, holds, clauses) =>
        now().rules.push({ index, holds, error: undefined, clause: clauses() }),
      ruleFailed: (index, _couponId, error, clauses) =>
        now().rules.push({ index, holds: undefined, error, clause: clauses() }),
      scored: (_couponId, score) => {
        now().score = score;
      },
      ranked: (found) => {
        ranking = found;
      },
      push: (coupon) => {
        written = traceOf(coupon);
      },
      text: (path) => written?.texts.push({ path, isUsed: true, missing: undefined }),
      textSkipped: (path, missing) => written?.texts.push({ path, isUsed: false, missing }),
    },
    filter: (check) => {
      checks.push(check);
    },
    couponsAsked: () => {
      wasApiAsked = true;
    },
    couponsAnswered: (answered) => {
      answer = answered;
    },
    cap: (asked) => {
      caps.push(asked);
    },
    tooLate: (couponId) => {
      tooLate.add(couponId);
    },
    begin: () => {
      [checks, wasApiAsked, answer] = [[], false, undefined];
      [coupons, ranking] = [[], undefined];
      [caps, tooLate, written] = [[], new Set(), undefined];
    },
    read: () => ({ checks: lastAsked(checks), wasApiAsked, answer, coupons, ranking, caps, tooLate }),
  };
}

/** The filters are asked again once there are coupons: from the first of them on. */
function lastAsked(checks: readonly EventCheck[]): readonly EventCheck[] {
  const first = checks[0]?.reason;
  const from = checks.findLastIndex(({ reason }) => reason === first);
  return checks.slice(Math.max(0, from));
}
