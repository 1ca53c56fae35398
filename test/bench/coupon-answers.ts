/**
 * What the coupon partner of the benchmarks answers: the same to each event in every run, made before the first call.
 * The benchmarks' rules exclude each coupon, so no push is made and each event's outcome is known beforehand.
 */
import { createRandom, type Random } from '../simulation/city/random.ts';

/** Of a thousand events that follow each other, each gets an answer of its own. */
const ANSWERS = 1000;
/** Of these, so many say that there is no coupon. */
const EMPTY = 400;
const MOST_COUPONS = 8;
/** Has no divisor in common with ANSWERS, so neighbours differ and none is left out. */
const STRIDE = 617;

const TITLES = [
  'all coffee beans, roasted this week',
  'Frühstück für zwei, täglich bis 11 Uhr',
  'your second pair of running shoes',
  'a lunch menu for less than 9 €, drink included',
  'garden chairs and everything to sit on outside',
] as const;
const SENTENCES = [
  'Show this coupon at the till.',
  'One a visit, not together with other offers.',
  'Gültig in allen Filialen, solange der Vorrat reicht.',
  'Members collect points as usual.',
] as const;

/** What a coupon is excluded by: a limit on its discount, merchant, distance or end, or a rule on its category. */
const EXCLUDED_BY = ['discount', 'merchant', 'distance', 'end', 'category'] as const;

/** So many coupons of some 400 bytes each, whose discount is too small. */
export function sameCoupons(count: number): string {
  const coupons = Array.from({ length: count }, (_, at) => ({
    couponId: `c-2026-11-${String(4711 + at)}`,
    merchantId: `m-${String(at % 40)}`,
    title: `${String(5 + at)} % off all coffee beans, roasted this week`,
    body: 'Show this coupon at the till. One a visit, not together with other offers.',
    category: 'coffee',
    deepLink: `https://shop.example/coupons/2026/11/${String(4711 + at)}?source=near`,
    discountPercent: 5,
    latitude: 52.5 + at / 1000,
    longitude: 13.4 - at / 1000,
    validFrom: '2026-11-20T00:00:00Z',
    validUntil: '2036-11-30T23:59:59Z',
  }));
  return JSON.stringify({ coupons });
}

/** Of many answers: the part that has so many coupons, all excluded but for one of those that are pushed. */
export interface AnswerShare {
  readonly share: number;
  readonly coupons: number;
  /** The first of them is near, and cheap enough. */
  readonly isPushed?: boolean;
}

/** As many answers as {@link mixedAnswerOf} tells apart. @param mix shares that add up to 1. */
export function sharedAnswers(mix: readonly AnswerShare[]): string[] {
  return mix.flatMap(({ share, coupons, isPushed }) => {
    const answer = isPushed === true ? pushedCoupons(coupons) : sameCoupons(coupons);
    return Array.from({ length: Math.round(share * ANSWERS) }, () => answer);
  });
}

/** A coupon without a place is near. */
function pushedCoupons(count: number): string {
  const { coupons } = JSON.parse(sameCoupons(count)) as { coupons: Record<string, unknown>[] };
  const [first, ...others] = coupons;
  const pushed = { ...first, discountPercent: 30, latitude: undefined, longitude: undefined };
  return JSON.stringify({ coupons: [pushed, ...others] });
}

/**
 * A thousand answers as they come in a city: 40 % have no coupon, the others 1 to 8 of different size, 300 to 4,096
 * bytes in all. {@link mixedAnswerOf} says which one an event gets.
 */
export function mixedAnswers(): string[] {
  return Array.from({ length: ANSWERS }, (_, at) => {
    if (at < EMPTY) return sameCoupons(0);
    const random = createRandom(`answer ${String(at)}`);
    const coupons = Array.from({ length: 1 + (at % MOST_COUPONS) }, (_coupon, nth) =>
      coupon(random, at, nth),
    );
    return JSON.stringify({ coupons });
  });
}

/** Index into {@link mixedAnswers}. @param event its number, from 0. */
export function mixedAnswerOf(event: number): number {
  return (event * STRIDE) % ANSWERS;
}

/** How many of the first `events` get the answer that there is no coupon. */
export function emptyMixedAnswers(events: number): number {
  let empty = 0;
  for (let event = 0; event < events; event += 1) if (mixedAnswerOf(event) < EMPTY) empty += 1;
  return empty;
}

function coupon(random: Random, answer: number, nth: number): Record<string, string | number | undefined> {
  const by = random.pick(EXCLUDED_BY);
  const id = `c-2026-11-${String(answer * MOST_COUPONS + nth)}`;
  const isFar = by === 'distance';
  const hasPlace = isFar || (by !== 'category' && random.chance(0.9));
  const discountPercent = by === 'discount' ? random.int(1, 9) : random.int(10, 60);
  return {
    couponId: id,
    merchantId: by === 'merchant' ? 'm-closed' : `m-${String(random.int(0, 39))}`,
    title: `${String(discountPercent)} % off ${random.pick(TITLES)}`,
    body: SENTENCES.slice(0, random.int(1, 2) + (nth % 2)).join(' '),
    category: by === 'category' ? 'tobacco' : random.pick(['coffee', 'shoes', 'garden', 'food']),
    deepLink: `https://shop.example/coupons/2026/11/${id}?source=near&campaign=autumn`,
    discountPercent,
    latitude: hasPlace ? 52.45 + (isFar ? 2 : 0) + random.int(0, 9999) / 1e5 : undefined,
    longitude: hasPlace ? 13.35 + random.int(0, 9999) / 1e5 : undefined,
    validFrom: random.chance(0.5) ? '2026-11-20T00:00:00Z' : undefined,
    validUntil: by === 'end' ? '2026-11-01T00:00:00Z' : '2036-11-30T23:59:59Z',
  };
}
