/**
 * The body of the coupon API's answer, from the bytes that came to the coupons that can be used: unpacked where it is
 * packed, parsed at once where it is small, in turns of the event loop where it is not. Nothing of it is used where
 * it is no such JSON.
 */
import { parseCoupons, type ParsedCoupons } from './coupon-schema.ts';
import { parseLargeCoupons } from './large-coupons.ts';
import { unpackBody, type Unpacked } from './unpack-body.ts';

/** Parsed in one go up to here: a millisecond as a rule, four where it is made to be slow. */
const AT_ONCE_BYTES = 32 * 1024;

/**
 * @param encoding the value of `content-encoding`; undefined: plain.
 * @param maxBytes most bytes, unpacked; ≥ the body's own.
 * Never throws, never rejects.
 */
export function readCouponBody(
  body: Buffer,
  encoding: string | undefined,
  maxBytes: number,
): ParsedCoupons | Promise<ParsedCoupons> {
  if (encoding === undefined) return readPlain(body);
  const unpacked = unpackBody(body, encoding, maxBytes);
  return unpacked instanceof Promise ? unpacked.then(readUnpacked) : readUnpacked(unpacked);
}

function readUnpacked(unpacked: Unpacked): ParsedCoupons | Promise<ParsedCoupons> {
  switch (unpacked.kind) {
    case 'bytes':
      return readPlain(unpacked.bytes);
    case 'too_large':
      return { ok: false, error: 'the unpacked answer is too large' };
    case 'unreadable':
      return { ok: false, error: unpacked.error };
  }
}

function readPlain(body: Buffer): ParsedCoupons | Promise<ParsedCoupons> {
  return body.length <= AT_ONCE_BYTES ? parseCoupons(body) : parseLargeCoupons(body);
}
