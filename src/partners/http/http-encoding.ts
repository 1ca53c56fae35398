/**
 * Text on its way to a partner. Ids are whatever a producer wrote, so they are encoded before they become part of a
 * URL or a header.
 */

const HEADER_SAFE = /^[\x21-\x24\x26-\x7e]+$/;
const HEADER_UNSAFE = /[^\x21-\x24\x26-\x7e]+/gu;

/**
 * A header value for any text: visible ASCII but `%` stays, everything else is percent-encoded as UTF-8.
 * So an ordinary id is sent as it is, and `decodeURIComponent` gives every id back. Lone surrogates become U+FFFD.
 */
export function encodeHeader(text: string): string {
  return HEADER_SAFE.test(text)
    ? text
    : text.toWellFormed().replace(HEADER_UNSAFE, (run) => encodeURIComponent(run));
}

/** A query value for any text. Never throws: lone surrogates become U+FFFD. */
export function encodeQuery(text: string): string {
  return encodeURIComponent(text.isWellFormed() ? text : text.toWellFormed());
}

/** A finite number without exponent, exact to 20 decimals: 1e-7 → `0.0000001`. */
export function plainDecimal(value: number): string {
  const text = String(value);
  if (!text.includes('e')) return text;
  const plain = value.toFixed(20).replace(/\.?0+$/, '');
  return plain === '-0' ? '0' : plain;
}
