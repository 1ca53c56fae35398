/**
 * Cuts a JSON array into its elements' exact slices without parsing it: walks the bytes once, keeping track of
 * strings and of what is open. In an array that is JSON, the slices are the elements. In one that isn't, a
 * broken element should cost no more than itself, so the walk follows three rules where brackets or quotes
 * don't match. None of them ever applies inside JSON:
 *
 * 1. A closing bracket that doesn't match the innermost opening one closes the nearest one of its kind in this
 *    element. Without one it is just a byte of the element; but a `]` ends the array where nothing follows it,
 *    or where the element before it is whole.
 * 2. `{` right after a comma inside an object can't be JSON (a key must follow): that object was left open. It
 *    and those around it end there, up to the nearest list in this element; without one the element has ended
 *    at the comma and a new one begins.
 * 3. A line break inside a string can't be JSON: the string ends there.
 *
 * What is open is remembered up to a million levels; an element any deeper, unreadable in any case, takes the
 * rest of the record with it.
 *
 * What still isn't closed at the end of the record is one last element: the rest. An element without bytes
 * (two commas in a row, a comma at the end) is an element, a bad one.
 */
import {
  BACKSLASH,
  BYTES_A_STEP,
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COMMA,
  isBlank,
  LINE_FEED,
  OPEN_ARRAY,
  OPEN_OBJECT,
  QUOTE,
  skipBlank,
  trimEnd,
  type Slice,
} from './json-bytes.ts';
import { createBracketStack } from './bracket-stack.ts';

/** How the array ended: closed at the record's end, with other bytes after its end, or not at all. */
export type ArrayEnd = { readonly kind: 'closed' | 'unclosed' } | { readonly kind: 'trailing'; rest: Slice };

const MAX_OPEN = 2 ** 20;

/** Bytes that mean something outside strings; the walk runs over all others. */
const MARKS = new Uint8Array(256);
for (const byte of [QUOTE, COMMA, OPEN_OBJECT, CLOSE_OBJECT, OPEN_ARRAY, CLOSE_ARRAY]) MARKS[byte] = 1;

/**
 * @param open the index of the array's `[`.
 * Yields every element's slice, and nothing (`undefined`) where a pause may be made; returns how it ended.
 */
export function* cutArray(bytes: Buffer, open: number): Generator<Slice | undefined, ArrayEnd> {
  const length = bytes.length;
  const nesting = createBracketStack();
  let start = yield* skipBlank(bytes, open + 1, length);
  if (bytes[start] === CLOSE_ARRAY) return yield* endArray(bytes, start);
  if (start === length) return { kind: 'unclosed' };
  let inString = false;
  // Set where a rule below has applied to this element's brackets: it is known not to be JSON.
  let broken = false;
  let at = start;
  let pauseAt = at + BYTES_A_STEP;

  while (at < length && nesting.depth() < MAX_OPEN) {
    if (at >= pauseAt) {
      pauseAt = at + BYTES_A_STEP;
      yield undefined;
    }
    const stop = Math.min(length, pauseAt);
    if (inString) {
      while (at < stop) {
        const byte = bytes[at];
        at += byte === BACKSLASH ? 2 : 1;
        if (byte === QUOTE || byte === LINE_FEED) {
          inString = false;
          break;
        }
      }
      continue;
    }
    while (at < stop && MARKS[bytes[at] ?? 0] === 0) at += 1;
    if (at >= stop) continue;
    const mark = bytes[at];
    const here = at;
    at += 1;
    if (mark === QUOTE) {
      inString = true;
    } else if (mark === OPEN_ARRAY) {
      nesting.open(mark);
    } else if (mark === OPEN_OBJECT) {
      if (nesting.innermost() === OPEN_OBJECT) {
        const before = yield* trimEnd(bytes, start, here);
        if (bytes[before - 1] === COMMA && !nesting.leaveObjects()) {
          yield { start, end: yield* trimEnd(bytes, start, before - 1) };
          start = here;
          broken = false;
        }
      }
      nesting.open(mark);
    } else if (mark === COMMA) {
      if (nesting.depth() > 0) continue;
      yield { start, end: isBlank(bytes[here - 1]) ? yield* trimEnd(bytes, start, here) : here };
      start = at = yield* skipBlank(bytes, at, length);
      broken = false;
    } else if (mark === CLOSE_OBJECT) {
      broken ||= nesting.innermost() !== OPEN_OBJECT;
      nesting.close(OPEN_OBJECT);
    } else if (nesting.close(OPEN_ARRAY)) {
      continue;
    } else if ((broken || nesting.depth() > 0) && (yield* skipBlank(bytes, at, length)) < length) {
      broken = true;
    } else {
      yield { start, end: yield* trimEnd(bytes, start, here) };
      return yield* endArray(bytes, here);
    }
  }
  yield { start, end: yield* trimEnd(bytes, start, length) };
  return { kind: 'unclosed' };
}

function* endArray(bytes: Buffer, close: number): Generator<undefined, ArrayEnd> {
  const start = yield* skipBlank(bytes, close + 1, bytes.length);
  if (start === bytes.length) return { kind: 'closed' };
  return { kind: 'trailing', rest: { start, end: yield* trimEnd(bytes, start, bytes.length) } };
}
