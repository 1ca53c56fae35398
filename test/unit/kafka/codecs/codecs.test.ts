import { randomBytes } from 'node:crypto';
import { compressFrameSync } from 'lz4-napi';
import { compressSync } from 'snappy';
import { describe, expect, test } from 'vitest';
import { createCodecs, type CodecName } from '../../../../src/kafka/codecs/codecs.ts';
import { lz4FrameBound } from '../../../../src/kafka/codecs/lz4-frames.ts';
import { snappyBlocks, snappyBlockSize } from '../../../../src/kafka/codecs/snappy-frames.ts';

const LIMIT = 1_000_000;
const codecs = createCodecs(LIMIT);
const names: CodecName[] = ['gzip', 'snappy', 'lz4', 'zstd'];
const samples = [Buffer.alloc(0), Buffer.from('a'), Buffer.alloc(900_000, 'abc'), randomBytes(300_000)];

describe.each(names)('%s', (name) => {
  test('gives back what it packed', async () => {
    for (const sample of samples) {
      const packed = await codecs[name].compress({ buffer: sample });
      expect((await codecs[name].decompress(packed)).equals(sample)).toBe(true);
    }
  });

  test('refuses, for good, what is beyond the bound or no such data', async () => {
    const bomb = await codecs[name].compress({ buffer: Buffer.alloc(LIMIT + 1) });
    for (const data of [
      bomb,
      Buffer.from('not packed at all'),
      Buffer.alloc(3),
      bomb.subarray(0, bomb.length / 2),
    ]) {
      await expect(codecs[name].decompress(data)).rejects.toMatchObject({
        retriable: false,
        message: expect.stringMatching(
          new RegExp(`^a ${name} record batch of \\d+ bytes cannot be unpacked`),
        ) as string,
      });
    }
  });
});

test('snappy: Java’s stream of blocks', async () => {
  const parts = [Buffer.from('first '), Buffer.alloc(40_000, 'second'), Buffer.from(' third')];
  const header = Buffer.from('82534e4150505900' + '00000001' + '00000001', 'hex');
  const blocks = parts.flatMap((part) => {
    const block = compressSync(part);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(block.length);
    return [length, block];
  });
  const stream = Buffer.concat([header, ...blocks]);
  expect(snappyBlocks(stream).map(snappyBlockSize)).toEqual(parts.map((part) => part.length));
  expect((await codecs.snappy.decompress(stream)).equals(Buffer.concat(parts))).toBe(true);
  expect(() => snappyBlocks(stream.subarray(0, -1))).toThrow(RangeError);
});

test('lz4: a frame’s bound is never below what it unpacks to, nor far above', () => {
  for (const sample of samples) {
    const bound = lz4FrameBound(compressFrameSync(sample));
    expect(bound).toBeGreaterThanOrEqual(sample.length);
    expect(bound).toBeLessThanOrEqual(sample.length + 4 * 1024 * 1024);
  }
});

test('many small batches packed in turn let the event loop turn', async () => {
  let turns = 0;
  let counting = setImmediate(function count() {
    turns += 1;
    counting = setImmediate(count);
  });
  const buffer = randomBytes(60_000);
  for (let batch = 0; batch < 100; batch += 1) await codecs.gzip.compress({ buffer });
  clearImmediate(counting);
  expect(turns).toBeGreaterThan(0);
});
