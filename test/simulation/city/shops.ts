/**
 * The city's shops and what they offer. They depend on the seed alone, so that the partners' process, the player
 * and the demo each know the same shops without telling each other. Good offers, poor ones (too small a discount,
 * nearly over, a closed shop) and none at all are dealt out so that the coupon limits have something to refuse.
 */
import type { Random } from './random.ts';
import { createRandom } from './random.ts';
import type { Fenced, Point } from './map.ts';
import { toDegrees } from './map.ts';

export const CATEGORIES = [
  'bakery',
  'coffee',
  'restaurant',
  'grocery',
  'fashion',
  'books',
  'electronics',
  'alcohol',
  'sports',
  'beauty',
] as const;

/** What a shop hands out; the partner turns it into a coupon when it is asked. */
export interface CouponOffer {
  readonly couponId: string;
  readonly title: string;
  readonly body?: string;
  readonly deepLink?: string;
  readonly discountPercent: number;
  /** How long it still runs, at whatever moment one asks; absent: no end. */
  readonly endsInMinutes?: number;
  readonly withLocation: boolean;
}

export interface Shop extends Fenced {
  readonly merchantId: string;
  readonly name: string;
  readonly category: (typeof CATEGORIES)[number];
  readonly tier: 'gold' | 'silver' | 'standard';
  readonly active: boolean;
  readonly latitude: number;
  readonly longitude: number;
  /** Hours of the city's own day in which people go there. */
  readonly opens: number;
  readonly closes: number;
  readonly offers: readonly CouponOffer[];
}

const SHOP_COUNT = 260;
const DISTRICTS = 9;
const FIRST = [
  'Anker',
  'Linden',
  'Stern',
  'Hafen',
  'Mühlen',
  'Garten',
  'Markt',
  'Kiez',
  'Brücken',
  'Turm',
] as const;
const SECOND: Readonly<Record<Shop['category'], string>> = {
  bakery: 'Bäckerei',
  coffee: 'Café',
  restaurant: 'Küche',
  grocery: 'Kaufhalle',
  fashion: 'Mode',
  books: 'Buchladen',
  electronics: 'Technik',
  alcohol: 'Weinhandel',
  sports: 'Sport',
  beauty: 'Drogerie',
};

const makeOffers = (random: Random, merchantId: string, name: string, category: string): CouponOffer[] => {
  const luck = random.next();
  if (luck < 0.38) return [];
  const poor = luck < 0.54;
  return Array.from({ length: random.int(1, 3) }, (_, index): CouponOffer => {
    const nearlyOver = poor && random.chance(0.5);
    const discountPercent = poor && !nearlyOver ? random.int(2, 9) : random.int(2, 12) * 5;
    return {
      couponId: `c-${merchantId.slice(2)}-${index + 1}`,
      title: `${discountPercent} % at ${name}`,
      ...(random.chance(0.7) ? { body: `On ${category} until we run out` } : {}),
      ...(random.chance(0.8) ? { deepLink: `https://coupons.example/${merchantId}/${index + 1}` } : {}),
      discountPercent,
      ...(nearlyOver
        ? { endsInMinutes: random.int(3, 20) }
        : random.chance(0.8)
          ? { endsInMinutes: random.int(120, 10_000) }
          : {}),
      withLocation: random.chance(0.93),
    };
  });
};

const makeShop = (seed: string | number, index: number, districts: readonly [Point, ...Point[]]): Shop => {
  const random = createRandom(`${seed}/shop/${index}`);
  const centre = random.pick(districts);
  const suburb = random.chance(0.12);
  const at: Point = suburb
    ? { east: (random.next() - 0.5) * 8000, north: (random.next() - 0.5) * 8000 }
    : { east: centre.east + random.normal() * 380, north: centre.north + random.normal() * 380 };
  const category = random.pick(CATEGORIES);
  // The example rules deny this one by name.
  const merchantId = index === 7 ? 'm-closed' : `m-${String(index + 1).padStart(3, '0')}`;
  const name = `${random.pick(FIRST)}-${SECOND[category]}`;
  const tier = random.chance(0.12) ? 'gold' : random.chance(0.35) ? 'silver' : 'standard';
  return {
    merchantId,
    name,
    category,
    tier,
    active: !random.chance(0.05),
    at,
    ...toDegrees(at),
    fenceMeters: random.int(50, 140),
    opens: category === 'bakery' ? 6 : category === 'alcohol' ? 10 : random.int(8, 10),
    closes: category === 'restaurant' || category === 'alcohol' ? 23 : random.int(18, 21),
    offers: makeOffers(random, merchantId, name, category),
  };
};

/** The shops of this seed's city. */
export const createShops = (seed: string | number): readonly Shop[] => {
  const random = createRandom(`${seed}/districts`);
  const district = (): Point => ({ east: (random.next() - 0.5) * 6000, north: (random.next() - 0.5) * 6000 });
  const districts: [Point, ...Point[]] = [{ east: 0, north: 0 }];
  while (districts.length < DISTRICTS) districts.push(district());
  return Array.from({ length: SHOP_COUNT }, (_, index) => makeShop(seed, index, districts));
};

/** The document behind `MERCHANTS_S3_URI`; `timeZone` is where the shops' clocks stand. */
export const merchantsDocument = (
  shops: readonly Shop[],
  version: string,
  timeZone: string,
): { readonly version: string; readonly merchants: readonly object[] } => ({
  version,
  merchants: shops.map(({ merchantId, name, tier, category, active }) => ({
    merchantId,
    name,
    tier,
    category,
    timeZone,
    active,
  })),
});
