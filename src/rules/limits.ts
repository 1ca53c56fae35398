/**
 * The built-in limits of a coupon, asked before the rules. The first limit that a coupon breaks excludes it, under the
 * path by which the document names the limit. A coupon without a discount has a discount of 0. A coupon without a
 * location passes a distance limit. A coupon without an end never runs out.
 */
import { durationMs } from './document/duration.ts';
import { createMerchantLimit, MERCHANT_LIMITS } from './merchant-limit.ts';
import type { RulesDocument } from './document/schema.ts';
import type { Judged } from './judged.ts';
import type { RulesWitness } from './witness.ts';

type Breaks = (judged: Judged) => boolean;

/** @returns the first limit that is broken, or undefined. */
export function createLimits(
  document: RulesDocument,
  witness?: RulesWitness,
): (judged: Judged) => string | undefined {
  const merchantLimit = createMerchantLimit(document);
  const limits: (readonly [path: string, breaks: Breaks])[] = [];
  const limit = (path: string, breaks: Breaks): number =>
    limits.push([path, witness === undefined ? breaks : heard(path, breaks, witness)]);

  limit('coupon.validFrom', ({ coupon, nowMs }) => (coupon.validFromMs ?? nowMs) > nowMs);
  limit('coupon.validUntil', ({ coupon, nowMs }) => (coupon.validUntilMs ?? Infinity) <= nowMs);

  const { minDiscountPercent, maxDistanceMeters, minRemaining } = document.coupon ?? {};
  if (minDiscountPercent !== undefined) {
    limit('coupon.minDiscountPercent', ({ coupon }) => (coupon.discountPercent ?? 0) < minDiscountPercent);
  }
  if (maxDistanceMeters !== undefined) {
    limit('coupon.maxDistanceMeters', ({ distanceMeters = 0 }) => distanceMeters > maxDistanceMeters);
  }
  if (minRemaining !== undefined) {
    const minMs = durationMs(minRemaining);
    limit('coupon.minRemaining', ({ coupon, nowMs }) => (coupon.validUntilMs ?? Infinity) - nowMs < minMs);
  }
  return (judged) => {
    const { merchantId, couponId } = judged.coupon;
    const broken = merchantLimit(merchantId, judged.merchant);
    if (witness !== undefined) tellMerchantLimits(broken, couponId, witness);
    return broken ?? limits.find(([, breaks]) => breaks(judged))?.[0];
  };
}

function heard(path: string, breaks: Breaks, witness: RulesWitness): Breaks {
  return (judged) => {
    const isBroken = breaks(judged);
    witness.limit(path, judged.coupon.couponId, isBroken);
    return isBroken;
  };
}

function tellMerchantLimits(broken: string | undefined, couponId: string, witness: RulesWitness): void {
  for (const path of MERCHANT_LIMITS) {
    witness.limit(path, couponId, path === broken);
    if (path === broken) return;
  }
}
