/** What an explanation is: an event's checks in the order in which they were asked, each with its values in words. */
import type { Outcome } from '../../domain/outcome.ts';

/**
 * `stopped`: it ended the event, or excluded the coupon. `not_asked`: something before it had. `not_known`: it hangs on
 * what is not given.
 */
export type Verdict = 'passed' | 'stopped' | 'not_asked' | 'not_known';

export interface Check {
  /** As the rules and outcomes name it: `event.maxAge`, `caps[0]`, a rule’s id. */
  readonly name: string;
  readonly verdict: Verdict;
  /** The values that it saw. */
  readonly says: string;
  /** What would have had to differ for another verdict. */
  readonly needs?: string;
  /** Of a rule: what its clauses came to. */
  readonly clauses?: readonly SaidClause[];
}

export interface SaidClause {
  readonly text: string;
  readonly value: 'true' | 'false' | 'failed' | 'not asked' | 'not known';
  /** The values in it. */
  readonly says: string;
  readonly clauses: readonly SaidClause[];
}

/** `behind`: a better one was pushed. `not_judged`: the rules' time was over before. */
export type CouponVerdict =
  'pushed' | 'excluded' | 'no_room' | 'too_late' | 'behind' | 'not_judged' | 'not_known';

export interface ExplainedCoupon {
  readonly couponId: string;
  readonly merchantId: string;
  readonly title: string;
  readonly verdict: CouponVerdict;
  readonly says: string;
  readonly needs?: string;
  /** What is known of its merchant. */
  readonly merchant: string;
  readonly checks: readonly Check[];
  /** From 1, of those that no limit or rule excluded. */
  readonly place?: number;
  readonly score?: string;
  /** Where the words of its push come from. */
  readonly texts?: readonly string[];
}

export interface Explanation {
  readonly rules: { readonly version: string; readonly hash: string };
  readonly event: { readonly userId: string | undefined; readonly eventId: string };
  /** RFC 3339: when it was decided; undefined where it was refused before. */
  readonly at: string | undefined;
  /** The same, by the clock where the user is, as far as that is known. */
  readonly localTime?: string;
  /** Undefined: it hangs on what is not given. */
  readonly outcome: Outcome | undefined;
  /** In a sentence or two. */
  readonly summary: string;
  /** What would have had to differ. */
  readonly needs?: string;
  readonly push?: { readonly title: string; readonly body?: string; readonly deepLink?: string };
  /** What is taken for granted, or not known. */
  readonly notes: readonly string[];
  readonly checks: readonly Check[];
  readonly coupons: readonly ExplainedCoupon[];
}
