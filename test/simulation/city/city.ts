/**
 * The simulated city: shops, people, and the endless stream of Kafka records that their phones produce. The same
 * seed gives the same people, walks, shops and event ids in the same order; only the clock readings in the events
 * (`occurredAt`, the zones) go by the moment at which a record is drawn.
 */
import type { CityRecord } from './records.ts';
import { arrayRecord, linesRecord, RATES, singleRecord } from './records.ts';
import type { PhoneEvent } from './phone.ts';
import { reportSighting } from './phone.ts';
import type { Person } from './people.ts';
import { createPerson } from './people.ts';
import type { Sighting, Upload } from './day.ts';
import { playDay } from './day.ts';
import { createRandom } from './random.ts';
import type { Shop } from './shops.ts';
import { createShops, merchantsDocument } from './shops.ts';
import { chooseZones, createZoneClock } from './zones.ts';

export interface CityOptions {
  readonly seed: number | string;
  /** How many events it is going to play; decides how many people live here unless `people` says so. */
  readonly events: number;
  readonly people?: number;
  /** Put into every user id, to keep runs on shared services apart. */
  readonly idPrefix?: string;
  /** Where given, a few records unpack to more than this. */
  readonly maxRecordBytes?: number;
  /** Epoch ms; default the real clock. */
  readonly now?: () => number;
}

export interface City {
  readonly shops: readonly Shop[];
  readonly people: readonly Person[];
  /** The merchants document, with its time zone chosen for now. */
  merchants(version: string): ReturnType<typeof merchantsDocument>;
  /** Records with exactly `events` events in all; without a number it never ends. One walk through the city. */
  records(events?: number): Generator<CityRecord, void, undefined>;
}

/** Three or four events a person: enough that caps bite, few enough that thousands are pushed. */
const EVENTS_PER_PERSON = 3.4;

function* uploads(
  seed: CityOptions['seed'],
  people: readonly Person[],
  shops: readonly Shop[],
): Generator<Upload, void, undefined> {
  for (let day = 0; ; day += 1) yield* playDay(seed, day, people, shops);
}

/** Founds the city of this seed. */
export const createCity = (options: CityOptions): City => {
  const now = options.now ?? Date.now;
  const zonesAt = createZoneClock();
  const shops = createShops(options.seed);
  const { unknownIsNight } = chooseZones(now());
  const count = options.people ?? Math.max(20, Math.ceil(options.events / EVENTS_PER_PERSON));
  const personOptions = { idPrefix: options.idPrefix ?? '', unknownIsNight };
  const people = Array.from({ length: count }, (_, number) =>
    createPerson(options.seed, number, shops, personOptions),
  );

  function* records(events = Number.POSITIVE_INFINITY): Generator<CityRecord, void, undefined> {
    const random = createRandom(`${options.seed}/records`);
    const source = uploads(options.seed, people, shops);
    let left = events;
    let eventNumber = 0;
    const report = (sighting: Sighting): PhoneEvent => {
      const nowMs = now();
      eventNumber += 1;
      return reportSighting(random, sighting, eventNumber, { nowMs, zones: zonesAt(nowMs) });
    };
    const draw = (): readonly Sighting[] => {
      const upload = source.next();
      return upload.done === true ? [] : upload.value.sightings;
    };
    const next = (): CityRecord => {
      const sightings = draw();
      const [first] = sightings;
      if (first === undefined) throw new Error('nobody in this city ever leaves home');
      if (sightings.length > 1) {
        return arrayRecord(random, first.person.userId, sightings.slice(0, left).map(report));
      }
      if (left > 1 && random.chance(RATES.gateway)) {
        const batch = [...sightings];
        const size = Math.min(left, random.int(2, 6));
        while (batch.length < size) batch.push(...draw());
        return linesRecord(random, `gateway-${first.shop.merchantId}`, batch.slice(0, size).map(report));
      }
      return singleRecord(random, report(first), options.maxRecordBytes);
    };
    while (left > 0) {
      const record = next();
      left -= record.events.length;
      yield record;
      if (left >= record.events.length && random.chance(RATES.sentTwice)) {
        left -= record.events.length;
        yield record;
      }
    }
  }

  return {
    shops,
    people,
    merchants: (version) => merchantsDocument(shops, version, chooseZones(now()).day),
    records,
  };
};
