/** A coupon with what limits go by. */
import type { Coupon } from '../domain/coupon.ts';
import type { Merchant } from '../domain/merchant.ts';

export interface Judged {
  readonly coupon: Coupon;
  readonly merchant: Merchant | undefined;
  /** Undefined where the coupon has no location. */
  readonly distanceMeters: number | undefined;
  readonly nowMs: number;
}
