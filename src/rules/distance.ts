/** Great-circle distance (haversine) on a sphere: within 0.5 % of the ellipsoid, which a shopper's walk forgives. */

import type { Coupon } from '../domain/coupon.ts';
import type { Places } from '../pipeline/ports.ts';

const EARTH_RADIUS_METERS = 6_371_008.8;
const RADIANS = Math.PI / 180;

export interface Place {
  /** Degrees. */
  readonly latitude: number;
  readonly longitude: number;
}

/** @returns metres ≥ 0. */
export function distanceMeters(a: Place, b: Place): number {
  const halfLatitude = Math.sin(((b.latitude - a.latitude) * RADIANS) / 2);
  const halfLongitude = Math.sin(((b.longitude - a.longitude) * RADIANS) / 2);
  const chord =
    halfLatitude * halfLatitude +
    Math.cos(a.latitude * RADIANS) * Math.cos(b.latitude * RADIANS) * halfLongitude * halfLongitude;
  return 2 * EARTH_RADIUS_METERS * Math.asin(Math.min(1, Math.sqrt(chord)));
}

/** By the coordinates that events and coupons bring. */
export const coordinates: Places = {
  distanceTo: (event: Place, { latitude, longitude }: Pick<Coupon, 'latitude' | 'longitude'>) =>
    latitude === undefined || longitude === undefined
      ? undefined
      : distanceMeters(event, { latitude, longitude }),
};
