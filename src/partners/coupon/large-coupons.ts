/**
 * A large answer of the coupon API, taken apart in turns of the event loop. A megabyte of JSON can keep `JSON.parse`
 * busy for a third of a second, and its tree can take fifty times the memory. So the text is checked to be JSON byte by
 * byte, cut into coupons, and each is parsed and judged alone. What comes of it is what `parseCoupons` would say.
 */
import { isUtf8 } from 'node:buffer';
import { checkJson } from '../../runtime/json/check-json.ts';
import { cutArray } from '../../runtime/json/cut-array.ts';
import { BACKSLASH, markLength, OPEN_ARRAY, OPEN_OBJECT, type Slice } from '../../runtime/json/json-bytes.ts';
import { createPacer, takeLoopTurn } from '../../runtime/loop-turns.ts';
import type { Coupon } from '../../domain/coupon.ts';
import {
  BODY_FAULTS,
  COUPON_FIELDS,
  MAX_TEXT_LENGTH,
  readCoupon,
  type ParsedCoupons,
} from './coupon-schema.ts';

/** `JSON.parse` knows no limit, so there is none here: an answer can't be deeper than it is long. */
const MAX_DEPTH = Infinity;
/** The shortest that can be one: three required fields of one character each. */
const LEAST_COUPON_BYTES = '{"couponId":"","merchantId":"","title":""}'.length + 3;
/** Larger ones are read field by field. */
const LARGE_COUPON_BYTES = 32 * 1024;
/** No text of the schema is longer, were each of its characters escaped. */
const MAX_VALUE_BYTES = 6 * MAX_TEXT_LENGTH + 2;
const MAX_KEY_BYTES = 128;
/** Looked at between two looks at the clock. */
const COUPONS_A_STEP = 8;

type Steps<T> = Generator<undefined, T>;

/** Never rejects. Holds the event loop for no more than some ms at a time, however many are read at once. */
export async function parseLargeCoupons(body: Buffer): Promise<ParsedCoupons> {
  await takeLoopTurn();
  const pacer = createPacer();
  const steps = parseInSteps(body);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    if (pacer.isDue()) await pacer.turn();
  }
}

function* parseInSteps(body: Buffer): Steps<ParsedCoupons> {
  if (!isUtf8(body)) return BODY_FAULTS.notJson;
  const bytes = body.subarray(markLength(body));
  // The last of the name counts, as with JSON.parse.
  const lists: Slice[] = [];
  const checked = yield* checkJson(bytes, MAX_DEPTH, (key, value) => {
    if (nameOf(bytes, key) === 'coupons') lists[0] = value;
  });
  if (checked.kind === 'broken' || checked.kind === 'too_deep') return BODY_FAULTS.notJson;
  const [list] = lists;
  if (list === undefined) return BODY_FAULTS.noCoupons;
  if (bytes[list.start] !== OPEN_ARRAY) return BODY_FAULTS.noList;
  const coupons: Coupon[] = [];
  let seen = 0;
  for (const slice of cutArray(bytes.subarray(0, list.end), list.start)) {
    if (slice === undefined) {
      yield undefined;
      continue;
    }
    seen += 1;
    const coupon = yield* readSlice(bytes.subarray(slice.start, slice.end));
    if (coupon !== undefined) coupons.push(coupon);
    if (seen % COUPONS_A_STEP === 0) yield undefined;
  }
  return { ok: true, coupons, invalid: seen - coupons.length };
}

/** @param bytes one JSON value. */
function* readSlice(bytes: Buffer): Steps<Coupon | undefined> {
  if (bytes.length < LEAST_COUPON_BYTES || bytes[0] !== OPEN_OBJECT) return undefined;
  if (bytes.length <= LARGE_COUPON_BYTES) return readCoupon(JSON.parse(bytes.toString()));
  const values = new Map<string, Slice>();
  yield* checkJson(bytes, MAX_DEPTH, (key, value) => {
    const name = nameOf(bytes, key);
    if (name !== undefined && COUPON_FIELDS.has(name)) values.set(name, value);
  });
  const members = [...values].map(([name, value]) => `"${name}":${plainText(bytes, value)}`);
  return readCoupon(JSON.parse(`{${members.join(',')}}`));
}

/** Of a member's key, a JSON string; undefined where it is longer than any name here. */
function nameOf(bytes: Buffer, key: Slice): string | undefined {
  if (key.end - key.start > MAX_KEY_BYTES) return undefined;
  const text = bytes.toString('utf8', key.start, key.end);
  return bytes.subarray(key.start, key.end).includes(BACKSLASH)
    ? (JSON.parse(text) as string)
    : text.slice(1, -1);
}

/** Lists, objects and what is too long break the schema in every field: `{}` stands for them. */
function plainText(bytes: Buffer, { start, end }: Slice): string {
  const isNested = bytes[start] === OPEN_OBJECT || bytes[start] === OPEN_ARRAY;
  return isNested || end - start > MAX_VALUE_BYTES ? '{}' : bytes.toString('utf8', start, end);
}
