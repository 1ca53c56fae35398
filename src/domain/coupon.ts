/** A coupon as the partner described it, after it has passed the partner schema. */
export interface Coupon {
  readonly couponId: string;
  readonly merchantId: string;
  readonly title: string;
  readonly body?: string;
  readonly category?: string;
  readonly deepLink?: string;
  /** 0–100. */
  readonly discountPercent?: number;
  /** Present together or not at all. */
  readonly latitude?: number;
  readonly longitude?: number;
  readonly validFromMs?: number;
  readonly validUntilMs?: number;
}
