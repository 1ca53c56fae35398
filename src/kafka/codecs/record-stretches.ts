/**
 * Unpacks a record batch in stretches of whole records. Only the stretch being read and what was kept lie in memory: a
 * megabyte may unpack to a thousand.
 */
import { messageOf } from '../client/client.ts';
import { WireError } from '../client/wire-reader.ts';
import { SMALL_BYTES } from './small-batch.ts';
import { unpackPieces, type CodecName } from './unpack-batch.ts';

/** A record's length is a number of at most five bytes. */
const MOST_LENGTH_BYTES = 5;

export interface StretchLimits {
  /** Of the whole batch. */
  readonly maxBatchBytes: number;
  /** Of one record, which must lie in memory as a whole. */
  readonly maxRecordBytes: number;
}

/**
 * Yields stretches in order, each of one or more whole records. May be left early.
 * @throws RangeError where a record is cut short or too large, the batch is too large, or the bytes can’t be unpacked.
 */
export async function* unpackStretches(
  codec: CodecName,
  packed: Buffer,
  limits: StretchLimits,
): AsyncGenerator<Buffer, void, undefined> {
  const { maxBatchBytes, maxRecordBytes } = limits;
  try {
    const maxPieceBytes = Math.max(maxRecordBytes, SMALL_BYTES);
    const pieces = unpackPieces(codec, packed, { maxBytes: maxBatchBytes, maxPieceBytes });
    yield* cutStretches(pieces, maxRecordBytes);
  } catch (error) {
    throw new RangeError(
      `a ${codec} record batch of ${packed.length} bytes cannot be unpacked (at most ${maxBatchBytes} bytes): ${messageOf(error)}`,
      { cause: error },
    );
  }
}

/** @param maxRecordBytes of one record. @throws WireError where a record is larger, or the last is cut short. */
export async function* cutStretches(
  chunks: AsyncIterable<Buffer> | Iterable<Buffer>,
  maxRecordBytes: number,
): AsyncGenerator<Buffer, void, undefined> {
  /** The beginning of a record that goes on in the next chunk: its bytes so far, or a buffer for all of them. */
  let begun: Buffer | undefined;
  let filled = 0;
  for await (let chunk of chunks) {
    if (begun?.length === filled) {
      // Not even its length was there.
      chunk = Buffer.concat([begun, chunk]);
      begun = undefined;
    }
    let at = 0;
    if (begun !== undefined) {
      at = chunk.copy(begun, filled);
      filled += at;
      if (filled < begun.length) continue;
      yield begun;
      begun = undefined;
    }
    const start = at;
    let size = sizeAt(chunk, at);
    while (size !== undefined && size <= maxRecordBytes && at + size <= chunk.length) {
      at += size;
      size = sizeAt(chunk, at);
    }
    if (at > start) yield chunk.subarray(start, at);
    if (at === chunk.length) continue;
    if (size !== undefined && size > maxRecordBytes) {
      throw new WireError(`a record of ${String(size)} bytes: at most ${String(maxRecordBytes)} can be read`);
    }
    const rest = chunk.subarray(at);
    begun = size === undefined ? Buffer.from(rest) : Buffer.allocUnsafeSlow(size);
    filled = size === undefined ? rest.length : rest.copy(begun);
  }
  if (begun !== undefined) throw new WireError('the last record is cut short');
}

/**
 * The size of the record that begins there, its length included. Undefined where the length is not complete. @throws
 * WireError
 */
function sizeAt(bytes: Buffer, at: number): number | undefined {
  let value = 0;
  let factor = 1;
  for (let count = 1; count <= MOST_LENGTH_BYTES; count += 1) {
    const byte = bytes[at + count - 1];
    if (byte === undefined) return undefined;
    value += (byte & 0x7f) * factor;
    factor *= 128;
    if (byte >= 0x80) continue;
    if (value % 2 === 1) throw new WireError('a record of a negative length');
    return count + value / 2;
  }
  throw new WireError('a record whose length is no number');
}
