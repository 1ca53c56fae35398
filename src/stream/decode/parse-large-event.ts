/**
 * Parses one event that is too large to be parsed in one go. `JSON.parse` of 60 MB stops the event loop for seconds,
 * and its tree can take ten times the memory.
 * An event’s own fields are small. So only the outermost object’s small members with a field’s name are read; the rest
 * is checked to be JSON and passed over. A value over 64 KiB becomes `{}`. In a field with rules that breaks the same
 * rules as any oversized value; a field without rules is not read.
 */
import { isUtf8 } from 'node:buffer';
import { EVENT_FIELDS } from '../../domain/event.ts';
import type { PieceContent } from '../../domain/record.ts';
import { checkJson } from '../../runtime/json/check-json.ts';
import type { Slice } from '../../runtime/json/json-bytes.ts';
import { malformed, MAX_DEPTH, TOO_DEEP } from './parse-event.ts';

const MAX_VALUE_BYTES = 64 * 1024;
/** Longer names are no field of an event. */
const MAX_KEY_BYTES = 1024;
/** The bytes that are read of one large event, together. */
const MAX_READ_BYTES = 1024 * 1024;
const UTF8_STEP_BYTES = 1024 * 1024;

/**
 * What `JSON.parse` would say of the bytes, except for members over the limits above. An array comes out as `[]` and a
 * bare value as null. `refused`: `malformed`, or `too_large` where there are too many small members. Yields nothing
 * (`undefined`) where a pause may be made.
 */
export function* parseLargeEvent(bytes: Buffer): Generator<undefined, PieceContent> {
  const members: [Slice, Slice][] = [];
  let readBytes = 0;
  const checked = yield* checkJson(bytes, MAX_DEPTH, (key, value) => {
    if (key.end - key.start > MAX_KEY_BYTES || readBytes > MAX_READ_BYTES) return;
    if (!isField(textOf(bytes, key))) return;
    readBytes += key.end - key.start + Math.min(MAX_VALUE_BYTES, value.end - value.start);
    members.push([key, value]);
  });
  if (checked.kind === 'broken') return malformed(`not JSON: at position ${String(checked.at)}`);
  if (checked.kind === 'too_deep') return malformed(TOO_DEEP);
  if (!(yield* isUtf8InSteps(bytes))) return malformed('not UTF-8');
  if (checked.kind !== 'object') return { kind: 'json', value: checked.kind === 'array' ? [] : null };
  if (readBytes > MAX_READ_BYTES) {
    const error = `one event with more than ${String(MAX_READ_BYTES)} bytes of members`;
    return { kind: 'refused', reason: 'too_large', error };
  }
  const text = members.map(([key, value]) => `${textOf(bytes, key)}:${readable(bytes, value)}`).join(',');
  return { kind: 'json', value: JSON.parse(`{${text}}`) };
}

/** @param key a JSON string, quotes and escapes included. */
function isField(key: string): boolean {
  return EVENT_FIELDS.has(key.includes('\\') ? (JSON.parse(key) as string) : key.slice(1, -1));
}

function readable(bytes: Buffer, value: Slice): string {
  return value.end - value.start > MAX_VALUE_BYTES ? '{}' : textOf(bytes, value);
}

function textOf(bytes: Buffer, slice: Slice): string {
  return bytes.toString('utf8', slice.start, slice.end);
}

function* isUtf8InSteps(bytes: Buffer): Generator<undefined, boolean> {
  let start = 0;
  while (start < bytes.length) {
    let end = Math.min(bytes.length, start + UTF8_STEP_BYTES);
    // Never cuts between a character’s bytes: goes back to before the first (a continuation byte is 10xxxxxx).
    for (let back = 0; back < 3 && end < bytes.length && ((bytes[end] ?? 0) & 0xc0) === 0x80; back += 1) {
      end -= 1;
    }
    if (!isUtf8(bytes.subarray(start, end))) return false;
    start = end;
    yield undefined;
  }
  return true;
}
