/**
 * In a process of its own: unpacks a batch of 20 MB again and again in each of the codecs, and prints by how many bytes
 * resident memory grew after the first few, as JSON. Run with --expose-gc: what is only not collected yet is no loss.
 */
import { createCodecs } from '../../../src/kafka/codecs/codecs.ts';
import type { CodecName } from '../../../src/kafka/codecs/unpack-batch.ts';
import { largeRecordEvents } from '../pods/large-record-events.ts';

const SETTLING_ROUNDS = 4;
const ROUNDS = 8;

export interface CodecMemory {
  readonly batchBytes: number;
  readonly grownBytes: Partial<Record<CodecName, number>>;
}

if (import.meta.main) {
  const raw = Buffer.from(largeRecordEvents(100_000).join('\n'));
  const codecs = createCodecs(2 * raw.length);
  const grownBytes: Partial<Record<CodecName, number>> = {};
  for (const name of ['gzip', 'snappy', 'lz4', 'zstd'] as const) {
    const packed = await codecs[name].compress({ buffer: raw });
    const unpack = async (rounds: number): Promise<void> => {
      for (let round = 0; round < rounds; round += 1) {
        await codecs[name].decompress(packed);
        await collect();
      }
    };
    await unpack(SETTLING_ROUNDS);
    const before = process.memoryUsage.rss();
    await unpack(ROUNDS);
    grownBytes[name] = process.memoryUsage.rss() - before;
  }
  console.log(JSON.stringify({ batchBytes: raw.length, grownBytes } satisfies CodecMemory));
}

/** A buffer's memory is given back in a turn after its collection. */
async function collect(): Promise<void> {
  globalThis.gc?.();
  await new Promise((resolve) => setImmediate(resolve));
}
