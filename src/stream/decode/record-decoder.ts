/**
 * Cuts one Kafka record’s value into pieces, one an event. Whatever the bytes, it never throws and never loses one:
 * unreadable bytes come out as a refused piece, and their neighbours as they are.
 *
 * `content-type` decides the form where it is `application/json` or `application/x-ndjson`. Else the content decides,
 * in this order (a byte order mark and white space in front don’t count):
 *   1. It starts with `[`: an array, its elements are the events.
 *   2. Its first line is a JSON object by itself and more than blank lines follow: NDJSON.
 *   3. It is one JSON value, over however many lines: an object is the event, anything else is invalid.
 *   4. Some line, not indented further than the first, is a JSON object by itself: NDJSON with a bad first line.
 *   5. Otherwise the record is malformed as a whole.
 *
 * A piece that is the whole record has the value as it came, still packed; so has the one object in a gzip. Any other
 * piece has its exact slice. Small slices of a large or packed value are copies, so that no event keeps its neighbours’
 * bytes in memory. A large slice of a packed value is cut again when it is needed.
 *
 * A small record of few events comes as an array at once. Others come as an iterable that works in slices of a few
 * milliseconds and lets the event loop turn in between. Both drive the same cutting. The pod’s limit for unpacked bytes
 * holds here; bytes that are taken away between two pieces are unpacked again.
 */
import type { PieceContent, RecordPiece } from '../../domain/record.ts';
import { readForm, readPacking, type ContentForm } from './content-headers.ts';
import { cutValue, type Cut } from './cut-value.ts';
import { LINE_FEED, OPEN_OBJECT } from '../../runtime/json/json-bytes.ts';
import { createPacer } from '../../runtime/loop-turns.ts';
import { AT_ONCE_BYTES, createPieceMaker, onlyPiece } from './make-pieces.ts';
import type { PieceMaker, RawRecord, ToPiece } from './make-pieces.ts';
import { unpackWhenFree, type UnpackLimits } from './packed-value.ts';
import { malformed, parseEvent } from './parse-event.ts';
import { hintUnpackedBytes, unpackGzipNow } from './unpack-gzip.ts';

export type { RawRecord } from './make-pieces.ts';
export type DecodeLimits = UnpackLimits;

/** … unless it takes more steps than this: events, or pauses that the cutting offers. */
const AT_ONCE_STEPS = 512;
/**
 * … or has more events: each is an object until it is taken in, and thousands of partitions may wait for their turn.
 */
const AT_ONCE_PIECES = 16;
/** An object on one line up to this size is parsed without being cut: 16 KiB. */
const SMALL_OBJECT_BYTES = 16 * 1024;

/**
 * Every record gives at least one piece, in the record’s order, with `source.index` from 0 without holes. Never throws.
 * The iterable never rejects, may be iterated once, and may be left early.
 */
export function decodeRecord(
  record: RawRecord,
  limits: DecodeLimits,
): RecordPiece[] | AsyncIterable<RecordPiece> {
  const { value, headers } = record;
  const { maxRecordBytes } = limits;
  const packing = readPacking(headers);
  if (value !== null && packing === 'none' && value.length <= Math.min(SMALL_OBJECT_BYTES, maxRecordBytes)) {
    if (isOneSmallObject(value, readForm(headers))) return [onlyPiece(record, parseEvent(value))];
  }
  const toPiece = createPieceMaker(record, limits);
  if (value === null) return [toPiece.whole(malformed('a tombstone: the record has no value'))];
  if (value.length > maxRecordBytes) return [toPiece.whole(tooLarge(maxRecordBytes))];
  if (packing === 'none') {
    const cuts = startCutting(value, headers, toPiece.of);
    return cuts.rest === undefined ? cuts.pieces : goOnInSlices(cuts.pieces, cuts.rest, toPiece.of);
  }
  if (packing !== 'gzip') return [toPiece.whole(malformed(`content-encoding ${packing.unknown}: unknown`))];
  if (Math.max(value.length, hintUnpackedBytes(value)) <= AT_ONCE_BYTES) {
    const unpacked = unpackGzipNow(value, Math.min(AT_ONCE_BYTES, maxRecordBytes));
    if (unpacked.kind === 'not_gzip') return [toPiece.whole(notGzip(unpacked.error))];
    if (unpacked.kind === 'bytes') {
      const { bytes } = unpacked;
      const cuts = startCutting(bytes, headers, (index, cut) => toPiece.unpacked(index, cut, bytes));
      return cuts.rest === undefined ? cuts.pieces : unpackThenCut(value, headers, limits, toPiece);
    }
  }
  return unpackThenCut(value, headers, limits, toPiece);
}

/** Decodes as far as it goes at once. `rest`: what is left beyond that. */
function startCutting(
  bytes: Buffer,
  headers: RawRecord['headers'],
  toPiece: ToPiece,
): { readonly pieces: RecordPiece[]; readonly rest?: Iterator<Cut | undefined> } {
  const form = readForm(headers);
  if (isOneSmallObject(bytes, form)) {
    return { pieces: [toPiece(0, { bytes: undefined, content: parseEvent(bytes) })] };
  }
  const rest = cutValue(bytes, form);
  const pieces: RecordPiece[] = [];
  const steps = bytes.length > AT_ONCE_BYTES ? 0 : AT_ONCE_STEPS;
  for (let step = 0; step < steps && pieces.length <= AT_ONCE_PIECES; step += 1) {
    const next = rest.next();
    if (next.done === true) return { pieces };
    if (next.value !== undefined) pieces.push(toPiece(pieces.length, next.value));
  }
  return { pieces, rest };
}

/** The form of most records: one line that begins as an object, so it is an event or malformed. */
function isOneSmallObject(bytes: Buffer, form: ContentForm): boolean {
  return (
    bytes[0] === OPEN_OBJECT &&
    form !== 'ndjson' &&
    bytes.length <= SMALL_OBJECT_BYTES &&
    !bytes.includes(LINE_FEED)
  );
}

/** Continues after the last piece where the unpacked bytes have been taken away. */
async function* unpackThenCut(
  packed: Buffer,
  headers: RawRecord['headers'],
  limits: DecodeLimits,
  toPiece: PieceMaker,
): AsyncGenerator<RecordPiece, void, undefined> {
  let index = 0;
  const pacer = createPacer();
  for (;;) {
    const unpacked = await unpackWhenFree(packed, limits);
    if (unpacked.kind !== 'bytes') {
      yield toPiece.whole(
        unpacked.kind === 'too_large' ? tooLarge(limits.maxRecordBytes) : notGzip(unpacked.error),
      );
      return;
    }
    const { held } = unpacked;
    try {
      const cuts = cutValue(held.bytes, readForm(headers));
      let seen = 0;
      await pacer.turn();
      while (!held.isGone) {
        const next = cuts.next();
        if (next.done === true) return;
        if (next.value !== undefined && seen++ === index) {
          const piece = toPiece.unpacked(index, next.value, held.bytes);
          index += 1;
          held.touch();
          held.allowEviction();
          yield piece;
        }
        if (pacer.isDue()) await pacer.turn();
      }
    } finally {
      held.release();
    }
  }
}

/** The clock goes on while the consumer works on a piece: the consumer’s share of the loop counts too. */
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

function notGzip(error: string): PieceContent {
  return malformed(`not gzip: ${error}`);
}

function tooLarge(maxBytes: number): PieceContent {
  return { kind: 'refused', reason: 'too_large', error: `larger than ${String(maxBytes)} bytes` };
}
