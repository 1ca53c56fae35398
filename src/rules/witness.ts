/**
 * Hears what is asked of the rules while an event is decided, from the code that decides. It is for those who test or
 * explain rules: pods compile their rules without one.
 */
import type { Coupon } from '../domain/coupon.ts';
import type { Ranking } from '../pipeline/ports.ts';
import type { Clause } from './language/clauses.ts';
import type { Judged } from './judged.ts';

export interface RulesWitness {
  /** A coupon's turn begins: limits and rules are asked of it from now on. */
  coupon?(judged: Judged): void;
  /** A built-in limit was asked of a coupon. @param path such as `coupon.minDiscountPercent`. */
  limit(path: string, couponId: string, isBroken: boolean): void;
  /**
   * A rule's condition was worked out for a coupon.
   *
   * @param index of the rule in the document.
   * @param clauses what its clauses came to; to be asked before this returns.
   */
  rule(index: number, couponId: string, holds: boolean, clauses: () => Clause): void;
  /** A rule's condition failed while it ran: its coupon is excluded. */
  ruleFailed?(index: number, couponId: string, error: string, clauses: () => Clause): void;
  /** Nothing excluded the coupon. */
  scored?(couponId: string, score: Score): void;
  /** All coupons have had their turn, or the time for it was over. */
  ranked?(ranking: Ranking): void;
  /** The words of this coupon's push are written from now on. */
  push?(coupon: Coupon): void;
  /** A text of the document was used. @param path such as `push.locales.de.body[0]`. */
  text(path: string): void;
  /** A text could not be used. @param missing the variable without a value; undefined: it came out too long. */
  textSkipped?(path: string, missing: string | undefined): void;
}

/** `discountPercent` + `boost` − `kilometers` = `sum`. */
export interface Score {
  readonly discountPercent: number;
  /** Of all rules that boost. */
  readonly boost: number;
  readonly kilometers: number;
  readonly sum: number;
}
