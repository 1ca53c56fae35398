/** The coupons of an example: what all have by default, what they have in this example, and each one's own. */
import type { Coupon } from '../../domain/coupon.ts';
import type { LocationEvent } from '../../domain/event.ts';
import { distanceMeters } from '../../rules/distance.ts';
import type { Complete } from '../../runtime/complete.ts';
import { readMoment } from './moment.ts';
import type { Report } from './report-issues.ts';
import type { WrittenCoupon, WrittenDefaults, WrittenExample } from './schema.ts';

const A_COUPON = { merchantId: 'merchant-1', title: 'A coupon' };
/** In degrees: less than a µm. */
const A_BIT = 1e-12;
const METERS_A_DEGREE = 111_195;

/** @returns undefined after a report. */
export function couponsOf(
  { coupon, coupons = [{}] }: WrittenExample,
  defaults: WrittenDefaults,
  event: LocationEvent,
  nowMs: number,
  report: Report,
): readonly Coupon[] | undefined {
  const named = coupon === undefined ? 'coupons' : 'coupon';
  const built = coupons.map((own, index) => {
    const couponId = coupons.length === 1 ? 'coupon-1' : `coupon-${String(index + 1)}`;
    const written = [defaults.coupon, coupon, own].reduce<WrittenCoupon>(withOwnPlace, {});
    const { latitude, longitude, distanceMeters: distance } = written;
    if (isGiven(latitude) && isGiven(distance)) {
      report([named], 'a coupon has distanceMeters, or latitude and longitude, not both');
      return undefined;
    }
    if (isGiven(latitude) !== isGiven(longitude)) {
      report([named], 'latitude and longitude are there together, or not at all');
      return undefined;
    }
    return toCoupon({ ...written, couponId: written.couponId ?? couponId }, event, nowMs);
  });
  return built.every((one) => one !== undefined) ? built : undefined;
}

/** A place of its own takes the place of the one before, however that one is written. */
function withOwnPlace(before: WrittenCoupon, own: WrittenCoupon = {}): WrittenCoupon {
  const { latitude, longitude, distanceMeters: distance, ...rest } = before;
  const hasPlace = 'latitude' in own || 'longitude' in own || 'distanceMeters' in own;
  return hasPlace ? { ...rest, ...own } : { ...before, ...own };
}

function toCoupon(
  written: WrittenCoupon & { readonly couponId: string },
  event: LocationEvent,
  nowMs: number,
): Coupon {
  const { distanceMeters: distance, validFrom, validUntil, ...rest } = written;
  const place = isGiven(distance)
    ? placeAt(event, distance)
    : { latitude: rest.latitude ?? undefined, longitude: rest.longitude ?? undefined };
  const momentMs = (text: string | null | undefined): number | undefined =>
    isGiven(text) ? readMoment(text, nowMs) : undefined;
  const coupon: Complete<Coupon> = {
    couponId: rest.couponId,
    merchantId: rest.merchantId ?? A_COUPON.merchantId,
    title: rest.title ?? A_COUPON.title,
    body: rest.body ?? undefined,
    category: rest.category ?? undefined,
    deepLink: rest.deepLink ?? undefined,
    discountPercent: rest.discountPercent ?? undefined,
    ...place,
    validFromMs: momentMs(validFrom),
    validUntilMs: momentMs(validUntil),
  };
  return coupon;
}

/** A place so far away, towards the equator: no farther than that, and nearer by less than a µm. */
function placeAt(
  event: LocationEvent,
  meters: number,
): { readonly latitude: number; readonly longitude: number } {
  const { longitude } = event;
  const back = event.latitude > 0 ? 1 : -1;
  let latitude = event.latitude - (back * meters) / METERS_A_DEGREE;
  // The degrees are right to a millionth; what is left is measured and mended.
  for (let turn = 0; turn < 3; turn += 1) {
    latitude += (back * (distanceMeters(event, { latitude, longitude }) - meters)) / METERS_A_DEGREE;
  }
  while (distanceMeters(event, { latitude, longitude }) > meters) latitude += back * A_BIT;
  return { latitude, longitude };
}

/** Null takes a default away. */
function isGiven<T>(value: T): value is NonNullable<T> {
  return value !== undefined && value !== null;
}
