/**
 * Reads and writes the record batches of every producer: gzip, snappy, lz4, zstd. kafkajs knows gzip alone, without a
 * limit; a batch in any other codec would crash the consumer for good. A batch that unpacks beyond the limit is refused
 * instead of taking the pod’s memory. It can be neither read nor skipped, as skipping loses events. So its partition
 * stands, by name, until somebody looks.
 */
import { promisify } from 'node:util';
import { gzip, gzipSync, zstdCompress, zstdCompressSync } from 'node:zlib';
import kafkajs from 'kafkajs';
import { compressFrameSync } from 'lz4-napi';
import { compress as snappyCompress } from 'snappy';
import { createPacer } from '../../runtime/loop-turns.ts';
import { messageOf } from '../client/client.ts';
import { SMALL_BYTES } from './small-batch.ts';
import { unpackBatch, type CodecName } from './unpack-batch.ts';

// kafkajs is CommonJS: what it exports by assignment is only on the default import.
const { CompressionCodecs, CompressionTypes, KafkaJSNonRetriableError } = kafkajs;

export const DEFAULT_MAX_BATCH_BYTES = 256 * 1024 * 1024;

export interface Codec {
  compress(encoder: { readonly buffer: Buffer }): Promise<Buffer>;
  decompress(data: Buffer): Promise<Buffer>;
}

const gzipAsync = promisify(gzip);
const zstdAsync = promisify(zstdCompress);

/** This service packs in gzip and zstd; the other two are for whoever shares its kafkajs. */
const packers: Readonly<Record<CodecName, (bytes: Buffer) => Promise<Buffer>>> = {
  gzip: (bytes) => pack(bytes, gzipSync, gzipAsync),
  zstd: (bytes) => pack(bytes, zstdCompressSync, zstdAsync),
  // In a thread it would keep the memory of what it packed (unpack-batch.ts).
  lz4: (bytes) => Promise.resolve(compressFrameSync(bytes)),
  snappy: (bytes) => snappyCompress(bytes),
};

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

/** @param maxBatchBytes what one batch may unpack to, ≥ 1. */
export function createCodecs(maxBatchBytes: number): Readonly<Record<CodecName, Codec>> {
  const codec = (name: CodecName): Codec => ({
    compress: ({ buffer }) => packers[name](buffer),
    async decompress(data) {
      try {
        return await unpackBatch(name, data, maxBatchBytes);
      } catch (error) {
        // Not retriable: the same bytes would come again for ever, and look like a broker that is away.
        throw new KafkaJSNonRetriableError(
          `a ${name} record batch of ${data.length} bytes cannot be unpacked (at most ${maxBatchBytes} bytes): ${messageOf(error)}`,
        );
      }
    },
  });
  return { gzip: codec('gzip'), zstd: codec('zstd'), lz4: codec('lz4'), snappy: codec('snappy') };
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
