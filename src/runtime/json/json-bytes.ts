/**
 * The few facts about JSON's bytes that the decoder's files share. Long blank stretches are walked in steps:
 * these walks are generators that yield nothing now and then, and whoever drives them may pause there.
 */

export const QUOTE = 0x22;
export const BACKSLASH = 0x5c;
export const COMMA = 0x2c;
export const OPEN_OBJECT = 0x7b;
export const CLOSE_OBJECT = 0x7d;
export const OPEN_ARRAY = 0x5b;
export const CLOSE_ARRAY = 0x5d;
export const LINE_FEED = 0x0a;
export const CARRIAGE_RETURN = 0x0d;

/** Bytes looked at between two pauses: under two milliseconds even where each of them is a bracket. */
export const BYTES_A_STEP = 32 * 1024;

/** A stretch of bytes: `end` is not part of it. */
export interface Slice {
  readonly start: number;
  readonly end: number;
}

/** JSON's white space (RFC 8259 section 2): space, tab, line feed, carriage return. */
export function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || byte === LINE_FEED || byte === CARRIAGE_RETURN || byte === 0x09;
}

/** @returns the index of the first byte in [from, end) that is no white space, else `end`. */
export function* skipBlank(bytes: Buffer, from: number, end: number): Generator<undefined, number> {
  let at = from;
  while (at < end) {
    const pauseAt = Math.min(end, at + BYTES_A_STEP);
    while (at < pauseAt && isBlank(bytes[at])) at += 1;
    if (at < pauseAt) return at;
    if (at < end) yield undefined;
  }
  return end;
}

/** @returns `end` without the white space before it; at least `start`. */
export function* trimEnd(bytes: Buffer, start: number, end: number): Generator<undefined, number> {
  let at = end;
  for (;;) {
    const pauseAt = Math.max(start, at - BYTES_A_STEP);
    while (at > pauseAt && isBlank(bytes[at - 1])) at -= 1;
    if (at > pauseAt || at === start) return at;
    yield undefined;
  }
}

/** The byte order mark that some producers put in front of UTF-8: 3 or 0 bytes long. */
export function markLength(bytes: Buffer): number {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
}
