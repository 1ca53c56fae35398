/**
 * The city's flat map: metres east and north of its centre, and how they become degrees. Streets run east–west
 * and north–south, so everyone walks round one corner.
 */

/** Metres from the city's centre. */
export interface Point {
  readonly east: number;
  readonly north: number;
}

const CENTRE = { latitude: 52.52, longitude: 13.405 };
const METERS_PER_DEGREE = 111_320;
const METERS_PER_DEGREE_EAST = METERS_PER_DEGREE * Math.cos((CENTRE.latitude * Math.PI) / 180);

const round6 = (degrees: number): number => Math.round(degrees * 1e6) / 1e6;

/** A point of the map in degrees, to a tenth of a metre. */
export const toDegrees = (point: Point): { readonly latitude: number; readonly longitude: number } => ({
  latitude: round6(CENTRE.latitude + point.north / METERS_PER_DEGREE),
  longitude: round6(CENTRE.longitude + point.east / METERS_PER_DEGREE_EAST),
});

/** The inverse of {@link toDegrees}, as far as the city is flat. */
export const toPoint = (latitude: number, longitude: number): Point => ({
  east: (longitude - CENTRE.longitude) * METERS_PER_DEGREE_EAST,
  north: (latitude - CENTRE.latitude) * METERS_PER_DEGREE,
});

/** As the crow flies, in metres. */
const distanceMeters = (a: Point, b: Point): number => Math.hypot(a.east - b.east, a.north - b.north);

/** A geofence crossed on the way: how far along it was entered and left, and where it was nearest. */
export interface Crossing<T> {
  readonly place: T;
  readonly enterMeters: number;
  readonly exitMeters: number;
  readonly entered: Point;
  readonly left: Point;
}

/** Something with a geofence. */
export interface Fenced {
  readonly at: Point;
  readonly fenceMeters: number;
}

/** Length of the way from one point to another along the streets. */
export const streetMeters = (from: Point, to: Point): number =>
  Math.abs(from.east - to.east) + Math.abs(from.north - to.north);

/** Which geofences the way along one street (from a to b) crosses. */
const crossLeg = <T extends Fenced>(
  a: Point,
  b: Point,
  walked: number,
  places: readonly T[],
): Crossing<T>[] => {
  const length = distanceMeters(a, b);
  if (length < 1) return [];
  const unit = { east: (b.east - a.east) / length, north: (b.north - a.north) / length };
  const along = (meters: number): Point => ({
    east: a.east + unit.east * meters,
    north: a.north + unit.north * meters,
  });
  const crossings: Crossing<T>[] = [];
  for (const place of places) {
    const east = place.at.east - a.east;
    const north = place.at.north - a.north;
    const nearest = east * unit.east + north * unit.north;
    const aside = Math.abs(east * unit.north - north * unit.east);
    if (aside >= place.fenceMeters) continue;
    const half = Math.sqrt(place.fenceMeters ** 2 - aside ** 2);
    if (nearest + half <= 0 || nearest - half >= length) continue;
    const enter = Math.max(0, nearest - half);
    const exit = Math.min(length, nearest + half);
    crossings.push({
      place,
      enterMeters: walked + enter,
      exitMeters: walked + exit,
      entered: along(enter),
      left: along(exit),
    });
  }
  return crossings;
};

/** The geofences crossed on foot from one point to another, in the order in which they are entered. */
export const crossGeofences = <T extends Fenced>(
  from: Point,
  to: Point,
  places: readonly T[],
): readonly Crossing<T>[] => {
  const corner: Point = { east: to.east, north: from.north };
  const first = crossLeg(from, corner, 0, places);
  const passed = new Set(first.map((crossing) => crossing.place));
  const second = crossLeg(corner, to, distanceMeters(from, corner), places);
  return [...first, ...second.filter((crossing) => !passed.has(crossing.place))].sort(
    (a, b) => a.enterMeters - b.enterMeters,
  );
};
