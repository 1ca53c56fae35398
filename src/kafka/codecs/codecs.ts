/**
 * Reads and writes the record batches of every producer: gzip, snappy, lz4, zstd. kafkajs knows gzip alone, without a
 * limit; a batch in any other codec would crash the consumer for good. A batch that unpacks beyond the limit is refused
 * instead of taking the pod’s memory. It can be neither read nor skipped, as skipping loses events. So its partition
 * stands, by name, until somebody looks.
 */
import { promisify } from 'node:util';
import { gzip, gzipSync, zstdCompress, zstdCompressSync } from 'node:zlib';
import kafkajs from 'kafkajs';
import { compressFrame, decompressFrame, decompressFrameSync } from 'lz4-napi';
import {
  compress as snappyCompress,
  uncompress as snappyUncompress,
  uncompressSync as snappyUncompressSync,
} from 'snappy';
import { createPacer } from '../../runtime/loop-turns.ts';
import { messageOf } from '../client/client.ts';
import { lz4FrameBound } from './lz4-frames.ts';
import { SMALL_BYTES } from './small-batch.ts';
import { snappyBlocks, snappyBlockSize } from './snappy-frames.ts';
import { unpackBatch } from './unpack-batch.ts';

// kafkajs is CommonJS: what it exports by assignment is only on the default import.
const { CompressionCodecs, CompressionTypes, KafkaJSNonRetriableError } = kafkajs;

const BLOCKS_AT_ONCE = 32;
export const DEFAULT_MAX_BATCH_BYTES = 256 * 1024 * 1024;

export interface Codec {
  compress(encoder: { readonly buffer: Buffer }): Promise<Buffer>;
  decompress(data: Buffer): Promise<Buffer>;
}

export type CodecName = 'gzip' | 'snappy' | 'lz4' | 'zstd';

const gzipAsync = promisify(gzip);
const zstdAsync = promisify(zstdCompress);

/** @param maxBatchBytes what one batch may unpack to, ≥ 1. */
export function createCodecs(maxBatchBytes: number): Readonly<Record<CodecName, Codec>> {
  const bounded = (name: CodecName, unpack: (data: Buffer) => Promise<Buffer>) => {
    return async (data: Buffer): Promise<Buffer> => {
      try {
        return await unpack(data);
      } catch (error) {
        // Not retriable: the same bytes would come again for ever, and look like a broker that is away.
        throw new KafkaJSNonRetriableError(
          `a ${name} record batch of ${data.length} bytes cannot be unpacked (at most ${maxBatchBytes} bytes): ${messageOf(error)}`,
        );
      }
    };
  };
  const check = (bytes: number): void => {
    if (bytes > maxBatchBytes) throw new RangeError(`it unpacks to ${bytes} bytes`);
  };
  return {
    gzip: {
      compress: ({ buffer }) => pack(buffer, gzipSync, gzipAsync),
      decompress: bounded('gzip', (data) => unpackBatch('gzip', data, maxBatchBytes)),
    },
    zstd: {
      compress: ({ buffer }) => pack(buffer, zstdCompressSync, zstdAsync),
      decompress: bounded('zstd', (data) => unpackBatch('zstd', data, maxBatchBytes)),
    },
    lz4: {
      compress: ({ buffer }) => compressFrame(buffer),
      decompress: bounded('lz4', async (data) => {
        const bound = lz4FrameBound(data);
        check(bound);
        return bound <= SMALL_BYTES ? decompressFrameSync(data) : decompressFrame(data);
      }),
    },
    snappy: {
      compress: ({ buffer }) => snappyCompress(buffer),
      decompress: bounded('snappy', async (data) => {
        const blocks = snappyBlocks(data);
        const size = blocks.reduce((sum, block) => sum + snappyBlockSize(block), 0);
        check(size);
        return unpackBlocks(blocks, size);
      }),
    },
  };
}

const packing = createPacer();

/** Small ones at once, but a request may have one for each partition: the loop turns between them. */
async function pack(
  bytes: Buffer,
  atOnce: (bytes: Buffer) => Buffer,
  inThreads: (bytes: Buffer) => Promise<Buffer>,
): Promise<Buffer> {
  if (bytes.length > SMALL_BYTES) return inThreads(bytes);
  if (packing.isDue()) await packing.turn();
  return atOnce(bytes);
}

/** A few blocks at a time, each into its place: all at once would hold the batch twice. */
async function unpackBlocks(blocks: readonly Buffer[], size: number): Promise<Buffer> {
  const unpack = async (block: Buffer): Promise<Buffer> => {
    const part =
      size <= SMALL_BYTES
        ? snappyUncompressSync(block, { asBuffer: true })
        : await snappyUncompress(block, { asBuffer: true });
    return typeof part === 'string' ? Buffer.from(part) : part;
  };
  const [only] = blocks;
  if (only !== undefined && blocks.length === 1) return unpack(only);
  const whole = Buffer.allocUnsafeSlow(size);
  let length = 0;
  for (let at = 0; at < blocks.length; at += BLOCKS_AT_ONCE) {
    for (const part of await Promise.all(blocks.slice(at, at + BLOCKS_AT_ONCE).map(unpack))) {
      length += part.copy(whole, length);
    }
  }
  if (length !== size) throw new RangeError('a snappy block unpacks to another size than it says');
  return whole;
}

let isRegistered = false;

/** Registers the codecs, unless somebody has registered them with a limit. */
export function ensureCodecs(): void {
  if (!isRegistered) registerCodecs({ maxBatchBytes: DEFAULT_MAX_BATCH_BYTES });
}

/** For every kafkajs client of this process: its registry is global, and the last call holds. */
export function registerCodecs({ maxBatchBytes }: { readonly maxBatchBytes: number }): void {
  isRegistered = true;
  const codecs = createCodecs(maxBatchBytes);
  CompressionCodecs[CompressionTypes.GZIP] = () => codecs.gzip;
  CompressionCodecs[CompressionTypes.Snappy] = () => codecs.snappy;
  CompressionCodecs[CompressionTypes.LZ4] = () => codecs.lz4;
  CompressionCodecs[CompressionTypes.ZSTD] = () => codecs.zstd;
}
