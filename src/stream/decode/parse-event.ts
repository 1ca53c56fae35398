/**
 * One event’s bytes to its content: JSON that is UTF-8, or the reason why not. Errors are one short line and say where,
 * not what. Events hold people’s whereabouts, and these texts go to logs and headers.
 */
import { isUtf8 } from 'node:buffer';
import { EVENT_FIELDS } from '../../domain/event.ts';
import type { PieceContent } from '../../domain/record.ts';
import {
  BACKSLASH,
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  OPEN_ARRAY,
  OPEN_OBJECT,
  QUOTE,
} from '../../runtime/json/json-bytes.ts';

/**
 * Deeper nesting is refused as malformed, as RFC 8259 section 9 allows: a parser needs seconds for a million brackets.
 * Values up to {@link CAN_NOT_BE_DEEP_BYTES} can’t be JSON and deeper.
 */
export const MAX_DEPTH = 2048;
const CAN_NOT_BE_DEEP_BYTES = 2 * MAX_DEPTH;

/** A larger event is reduced to its fields at once: its tree can take ten times its bytes in memory. */
const KEPT_WHOLE_BYTES = 4096;

/**
 * @returns `refused` and `malformed` where the bytes are no JSON value. Of more than 4 KiB it keeps only what
 * validation reads; a value that is not plain comes out as `{}` or `[]`. Never throws.
 */
export function parseEvent(bytes: Buffer): PieceContent {
  if (bytes.length === 0) return malformed('not JSON: nothing there');
  if (!isUtf8(bytes)) return malformed(isGzip(bytes) ? LOOKS_LIKE_GZIP : 'not UTF-8');
  if (bytes.length > CAN_NOT_BE_DEEP_BYTES && isTooDeep(bytes)) return malformed(TOO_DEEP);
  try {
    const value: unknown = JSON.parse(bytes.toString());
    return { kind: 'json', value: bytes.length > KEPT_WHOLE_BYTES ? withoutUnread(value) : value };
  } catch (error) {
    return malformed(describe(error));
  }
}

export const TOO_DEEP = `not readable JSON: nested deeper than ${String(MAX_DEPTH)} levels`;
const LOOKS_LIKE_GZIP = 'not JSON: looks like gzip, without a content-encoding';

export function malformed(error: string): PieceContent {
  return { kind: 'refused', reason: 'malformed', error };
}

/** No UTF-8 begins so. */
function isGzip(bytes: Buffer): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

export function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function withoutUnread(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return withoutInside(value);
  const kept: Record<string, unknown> = {};
  for (const name of EVENT_FIELDS) {
    if (Object.hasOwn(value, name)) kept[name] = withoutInside(Reflect.get(value, name));
  }
  return kept;
}

/** Such a long text, an object or an array breaks the rules of every field that has rules. */
function withoutInside(value: unknown): unknown {
  if (Array.isArray(value)) return [];
  const isLarge = typeof value === 'string' ? value.length > KEPT_WHOLE_BYTES : typeof value === 'object';
  return isLarge && value !== null ? {} : value;
}

function isTooDeep(bytes: Buffer): boolean {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (inString) {
      if (byte === BACKSLASH) at += 1;
      else if (byte === QUOTE) inString = false;
    } else if (byte === QUOTE) inString = true;
    else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
      depth += 1;
      if (depth > MAX_DEPTH) return true;
    } else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) depth -= 1;
  }
  return false;
}

/** V8's message where it only names a position; those with "token" quote the text around it. */
function describe(error: unknown): string {
  const message = error instanceof Error ? error.message : '';
  if (message.startsWith('Unexpected token')) return 'not JSON: unexpected character';
  const what = /^([\x20-\x7e]{1,80}) \(line \d+ column \d+\)$/.exec(message)?.[1];
  return what === undefined ? 'not JSON: unexpected end' : `not JSON: ${what}`;
}
