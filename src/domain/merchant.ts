/** A merchant's meta-info record, and the document that holds them all. */
export interface Merchant {
  readonly merchantId: string;
  readonly name?: string;
  readonly tier?: string;
  readonly category?: string;
  /** An IANA name that this runtime knows. */
  readonly timeZone?: string;
  /** Default true. An inactive merchant's coupons are excluded. */
  readonly active: boolean;
}
