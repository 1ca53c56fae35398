/**
 * Which coupons the partner has to offer at a position: those of the named shop and of its close neighbours, or of
 * whatever lies near. Some places have none. Ends of validity count from the moment of asking, so the same city
 * has the same offers on any day.
 */
import { toPoint } from '../city/map.ts';
import type { CouponOffer, Shop } from '../city/shops.ts';

export interface CouponWire {
  readonly couponId: string;
  readonly merchantId: string;
  readonly title: string;
  readonly category: string;
  readonly discountPercent: number;
  readonly body?: string;
  readonly deepLink?: string;
  readonly latitude?: number;
  readonly longitude?: number;
  readonly validFrom?: string;
  readonly validUntil?: string;
}

export interface Place {
  readonly latitude: number;
  readonly longitude: number;
  readonly merchantId?: string;
}

/** How far one looks around a position that names no shop, and around one that does. */
const AROUND_METERS = 180;
const NEIGHBOUR_METERS = 50;
const MOST_SHOPS = 3;
const MINUTE_MS = 60_000;

const toWire = (shop: Shop, offer: CouponOffer, nowMs: number): CouponWire => ({
  couponId: offer.couponId,
  merchantId: shop.merchantId,
  title: offer.title,
  category: shop.category,
  discountPercent: offer.discountPercent,
  ...(offer.body === undefined ? {} : { body: offer.body }),
  ...(offer.deepLink === undefined ? {} : { deepLink: offer.deepLink }),
  ...(offer.withLocation ? { latitude: shop.latitude, longitude: shop.longitude } : {}),
  ...(offer.endsInMinutes === undefined
    ? {}
    : {
        validFrom: new Date(nowMs - 60 * MINUTE_MS).toISOString(),
        validUntil: new Date(nowMs + offer.endsInMinutes * MINUTE_MS).toISOString(),
      }),
});

/** Answers what is on offer at a place, at a moment (epoch ms). */
export type FindCoupons = (place: Place, nowMs: number) => readonly CouponWire[];

/** Opens the stock of these shops. */
export const createStock = (shops: readonly Shop[]): FindCoupons => {
  // Written once a minute: the ends need not be truer than that, and this runs for every call.
  const written = new Map<string, { readonly minute: number; readonly wires: readonly CouponWire[] }>();
  const offersOf = (shop: Shop, nowMs: number): readonly CouponWire[] => {
    const minute = Math.floor(nowMs / MINUTE_MS);
    const known = written.get(shop.merchantId);
    if (known?.minute === minute) return known.wires;
    const wires = shop.offers.map((offer) => toWire(shop, offer, minute * MINUTE_MS));
    written.set(shop.merchantId, { minute, wires });
    return wires;
  };
  const byId = new Map(shops.map((shop) => [shop.merchantId, shop]));
  const near = (place: Place, meters: number): Shop[] => {
    const { east, north } = toPoint(place.latitude, place.longitude);
    const found: { shop: Shop; away: number }[] = [];
    for (const shop of shops) {
      // Most shops are ruled out by one comparison: this runs for every call.
      if (Math.abs(shop.at.east - east) > meters) continue;
      const away = Math.hypot(shop.at.east - east, shop.at.north - north);
      if (away <= meters) found.push({ shop, away });
    }
    return found
      .sort((a, b) => a.away - b.away)
      .slice(0, MOST_SHOPS)
      .map(({ shop }) => shop);
  };
  return (place, nowMs) => {
    const named = place.merchantId === undefined ? undefined : byId.get(place.merchantId);
    const around = near(place, named === undefined ? AROUND_METERS : NEIGHBOUR_METERS);
    const chosen = named === undefined ? around : [named, ...around.filter((shop) => shop !== named)];
    return chosen.flatMap((shop) => offersOf(shop, nowMs));
  };
};
