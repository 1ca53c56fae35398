/**
 * One day of the city's own time: everyone sleeps, walks to work and back, and goes on errands; every geofence
 * crossed on the way is a sighting, a stop in the shop makes the phone report that it dwells. The city's day is
 * played as fast as the caller reads, so its hours shape who passes where, not what the time is (`phone.ts`).
 */
import type { Trigger } from '../../../src/domain/event.ts';
import type { Crossing, Point } from './map.ts';
import { crossGeofences, streetMeters } from './map.ts';
import type { Person } from './people.ts';
import type { Random } from './random.ts';
import { createRandom } from './random.ts';
import type { Shop } from './shops.ts';

/** A phone noticed a geofence. */
export interface Sighting {
  readonly person: Person;
  readonly shop: Shop;
  readonly at: Point;
  readonly trigger: Trigger;
  /** The city's time in hours since its first midnight. */
  readonly hour: number;
}

/** What a phone sends at once: one sighting, or a whole walk's. */
export interface Upload {
  readonly hour: number;
  readonly sightings: readonly Sighting[];
}

const METERS_PER_HOUR = 4600;
/** Phones save their battery: they miss most passings and seldom report that they left. */
const NOTICES_PASSING = 0.22;
const NOTICES_STOP = 0.9;
const REPORTS_EXIT = 0.15;

interface Walk {
  readonly from: Point;
  readonly to: Point;
  readonly hour: number;
  readonly stop: Shop | undefined;
}

const isOpen = (shop: Shop, hour: number): boolean => hour % 24 >= shop.opens && hour % 24 < shop.closes;

const planWalks = (random: Random, person: Person, day: number, shops: readonly Shop[]): Walk[] => {
  const start = day * 24;
  const worksFrom = start + person.worksFrom;
  const walks: Walk[] = [
    { from: person.home, to: person.work, hour: worksFrom, stop: undefined },
    { from: person.work, to: person.home, hour: worksFrom + 8 + random.next(), stop: undefined },
  ];
  const extra = Math.floor(person.extraWalks) + (random.chance(person.extraWalks % 1) ? 1 : 0);
  for (let count = 0; count < extra; count += 1) {
    const hour = start + person.wakesAt + random.next() * (person.sleepsAt - person.wakesAt - 1);
    const shop = shops[random.int(0, shops.length - 1)];
    if (shop === undefined || !isOpen(shop, hour)) continue;
    const atWork = hour > worksFrom && hour < worksFrom + 8;
    walks.push({ from: atWork ? person.work : person.home, to: shop.at, hour, stop: shop });
  }
  return walks;
};

const sightingsOf = (random: Random, person: Person, walk: Walk, shops: readonly Shop[]): Sighting[] => {
  const sightings: Sighting[] = [];
  const see = (crossing: Crossing<Shop>, trigger: Trigger, meters: number, waitedHours: number): void => {
    const at = trigger === 'exit' ? crossing.left : crossing.entered;
    const hour = walk.hour + meters / METERS_PER_HOUR + waitedHours;
    sightings.push({ person, shop: crossing.place, at, trigger, hour });
  };
  for (const crossing of crossGeofences(walk.from, walk.to, shops)) {
    const stops = crossing.place === walk.stop;
    if (!random.chance(stops ? NOTICES_STOP : NOTICES_PASSING)) continue;
    see(crossing, 'enter', crossing.enterMeters, 0);
    if (stops) see(crossing, 'dwell', crossing.exitMeters, 0.1);
    if (random.chance(REPORTS_EXIT)) see(crossing, 'exit', crossing.exitMeters, stops ? 0.3 : 0);
  }
  return sightings.sort((a, b) => a.hour - b.hour);
};

/** Everything the phones of these people upload on this day, in order of time. */
export const playDay = (
  seed: string | number,
  day: number,
  people: readonly Person[],
  shops: readonly Shop[],
): readonly Upload[] => {
  const uploads: Upload[] = [];
  for (const person of people) {
    const random = createRandom(`${seed}/day/${day}/${person.number}`);
    for (const walk of planWalks(random, person, day, shops)) {
      const sightings = sightingsOf(random, person, walk, shops);
      if (person.phone.uploadsWalks && sightings.length > 0) {
        const arrives = walk.hour + streetMeters(walk.from, walk.to) / METERS_PER_HOUR;
        uploads.push({ hour: arrives, sightings });
      } else {
        for (const sighting of sightings) uploads.push({ hour: sighting.hour, sightings: [sighting] });
      }
    }
  }
  return uploads.sort((a, b) => a.hour - b.hour);
};
