/**
 * An lz4 frame’s blocks, and the most that it may unpack to: lz4-napi unpacks a frame whole and has no limit of its own.
 * The format is https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md.
 */
import { uncompressSync } from 'lz4-napi';

const MAGIC = 0x184d2204;
const BLOCK_SIZES: Readonly<Record<number, number>> = { 4: 2 ** 16, 5: 2 ** 18, 6: 2 ** 20, 7: 2 ** 22 };
const MAX_RATIO = 255;
const UNCOMPRESSED = 0x8000_0000;
const BLOCKS_ARE_INDEPENDENT = 0x20;
const HAS_BLOCK_CHECKSUMS = 0x10;
const HAS_CONTENT_SIZE = 0x08;
const HAS_DICTIONARY = 0x01;

export interface Lz4Block {
  readonly bytes: Buffer;
  readonly isPacked: boolean;
  /** Most bytes that it may unpack to. */
  readonly maxBytes: number;
}

interface Lz4Header {
  readonly flags: number;
  readonly blockSize: number;
}

/** @throws RangeError where the bytes are no lz4 frame. */
function readHeader(frame: Buffer): Lz4Header {
  if (frame.length < 7 || frame.readUInt32LE(0) !== MAGIC) throw new RangeError('not an lz4 frame');
  const blockSize = BLOCK_SIZES[(frame.readUInt8(5) >> 4) & 7];
  if (blockSize === undefined) throw new RangeError('an lz4 frame with an unknown block size');
  return { flags: frame.readUInt8(4), blockSize };
}

/** @throws RangeError where the frame ends early. */
function* blocksOf(frame: Buffer, { flags, blockSize }: Lz4Header): Generator<Lz4Block, void, undefined> {
  const checksumBytes = flags & HAS_BLOCK_CHECKSUMS ? 4 : 0;
  let at = 7 + (flags & HAS_CONTENT_SIZE ? 8 : 0) + (flags & HAS_DICTIONARY ? 4 : 0);
  for (;;) {
    if (at + 4 > frame.length) throw new RangeError('an lz4 frame that ends early');
    const word = frame.readUInt32LE(at);
    if (word === 0) return;
    const isPacked = word < UNCOMPRESSED;
    const length = word % UNCOMPRESSED;
    const maxBytes = isPacked ? Math.min(blockSize, length * MAX_RATIO) : length;
    yield { bytes: frame.subarray(at + 4, at + 4 + length), isPacked, maxBytes };
    at += 4 + length + checksumBytes;
  }
}

/**
 * From the lengths of its blocks: a block unpacks to at most the frame’s block size, and at most 255 times its own length.
 * @throws RangeError where the bytes are no lz4 frame, or end early.
 */
export function lz4FrameBound(frame: Buffer): number {
  let bound = 0;
  for (const { maxBytes } of blocksOf(frame, readHeader(frame))) bound += maxBytes;
  return bound;
}

/**
 * Undefined where they can’t be unpacked one by one.
 * @throws RangeError, here or with a later block, where the bytes are no lz4 frame, or end early.
 */
export function lz4Blocks(frame: Buffer): Iterable<Lz4Block> | undefined {
  const header = readHeader(frame);
  const isEachAlone = (header.flags & BLOCKS_ARE_INDEPENDENT) !== 0 && (header.flags & HAS_DICTIONARY) === 0;
  return isEachAlone ? blocksOf(frame, header) : undefined;
}

/** @throws Error where its bytes can’t be unpacked, or unpack to more than they may. */
export function unpackLz4Block({ bytes, isPacked, maxBytes }: Lz4Block): Buffer {
  if (!isPacked) return bytes;
  // The library’s own form of a single block: how long it is at most, and the block.
  const sized = Buffer.allocUnsafe(4 + bytes.length);
  sized.writeUInt32LE(maxBytes);
  bytes.copy(sized, 4);
  return uncompressSync(sized);
}
