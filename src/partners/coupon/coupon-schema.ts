/**
 * The coupon API's answer, taken apart with distrust: the envelope must be `{"coupons":[…]}`, each coupon is
 * judged alone. A coupon that breaks the schema is left out and counted, the others are used.
 *
 * null in an optional field is absent. A latitude without longitude (or the other way round) is no position. Both are
 * left out and the coupon is used, because each field alone keeps to the contract's table.
 */
import { isUtf8 } from 'node:buffer';
import { z } from 'zod';
import { parseInstant } from '../../domain/civil.ts';
import type { Coupon } from '../../domain/coupon.ts';
import type { Complete } from '../../runtime/complete.ts';

export type ParsedCoupons =
  | { readonly ok: true; readonly coupons: readonly Coupon[]; /** Left out. */ readonly invalid: number }
  | { readonly ok: false; readonly error: string };

const MAX_ID_LENGTH = 512;
/** A bound beside that of the whole answer: no push service takes so much. */
export const MAX_TEXT_LENGTH = 65_536;
const NONE: ParsedCoupons = { ok: true, coupons: [], invalid: 0 };

/** Why a body is no such JSON. */
export const BODY_FAULTS = {
  notJson: { ok: false, error: 'the body is not JSON' },
  noCoupons: { ok: false, error: 'the body has no "coupons"' },
  noList: { ok: false, error: '"coupons" is not a list' },
} as const satisfies Record<string, ParsedCoupons>;

/** Ids become parts of keys, so they are well-formed Unicode. */
const id = z
  .string()
  .min(1)
  .max(MAX_ID_LENGTH)
  .refine((text) => text.isWellFormed());
const text = z.string().max(MAX_TEXT_LENGTH);
const instant = z.string().transform((value, context) => {
  const atMs = parseInstant(value);
  if (atMs !== undefined) return atMs;
  context.issues.push({ code: 'custom', message: 'expected RFC 3339 with offset', input: value });
  return z.NEVER;
});

/** A moment is text in JSON and ms in a {@link Coupon}. */
type JsonName<Field> = Field extends `${infer Name}Ms` ? Name : Field;

const couponShape = z.object({
  couponId: id,
  merchantId: id,
  title: text.min(1),
  body: text.nullish(),
  category: text.nullish(),
  deepLink: text.nullish(),
  discountPercent: z.number().min(0).max(100).nullish(),
  latitude: z.number().min(-90).max(90).nullish(),
  longitude: z.number().min(-180).max(180).nullish(),
  validFrom: instant.nullish(),
  validUntil: instant.nullish(),
} satisfies Readonly<Record<JsonName<keyof Coupon>, z.ZodType>>);

/** The names that mean something in a coupon. */
export const COUPON_FIELDS: ReadonlySet<string> = new Set(Object.keys(couponShape.shape));

/**
 * The coupons in the body of a 200, or one short line on why it is no such JSON (never with a part of the body). Parses
 * in one go: for small bodies.
 * Never throws.
 */
export function parseCoupons(body: Buffer): ParsedCoupons {
  const envelope = parseJson(body);
  if (envelope === undefined) return BODY_FAULTS.notJson;
  if (typeof envelope !== 'object' || envelope === null || !Object.hasOwn(envelope, 'coupons'))
    return BODY_FAULTS.noCoupons;
  const list: unknown = Reflect.get(envelope, 'coupons');
  if (!Array.isArray(list)) return BODY_FAULTS.noList;
  if (list.length === 0) return NONE;
  const coupons: Coupon[] = [];
  for (const item of list) {
    const coupon = readCoupon(item);
    if (coupon !== undefined) coupons.push(coupon);
  }
  return { ok: true, coupons, invalid: list.length - coupons.length };
}

/** @returns undefined where it breaks the schema. Never throws. */
export function readCoupon(item: unknown): Coupon | undefined {
  if (!mayBeCoupon(item)) return undefined;
  const { success, data } = couponShape.safeParse(item);
  if (!success) return undefined;
  const isPlace = isPresent(data.latitude) && isPresent(data.longitude);
  const coupon: Complete<Coupon> = {
    couponId: data.couponId,
    merchantId: data.merchantId,
    title: data.title,
    body: data.body ?? undefined,
    category: data.category ?? undefined,
    deepLink: data.deepLink ?? undefined,
    discountPercent: data.discountPercent ?? undefined,
    latitude: isPlace ? (data.latitude ?? undefined) : undefined,
    longitude: isPlace ? (data.longitude ?? undefined) : undefined,
    validFromMs: data.validFrom ?? undefined,
    validUntilMs: data.validUntil ?? undefined,
  };
  return coupon;
}

/** A schema takes microseconds to say no: a megabyte of `{}` would hold the event loop for a second. */
function mayBeCoupon(item: unknown): boolean {
  if (typeof item !== 'object' || item === null) return false;
  return 'couponId' in item && 'merchantId' in item && 'title' in item;
}

/** The JSON value, or undefined where the bytes are none (JSON itself has no undefined). */
function parseJson(body: Buffer): unknown {
  if (!isUtf8(body)) return undefined;
  try {
    // RFC 8259 lets a reader ignore a byte order mark; partners behind some proxies send one.
    const hasMark = body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf;
    return JSON.parse(body.toString('utf8', hasMark ? 3 : 0)) as unknown;
  } catch {
    return undefined;
  }
}

function isPresent<T>(value: T): value is NonNullable<T> {
  return value !== undefined && value !== null;
}
