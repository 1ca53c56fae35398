/**
 * The most that an lz4 frame may unpack to, from the lengths of its blocks. lz4-napi unpacks a frame whole and has no
 * limit of its own. A block unpacks to at most the frame’s block size, and at most 255 times its own length.
 */

const MAGIC = 0x184d2204;
const BLOCK_SIZES: Readonly<Record<number, number>> = { 4: 2 ** 16, 5: 2 ** 18, 6: 2 ** 20, 7: 2 ** 22 };
const MAX_RATIO = 255;
const UNCOMPRESSED = 0x8000_0000;

/** @throws RangeError where the bytes are no lz4 frame, or end early. */
export function lz4FrameBound(frame: Buffer): number {
  if (frame.length < 7 || frame.readUInt32LE(0) !== MAGIC) throw new RangeError('not an lz4 frame');
  const flags = frame.readUInt8(4);
  const blockSize = BLOCK_SIZES[(frame.readUInt8(5) >> 4) & 7];
  if (blockSize === undefined) throw new RangeError('an lz4 frame with an unknown block size');
  const blockChecksumBytes = flags & 0x10 ? 4 : 0;
  let at = 7 + (flags & 0x08 ? 8 : 0) + (flags & 0x01 ? 4 : 0);
  let bound = 0;
  for (;;) {
    if (at + 4 > frame.length) throw new RangeError('an lz4 frame that ends early');
    const word = frame.readUInt32LE(at);
    if (word === 0) return bound;
    const length = word % UNCOMPRESSED;
    bound += word >= UNCOMPRESSED ? length : Math.min(blockSize, length * MAX_RATIO);
    at += 4 + length + blockChecksumBytes;
  }
}
