/** Packed batches block by block, in the forms that Kafka’s clients write and the libraries’ own calls do not. */
import { compressFrameSync, decompressFrameSync } from 'lz4-napi';
import { compressSync } from 'snappy';

/** As Java’s producer: each of the parts a block. */
export function snappyStream(parts: readonly Buffer[]): Buffer {
  const header = Buffer.from('82534e4150505900' + '00000001' + '00000001', 'hex');
  const blocks = parts.flatMap((part) => {
    const block = compressSync(part);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(block.length);
    return [length, block];
  });
  return Buffer.concat([header, ...blocks]);
}

const LZ4_HEADER_BYTES = 7;
const LZ4_END = Buffer.alloc(4);

/** As Java’s producer: each of the parts, of at most 64 KiB, a block of its own. */
export function lz4Frame(parts: readonly Buffer[]): Buffer {
  const frames = parts.map((part) => compressFrameSync(part));
  const header = frames[0]?.subarray(0, LZ4_HEADER_BYTES) ?? Buffer.alloc(0);
  const blocks = frames.map((frame) => frame.subarray(LZ4_HEADER_BYTES, -LZ4_END.length));
  return Buffer.concat([header, ...blocks, LZ4_END]);
}

/** Blocks that are not packed, in a frame that says they may need one another. */
export function needyLz4Frame(parts: readonly Buffer[]): Buffer {
  const blocks = parts.flatMap((part) => {
    const length = Buffer.alloc(4);
    length.writeUInt32LE(0x8000_0000 + part.length);
    return [length, part];
  });
  const header = Buffer.from('04224d18404000', 'hex');
  // Its last byte is a checksum: one of them is right.
  for (let checksum = 0; ; checksum += 1) {
    header.writeUInt8(checksum, LZ4_HEADER_BYTES - 1);
    try {
      decompressFrameSync(Buffer.concat([header, LZ4_END]));
      return Buffer.concat([header, ...blocks, LZ4_END]);
    } catch (error) {
      if (checksum === 255) throw error;
    }
  }
}

export function cutInParts(bytes: Buffer, size: number): Buffer[] {
  const count = Math.ceil(bytes.length / size);
  return Array.from({ length: count }, (_, part) => bytes.subarray(part * size, (part + 1) * size));
}
