/**
 * Takes one Kafka record's value apart into pieces, one an event. Whatever the bytes, it never throws and never
 * loses one: what can't be read comes out as a refused piece, its neighbours as they are.
 *
 * Which form a value has: `content-type` decides where it is `application/json` or `application/x-ndjson`. Else
 * the content does, in this order (a byte order mark and white space in front don't count):
 * 1. It starts with `[`: an array, its elements are the events.
 * 2. Its first line is a JSON object by itself and more than blank lines follow: NDJSON.
 * 3. It is one JSON value, over however many lines: an object is the event, anything else is invalid.
 * 4. Some line, not indented further than the first, is a JSON object by itself: NDJSON with a bad first line.
 * 5. Otherwise the record is malformed as a whole.
 *
 * Bytes of a piece: the value as it came, still packed, where the piece is the whole record (also the one
 * object in a gzip); else the exact slice, cut from the unpacked value and sharing its memory.
 *
 * A small record comes as an array at once. A large one, or one of very many events, comes as an iterable that
 * works in slices of a few milliseconds and lets the event loop turn in between. Both drive the same cutting.
 */
import type { HeaderValue, PieceContent, RecordPiece } from '../domain/record.ts';
import { readForm, readPacking, type ContentForm } from './content-headers.ts';
import { cutValue, type Cut } from './cut-value.ts';
import { LINE_FEED, OPEN_OBJECT } from './json-bytes.ts';
import { createPacer } from './loop-turns.ts';
import { malformed, parseEvent } from './parse-event.ts';
import { hintUnpackedBytes, unpackGzip, unpackGzipNow } from './unpack-gzip.ts';

export interface RawRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, HeaderValue>>;
}

export interface DecodeLimits {
  /** A value larger than this, as it came or unpacked, is `too_large`. */
  readonly maxRecordBytes: number;
}

/** Up to this size (unpacked) a record is decoded at once: 256 KiB. */
const AT_ONCE_BYTES = 256 * 1024;
/** … unless it takes more steps than this: events, or pauses that the cutting offers. */
const AT_ONCE_STEPS = 512;
/** An object on one line up to this size is parsed without being cut: 16 KiB. */
const SMALL_OBJECT_BYTES = 16 * 1024;

/**
 * At least one piece comes of every record, in the record's order, `source.index` counting from 0 without
 * holes. Never throws; the iterable never rejects, may be iterated once, and may be left early. All pieces of a
 * record share its envelope and hold its (unpacked) bytes in memory as long as any of them is held.
 */
export function decodeRecord(
  record: RawRecord,
  limits: DecodeLimits,
): RecordPiece[] | AsyncIterable<RecordPiece> {
  const { value, headers } = record;
  const { maxRecordBytes } = limits;
  const toPiece = createPieceMaker(record);
  if (value === null) return [toPiece.whole(malformed('a tombstone: the record has no value'))];
  if (value.length > maxRecordBytes) return [toPiece.whole(tooLarge(maxRecordBytes))];
  const packing = readPacking(headers);
  if (packing === 'none') return startCutting(value, headers, (index, cut) => toPiece.of(index, cut, false));
  if (packing !== 'gzip') return [toPiece.whole(malformed(`content-encoding ${packing.unknown}: unknown`))];
  if (Math.max(value.length, hintUnpackedBytes(value)) <= AT_ONCE_BYTES) {
    const unpacked = unpackGzipNow(value, Math.min(AT_ONCE_BYTES, maxRecordBytes));
    if (unpacked.kind === 'bytes') {
      return startCutting(unpacked.bytes, headers, (index, cut) => toPiece.of(index, cut, true));
    }
    if (unpacked.kind === 'not_gzip') return [toPiece.whole(notGzip(unpacked.error))];
  }
  return unpackThenCut(value, headers, maxRecordBytes, toPiece);
}

type ToPiece = (index: number, cut: Cut) => RecordPiece;

function startCutting(
  bytes: Buffer,
  headers: RawRecord['headers'],
  toPiece: ToPiece,
): RecordPiece[] | AsyncIterable<RecordPiece> {
  const form = readForm(headers);
  if (isOneSmallObject(bytes, form)) return [toPiece(0, { bytes: undefined, content: parseEvent(bytes) })];
  const cuts = cutValue(bytes, form);
  const pieces: RecordPiece[] = [];
  const steps = bytes.length > AT_ONCE_BYTES ? 0 : AT_ONCE_STEPS;
  for (let step = 0; step < steps; step += 1) {
    const next = cuts.next();
    if (next.done === true) return pieces;
    if (next.value !== undefined) pieces.push(toPiece(pieces.length, next.value));
  }
  return goOnInSlices(pieces, cuts, toPiece);
}

/** What most records are: one line that begins as an object, so it is an event or malformed, whatever else. */
function isOneSmallObject(bytes: Buffer, form: ContentForm): boolean {
  return (
    bytes[0] === OPEN_OBJECT &&
    form !== 'ndjson' &&
    bytes.length <= SMALL_OBJECT_BYTES &&
    !bytes.includes(LINE_FEED)
  );
}

async function* unpackThenCut(
  packed: Buffer,
  headers: RawRecord['headers'],
  maxBytes: number,
  toPiece: PieceMaker,
): AsyncGenerator<RecordPiece, void, undefined> {
  const unpacked = await unpackGzip(packed, maxBytes);
  if (unpacked.kind === 'bytes') {
    const cuts = cutValue(unpacked.bytes, readForm(headers));
    yield* goOnInSlices([], cuts, (index, cut) => toPiece.of(index, cut, true));
  } else {
    yield toPiece.whole(unpacked.kind === 'too_large' ? tooLarge(maxBytes) : notGzip(unpacked.error));
  }
}

/** The clock runs on while the consumer works on a piece: its share of the loop counts as ours. */
async function* goOnInSlices(
  pieces: readonly RecordPiece[],
  cuts: Iterator<Cut | undefined>,
  toPiece: ToPiece,
): AsyncGenerator<RecordPiece, void, undefined> {
  yield* pieces;
  let index = pieces.length;
  const pacer = createPacer();
  await pacer.turn();
  for (;;) {
    const next = cuts.next();
    if (next.done === true) return;
    if (next.value !== undefined) {
      yield toPiece(index, next.value);
      index += 1;
    }
    if (pacer.isDue()) await pacer.turn();
  }
}

interface PieceMaker {
  of(index: number, cut: Cut, unpacked: boolean): RecordPiece;
  whole(content: PieceContent): RecordPiece;
}

function createPieceMaker(record: RawRecord): PieceMaker {
  const { topic, partition, offset, key, headers, value } = record;
  // Its own object: a record as the envelope would keep the packed value alive beside the unpacked one.
  const envelope = { key, headers };
  const of: PieceMaker['of'] = (index, cut, unpacked) => ({
    source: { topic, partition, offset, index },
    envelope,
    bytes: cut.bytes ?? value,
    unpacked: unpacked && cut.bytes !== undefined,
    content: cut.content,
  });
  return { of, whole: (content) => of(0, { bytes: undefined, content }, false) };
}

function notGzip(error: string): PieceContent {
  return malformed(`not gzip: ${error}`);
}

function tooLarge(maxBytes: number): PieceContent {
  return { kind: 'refused', reason: 'too_large', error: `larger than ${String(maxBytes)} bytes` };
}
