/**
 * The body of the coupon API's answer, from its bytes to the coupons that can be used. A packed body is unpacked, a
 * small one parsed at once, a large one in turns of the event loop. Nothing of it is used where it is no such JSON.
 */
import { parseCoupons, type ParsedCoupons } from './coupon-schema.ts';
import { parseLargeCoupons } from './large-coupons.ts';
import { unpackBody, unpackSmall, type Unpacked } from '../http/unpack-body.ts';

/** Parsed in one go up to here: a millisecond as a rule, four where it is made to be slow. */
export const SMALL_BYTES = 32 * 1024;

/**
 * What the body says, where that is known at once; undefined where it is large.
 *
 * @param encoding the value of `content-encoding`; undefined: plain.
 * @param maxBytes most bytes, unpacked; ≥ the body's own.
 * Never throws.
 */
export function readSmallBody(
  body: Buffer,
  encoding: string | undefined,
  maxBytes: number,
): ParsedCoupons | undefined {
  if (body.length > SMALL_BYTES) return undefined;
  if (encoding === undefined) return parseCoupons(body);
  const unpacked = unpackSmall(body, encoding, maxBytes);
  if (unpacked === undefined) return undefined;
  if (unpacked.kind !== 'bytes') return refuse(unpacked);
  return unpacked.bytes.length > SMALL_BYTES ? undefined : parseCoupons(unpacked.bytes);
}

/** The same of any body, in turns of the event loop. Never rejects. */
export async function readLargeBody(
  body: Buffer,
  encoding: string | undefined,
  maxBytes: number,
): Promise<ParsedCoupons> {
  if (encoding === undefined) return parseLargeCoupons(body);
  const unpacked = await unpackBody(body, encoding, maxBytes);
  return unpacked.kind === 'bytes' ? parseLargeCoupons(unpacked.bytes) : refuse(unpacked);
}

function refuse(unpacked: Exclude<Unpacked, { kind: 'bytes' }>): ParsedCoupons {
  const error = unpacked.kind === 'too_large' ? 'the unpacked answer is too large' : unpacked.error;
  return { ok: false, error };
}
