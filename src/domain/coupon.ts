/**
 * A coupon as the partner described it, after it has passed the partner schema. A field that is added here and not
 * read there (partners/coupon/coupon-schema.ts), or not said to be seen by rules or not, does not compile.
 */
export interface Coupon {
  readonly couponId: string;
  readonly merchantId: string;
  readonly title: string;
  readonly body?: string | undefined;
  readonly category?: string | undefined;
  readonly deepLink?: string | undefined;
  /** 0–100. */
  readonly discountPercent?: number | undefined;
  /** Present together or not at all. */
  readonly latitude?: number | undefined;
  readonly longitude?: number | undefined;
  readonly validFromMs?: number | undefined;
  readonly validUntilMs?: number | undefined;
}
