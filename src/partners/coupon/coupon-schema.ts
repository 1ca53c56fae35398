/**
 * The coupon API's answer, taken apart with distrust: the envelope must be `{"coupons":[…]}`, each coupon is
 * judged alone. A coupon that breaks the schema is left out and counted, the others are used.
 *
 * null in an optional field is absent. A latitude without longitude (or the other way round) is no position. Both are
 * left out and the coupon is used, because each field alone keeps to the contract's table.
 */
import { isUtf8 } from 'node:buffer';
import { z } from 'zod';
import { parseInstant } from '../../domain/instant.ts';
import type { Coupon } from '../../domain/coupon.ts';
import { compileCheck } from '../../runtime/compile-check.ts';
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
/** Which instant it is decides `readCoupon`, once. */
const instant = z.string();

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

/** Compiled, as an answer may have thousands of coupons. */
const isCouponJson = compileCheck(couponShape);

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
  if (!isCouponJson(item)) return undefined;
  const validFromMs = momentOf(item.validFrom);
  const validUntilMs = momentOf(item.validUntil);
  if (Number.isNaN(validFromMs) || Number.isNaN(validUntilMs)) return undefined;
  const isPlace = isPresent(item.latitude) && isPresent(item.longitude);
  const coupon: Complete<Coupon> = {
    couponId: item.couponId,
    merchantId: item.merchantId,
    title: item.title,
    body: item.body ?? undefined,
    category: item.category ?? undefined,
    deepLink: item.deepLink ?? undefined,
    discountPercent: item.discountPercent ?? undefined,
    latitude: isPlace ? (item.latitude ?? undefined) : undefined,
    longitude: isPlace ? (item.longitude ?? undefined) : undefined,
    validFromMs,
    validUntilMs,
  };
  return coupon;
}

/** @returns epoch ms; NaN where it is no instant. */
function momentOf(text: string | null | undefined): number | undefined {
  return isPresent(text) ? (parseInstant(text) ?? NaN) : undefined;
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
