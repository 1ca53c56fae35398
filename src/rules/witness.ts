/**
 * Hears what is asked of the rules while an event is decided. It is for those who test or explain rules: pods compile
 * their rules without one.
 */
export interface RulesWitness {
  /** A built-in limit was asked of a coupon. @param path such as `coupon.minDiscountPercent`. */
  limit(path: string, couponId: string, isBroken: boolean): void;
  /** A rule's condition was worked out for a coupon. @param index of the rule in the document. */
  rule(index: number, couponId: string, holds: boolean): void;
  /** A text of the document was used. @param path such as `push.locales.de.body[0]`. */
  text(path: string): void;
}
