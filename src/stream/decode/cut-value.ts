/**
 * Finds the form of an unpacked value (see record-decoder.ts) and cuts it into events, each with its bytes and what
 * they say. A generator: it yields nothing (`undefined`) where a pause may be made. So the same code decodes a small
 * record at once and a large one in slices.
 */
import type { PieceContent } from '../../domain/record.ts';
import type { ContentForm } from './content-headers.ts';
import { cutArray } from '../../runtime/json/cut-array.ts';
import { cutLines } from './cut-lines.ts';
import {
  CLOSE_OBJECT,
  LINE_FEED,
  markLength,
  OPEN_ARRAY,
  OPEN_OBJECT,
} from '../../runtime/json/json-bytes.ts';
import { skipBlank, trimEnd, type Slice } from '../../runtime/json/json-bytes.ts';
import { isObject, malformed, parseEvent } from './parse-event.ts';
import { parseLargeEvent } from './parse-large-event.ts';

export interface Cut {
  /** The event's own slice; undefined where the piece is the whole record. */
  readonly bytes: Buffer | undefined;
  readonly content: PieceContent;
}

/** One event up to this size is parsed in one go, about a millisecond: 256 KiB. */
const LARGE_EVENT_BYTES = 256 * 1024;

type Cutting = Generator<Cut | undefined, void>;

/** Yields at least one cut, whatever the bytes. */
export function* cutValue(bytes: Buffer, form: ContentForm): Cutting {
  const start = markLength(bytes);
  const ink = yield* skipBlank(bytes, start, bytes.length);
  if (ink === bytes.length) {
    yield whole(malformed(bytes.length === 0 ? 'empty' : 'nothing but white space'));
  } else if (form === 'ndjson') {
    yield* readLines(bytes, start);
  } else if (bytes[ink] === OPEN_ARRAY) {
    yield* readArray(bytes, ink);
  } else if (form === 'any' && (yield* beginsWithObjectLine(bytes, ink))) {
    yield* readLines(bytes, start);
  } else {
    const content = yield* parseAnySize(bytes.subarray(start));
    const isLines = content.kind === 'refused' && form === 'any' && (yield* hasObjectLine(bytes, start));
    if (isLines) yield* readLines(bytes, start);
    else yield whole(refuseBareValue(content));
  }
}

function* readLines(bytes: Buffer, start: number): Cutting {
  for (const line of cutLines(bytes, start)) yield line && (yield* readEvent(bytes, line));
}

function* readArray(bytes: Buffer, open: number): Cutting {
  const elements = cutArray(bytes, open);
  let last: Cut | undefined;
  for (;;) {
    const next = elements.next();
    if (next.done !== true) {
      if (next.value !== undefined) last = yield* readEvent(bytes, next.value);
      yield next.value && last;
      continue;
    }
    const end = next.value;
    if (end.kind === 'trailing') {
      const rest = bytes.subarray(end.rest.start, end.rest.end);
      const content = malformed("other data after the array's end");
      yield last === undefined ? whole(content) : { bytes: rest, content };
    } else if (end.kind === 'unclosed') {
      // A bad last element already is the rest of the record. After a good one, what is missing is the piece.
      const content = malformed('the array is not closed');
      if (last === undefined) yield whole(content);
      else if (last.content.kind === 'json') yield { bytes: bytes.subarray(bytes.length), content };
    } else if (last === undefined) {
      yield whole({ kind: 'refused', reason: 'invalid', error: 'an empty array' });
    }
    return;
  }
}

function* readEvent(bytes: Buffer, slice: Slice): Generator<undefined, Cut> {
  const event = bytes.subarray(slice.start, slice.end);
  return { bytes: event, content: yield* parseAnySize(event) };
}

/** @returns whether the value's first line is a JSON object by itself and something follows it. */
function* beginsWithObjectLine(bytes: Buffer, ink: number): Generator<undefined, boolean> {
  const feed = bytes.indexOf(LINE_FEED, ink);
  if (feed === -1 || (yield* skipBlank(bytes, feed, bytes.length)) === bytes.length) return false;
  return yield* isObjectLine(bytes, { start: ink, end: feed });
}

/** @returns whether some line is a JSON object by itself, and not indented further than the first. */
function* hasObjectLine(bytes: Buffer, start: number): Generator<undefined, boolean> {
  if (!bytes.includes(LINE_FEED, start)) return false;
  let indentation: number | undefined;
  for (const line of cutLines(bytes, start)) {
    yield undefined;
    if (line === undefined) continue;
    const ink = yield* skipBlank(bytes, line.start, line.end);
    indentation ??= ink - line.start;
    if (ink - line.start <= indentation && (yield* isObjectLine(bytes, { start: ink, end: line.end }))) {
      return true;
    }
  }
  return false;
}

function* isObjectLine(bytes: Buffer, line: Slice): Generator<undefined, boolean> {
  const end = yield* trimEnd(bytes, line.start, line.end);
  if (bytes[line.start] !== OPEN_OBJECT || bytes[end - 1] !== CLOSE_OBJECT) return false;
  const content = yield* parseAnySize(bytes.subarray(line.start, end));
  return content.kind === 'json' && isObject(content.value);
}

function* parseAnySize(bytes: Buffer): Generator<undefined, PieceContent> {
  return bytes.length > LARGE_EVENT_BYTES ? yield* parseLargeEvent(bytes) : parseEvent(bytes);
}

function refuseBareValue(content: PieceContent): PieceContent {
  if (content.kind === 'refused' || isObject(content.value)) return content;
  return { kind: 'refused', reason: 'invalid', error: 'expected a JSON object or an array of them' };
}

function whole(content: PieceContent): Cut {
  return { bytes: undefined, content };
}
