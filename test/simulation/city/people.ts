/**
 * Who lives in the city: where they sleep and work, how much they are about, and what their phone is like. Most
 * phones behave; a fixed share of people has not agreed to pushes, lives where it is night, carries a phone with
 * poor fixes, no event ids or a patchy connection. Depends on the seed and the person's number alone.
 */
import type { Point } from './map.ts';
import { createRandom } from './random.ts';
import type { Shop } from './shops.ts';

/** Where this person's clock stands, see `zones.ts`; `unknown` reports no zone. */
export type ZoneKind = 'day' | 'morning' | 'night' | 'unknown';

export interface Phone {
  readonly zone: ZoneKind;
  readonly consent: 'given' | 'unsaid' | 'refused';
  readonly locale: string | undefined;
  /** Median error of its fixes; undefined: it does not say. */
  readonly accuracyMeters: number | undefined;
  /** Share of its events that arrive long after they happened. */
  readonly staleShare: number;
  /** Keeps a whole walk's events and uploads them as one array. */
  readonly uploadsWalks: boolean;
  readonly namesEvents: boolean;
  /** Its app knows the shop whose geofence it crossed. */
  readonly namesMerchant: boolean;
}

export interface Person {
  readonly number: number;
  readonly userId: string;
  readonly home: Point;
  readonly work: Point;
  /** Extra walks a day beyond the way to work and back: very uneven, as people are. */
  readonly extraWalks: number;
  readonly sleepsAt: number;
  readonly wakesAt: number;
  readonly worksFrom: number;
  readonly phone: Phone;
}

const LOCALES = ['de-DE', 'de-AT', 'en-GB', 'en-US', 'fr-FR', 'tr-TR', 'pl'] as const;

/**
 * The shares of people by clock. Those of unknown zone fall on whichever side of the night the rules' zone is on
 * now, so the night's own share makes up for them: as many events meet quiet hours at noon as at midnight.
 */
const chooseZone = (luck: number, unknownIsNight: boolean): ZoneKind => {
  const unknown = 0.02;
  const night = unknownIsNight ? 0.085 - unknown : 0.085;
  if (luck < unknown) return 'unknown';
  if (luck < unknown + night) return 'night';
  return luck < 0.24 ? 'morning' : 'day';
};

/** Builds person `number` of this seed's city. */
export const createPerson = (
  seed: string | number,
  number: number,
  shops: readonly Shop[],
  options: { readonly idPrefix: string; readonly unknownIsNight: boolean },
): Person => {
  const random = createRandom(`${seed}/person/${number}`);
  const near = (spread: number): Point => {
    const shop = shops[random.int(0, shops.length - 1)];
    return {
      east: (shop?.at.east ?? 0) + random.normal() * spread,
      north: (shop?.at.north ?? 0) + random.normal() * spread,
    };
  };
  const wakesAt = 5.5 + random.next() * 3;
  const zone = chooseZone(random.next(), options.unknownIsNight);
  const consentLuck = random.next();
  const accuracyLuck = random.next();
  return {
    number,
    userId: `u-${options.idPrefix}${String(number + 1).padStart(5, '0')}`,
    home: near(700),
    work: near(250),
    extraWalks: Math.min(14, random.logNormal(0.9, 1)),
    wakesAt,
    sleepsAt: wakesAt + 15 + random.next() * 2,
    worksFrom: wakesAt + 1 + random.next(),
    phone: {
      zone,
      consent: consentLuck < 0.06 ? 'refused' : consentLuck < 0.5 ? 'unsaid' : 'given',
      locale: random.chance(0.85) ? random.pick(LOCALES) : undefined,
      accuracyMeters: accuracyLuck < 0.08 ? undefined : accuracyLuck < 0.13 ? 420 : 12 + random.next() * 20,
      staleShare: random.chance(0.08) ? 0.5 : 0.003,
      uploadsWalks: random.chance(0.03),
      namesEvents: !random.chance(0.04),
      namesMerchant: zone !== 'unknown' && !random.chance(0.1),
    },
  };
};
