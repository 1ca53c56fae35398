/**
 * Walks a JSON text of any size without building anything from it: says whether it is JSON (RFC 8259, exactly
 * what `JSON.parse` accepts but for the depth), and where the members of its outermost object are. A generator
 * that yields nothing (`undefined`) where a pause may be made.
 */
import { createBracketStack } from './bracket-stack.ts';
import { BACKSLASH, BYTES_A_STEP, CLOSE_ARRAY, CLOSE_OBJECT, COMMA, isBlank } from './json-bytes.ts';
import { OPEN_ARRAY, OPEN_OBJECT, QUOTE, type Slice } from './json-bytes.ts';

export type CheckedJson =
  | { readonly kind: 'object' | 'array' | 'other' }
  /** `at`: the index of the first byte that can't be there. */
  | { readonly kind: 'broken'; readonly at: number }
  | { readonly kind: 'too_deep' };

type Expected = 'value' | 'value or ]' | 'key' | 'key or }' | ':' | 'rest';

const LITERALS = new Map(['true', 'false', 'null'].map((word) => [word.charCodeAt(0), Buffer.from(word)]));
const COLON = 0x3a;

/** @param onMember told of each member of the outermost object, in order, key with its quotes. */
export function* checkJson(
  bytes: Buffer,
  maxDepth: number,
  onMember: (key: Slice, value: Slice) => void,
): Generator<undefined, CheckedJson> {
  const nesting = createBracketStack();
  const length = bytes.length;
  let expected: Expected = 'value';
  let root: 'object' | 'array' | 'other' | undefined;
  let key: Slice = { start: 0, end: 0 };
  let valueStart = 0;
  let at = 0;
  let pauseAt = BYTES_A_STEP;

  for (;;) {
    while (at < pauseAt && isBlank(bytes[at])) at += 1;
    if (at >= pauseAt) {
      pauseAt = at + BYTES_A_STEP;
      yield undefined;
      continue;
    }
    if (at === length) break;
    const byte = bytes[at];
    const start = at;
    let valueEnds = false;

    if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
      const opening = byte === CLOSE_OBJECT ? OPEN_OBJECT : OPEN_ARRAY;
      const empty = byte === CLOSE_OBJECT ? 'key or }' : 'value or ]';
      if ((expected !== 'rest' && expected !== empty) || nesting.innermost() !== opening) {
        return { kind: 'broken', at };
      }
      nesting.close(opening);
      at += 1;
      valueEnds = true;
    } else if (expected === 'rest') {
      if (byte !== COMMA || nesting.depth() === 0) return { kind: 'broken', at };
      expected = nesting.innermost() === OPEN_OBJECT ? 'key' : 'value';
      at += 1;
    } else if (expected === ':') {
      if (byte !== COLON) return { kind: 'broken', at };
      expected = 'value';
      at += 1;
    } else if (expected === 'key' || expected === 'key or }') {
      const end = byte === QUOTE ? yield* endOfString(bytes, at) : undefined;
      if (end === undefined) return { kind: 'broken', at };
      if (nesting.depth() === 1) key = { start, end };
      expected = ':';
      at = end;
    } else {
      if (nesting.depth() === 1) valueStart = start;
      root ??= byte === OPEN_OBJECT ? 'object' : byte === OPEN_ARRAY ? 'array' : 'other';
      if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
        if (nesting.depth() === maxDepth) return { kind: 'too_deep' };
        nesting.open(byte);
        expected = byte === OPEN_OBJECT ? 'key or }' : 'value or ]';
        at += 1;
      } else {
        const end = byte === QUOTE ? yield* endOfString(bytes, at) : endOfPlainValue(bytes, at);
        if (end === undefined) return { kind: 'broken', at };
        at = end;
        valueEnds = true;
      }
    }
    if (!valueEnds) continue;
    expected = 'rest';
    if (nesting.depth() === 1 && root === 'object') onMember(key, { start: valueStart, end: at });
  }
  if (root === undefined || nesting.depth() > 0) return { kind: 'broken', at };
  return { kind: root };
}

/** @returns the index after the string's closing quote; undefined where it isn't one. */
function* endOfString(bytes: Buffer, open: number): Generator<undefined, number | undefined> {
  let at = open + 1;
  let pauseAt = at + BYTES_A_STEP;
  for (;;) {
    const byte = bytes[at];
    if (byte === undefined || byte < 0x20) return undefined;
    if (byte === QUOTE) return at + 1;
    if (byte === BACKSLASH) {
      const escaped = bytes[at + 1];
      if (escaped === undefined || !ESCAPES.includes(escaped)) return undefined;
      if (escaped === ESCAPED_UNIT && !/^[\da-f]{4}$/i.test(bytes.toString('latin1', at + 2, at + 6))) {
        return undefined;
      }
      at += escaped === ESCAPED_UNIT ? 6 : 2;
    } else {
      at += 1;
    }
    if (at < pauseAt) continue;
    pauseAt = at + BYTES_A_STEP;
    yield undefined;
  }
}

const ESCAPES = Buffer.from('"\\/bfnrtu');
const ESCAPED_UNIT = 0x75;

/** Numbers, true, false and null. @returns the index after it; undefined where it is none of these. */
function endOfPlainValue(bytes: Buffer, start: number): number | undefined {
  const literal = LITERALS.get(bytes[start] ?? 0);
  if (literal !== undefined) {
    const end = start + literal.length;
    return bytes.subarray(start, end).equals(literal) ? end : undefined;
  }
  let at = bytes[start] === 0x2d ? start + 1 : start;
  const integer = endOfDigits(bytes, at);
  if (integer === at || (bytes[at] === 0x30 && integer > at + 1)) return undefined;
  at = integer;
  if (bytes[at] === 0x2e) {
    const fraction = endOfDigits(bytes, at + 1);
    if (fraction === at + 1) return undefined;
    at = fraction;
  }
  if (bytes[at] !== 0x65 && bytes[at] !== 0x45) return at;
  at += bytes[at + 1] === 0x2b || bytes[at + 1] === 0x2d ? 2 : 1;
  const exponent = endOfDigits(bytes, at);
  return exponent === at ? undefined : exponent;
}

function endOfDigits(bytes: Buffer, from: number): number {
  let at = from;
  for (let byte = bytes[at]; byte !== undefined && byte >= 0x30 && byte <= 0x39; byte = bytes[at]) at += 1;
  return at;
}
