/**
 * Unpacks a record batch piece after piece. gzip and zstd go through zlib’s engines, a large batch in their thread
 * pool. lz4 and Java’s snappy are blocks of some ten kilobytes: each is unpacked at once, and the event loop turns
 * between them. What a thread hands over of lz4-napi is never given back (20 MB a batch of 20 MB, measured by
 * codec-memory.test.ts; the allocator of its builds; snappy has it from 7.3 on: github.com/Brooooooklyn/snappy/issues/323).
 */
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { decompressFrameSync } from 'lz4-napi';
import { uncompress, uncompressSync } from 'snappy';
import { createPacer } from '../../runtime/loop-turns.ts';
import { lz4Blocks, lz4FrameBound, unpackLz4Block } from './lz4-frames.ts';
import { SMALL_BYTES, unpackSmall } from './small-batch.ts';
import { snappyBlocks, snappyBlockSize } from './snappy-frames.ts';

export type CodecName = 'gzip' | 'snappy' | 'lz4' | 'zstd';

export interface UnpackLimits {
  /** Of all pieces together. */
  readonly maxBytes: number;
  /** Of what must be unpacked in one piece. */
  readonly maxPieceBytes: number;
}

export type Pieces = Iterable<Buffer> | AsyncIterable<Buffer>;

/** Bytes at a time of a large batch; small batches get zlib’s default of 16 KiB. */
const CHUNK_BYTES = 128 * 1024;

const engines = { gzip: createGunzip, zstd: createZstdDecompress };

/**
 * What is unpacked, in order. May be left early.
 * @throws RangeError, here or with a later piece, where a limit is passed; the codec’s error where bytes can’t be unpacked.
 */
export function unpackPieces(codec: CodecName, packed: Buffer, limits: UnpackLimits): Pieces {
  if (codec === 'lz4') return lz4Pieces(packed, limits);
  if (codec === 'snappy') return snappyPieces(packed, limits);
  const small = unpackSmall(codec, packed, Math.min(limits.maxBytes, limits.maxPieceBytes));
  return small === undefined ? bounded(unpackInThreads(codec, packed), limits.maxBytes) : [small];
}

/** Ends with zlib’s error where it can’t be unpacked. */
function unpackInThreads(codec: keyof typeof engines, packed: Buffer): AsyncIterable<Buffer> {
  const engine = engines[codec](packed.length < CHUNK_BYTES ? {} : { chunkSize: CHUNK_BYTES });
  engine.end(packed);
  return engine as AsyncIterable<Buffer>;
}

/**
 * A frame whose blocks need one another, as no Kafka client of ours is known to write, is unpacked whole, at once. The
 * checksums in larger frames are passed over, as by Java’s reader: the batch’s own is over the same bytes.
 */
function lz4Pieces(packed: Buffer, limits: UnpackLimits): Pieces {
  const bound = lz4FrameBound(packed);
  const blocks = bound > SMALL_BYTES ? lz4Blocks(packed) : undefined;
  if (blocks !== undefined) return bounded(inTurns(blocks, unpackLz4Block), limits.maxBytes);
  checkSize(bound, Math.min(limits.maxBytes, limits.maxPieceBytes));
  return [decompressFrameSync(packed)];
}

function snappyPieces(packed: Buffer, { maxBytes, maxPieceBytes }: UnpackLimits): Pieces {
  const blocks = snappyBlocks(packed);
  const sizes = blocks.map(snappyBlockSize);
  const length = sizes.reduce((sum, size) => sum + size, 0);
  checkSize(length, maxBytes);
  for (const size of sizes) checkSize(size, maxPieceBytes);
  if (length <= SMALL_BYTES) return blocks.map(unpackSnappyBlock);
  const [only] = blocks;
  return only !== undefined && blocks.length === 1
    ? snappyInThreads(only)
    : inTurns(blocks, unpackSnappyBlock);
}

function unpackSnappyBlock(block: Buffer): Buffer {
  return asBuffer(uncompressSync(block, { asBuffer: true }));
}

async function* snappyInThreads(block: Buffer): AsyncGenerator<Buffer> {
  yield asBuffer(await uncompress(block, { asBuffer: true }));
}

function asBuffer(bytes: string | Buffer): Buffer {
  return typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
}

async function* inTurns<Block>(
  blocks: Iterable<Block>,
  unpack: (block: Block) => Buffer,
): AsyncGenerator<Buffer> {
  const pacer = createPacer();
  for (const block of blocks) {
    if (pacer.isDue()) await pacer.turn();
    yield unpack(block);
  }
}

async function* bounded(pieces: AsyncIterable<Buffer>, maxBytes: number): AsyncGenerator<Buffer> {
  let length = 0;
  for await (const piece of pieces) {
    length += piece.length;
    if (length > maxBytes) throw new RangeError(`it unpacks to more than ${String(maxBytes)} bytes`);
    yield piece;
  }
}

function checkSize(bytes: number, maxBytes: number): void {
  if (bytes > maxBytes)
    throw new RangeError(`it unpacks to ${String(bytes)} bytes: more than ${String(maxBytes)} bytes`);
}

/**
 * The whole in one buffer, for which it takes twice the memory of the unpacked batch for a moment. It is put together
 * in slices: to copy 20 MB in one go keeps the event loop for 30 ms, nearly all of it for memory that is touched for
 * the first time.
 * @throws as {@link unpackPieces} does.
 */
export async function unpackBatch(codec: CodecName, packed: Buffer, maxBytes: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of unpackPieces(codec, packed, { maxBytes, maxPieceBytes: maxBytes })) {
    pieces.push(piece);
    length += piece.length;
  }
  const [only] = pieces;
  if (only !== undefined && pieces.length === 1) return only;
  const whole = Buffer.allocUnsafeSlow(length);
  const pacer = createPacer();
  let at = 0;
  for (const piece of pieces) {
    if (pacer.isDue()) await pacer.turn();
    at += piece.copy(whole, at);
  }
  return whole;
}
