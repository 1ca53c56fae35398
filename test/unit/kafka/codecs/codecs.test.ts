import { randomBytes } from 'node:crypto';
import { compressFrameSync } from 'lz4-napi';
import { describe, expect, test } from 'vitest';
import { createCodecs } from '../../../../src/kafka/codecs/codecs.ts';
import { lz4Blocks, lz4FrameBound } from '../../../../src/kafka/codecs/lz4-frames.ts';
import { snappyBlocks, snappyBlockSize } from '../../../../src/kafka/codecs/snappy-frames.ts';
import { countTurns } from '../../../../src/runtime/loop-turns.ts';
import { unpackPieces, type CodecName } from '../../../../src/kafka/codecs/unpack-batch.ts';
import { largeRecordEvents } from '../../../support/pods/large-record-events.ts';
import { cutInParts, lz4Frame, needyLz4Frame, snappyStream } from '../../../support/kafka/packed-frames.ts';

const LIMIT = 1_000_000;
const BLOCK = 64 * 1024;
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
  const stream = snappyStream(parts);
  expect(snappyBlocks(stream).map(snappyBlockSize)).toEqual(parts.map((part) => part.length));
  expect((await codecs.snappy.decompress(stream)).equals(Buffer.concat(parts))).toBe(true);
  expect(() => snappyBlocks(stream.subarray(0, -1))).toThrow(RangeError);
});

describe('lz4, larger than is unpacked at once', () => {
  // The library's blocks have up to 4 MiB.
  const sample = Buffer.concat([Buffer.alloc(5_000_000, 'abc'), randomBytes(5_000_000)]);
  const { lz4 } = createCodecs(sample.length);

  test('in the small blocks of Java and librdkafka', async () => {
    const frame = lz4Frame(cutInParts(sample, BLOCK));
    expect([...(lz4Blocks(frame) ?? [])].length).toBeGreaterThan(100);
    expect((await lz4.decompress(frame)).equals(sample)).toBe(true);
  });

  test.each([
    ['in large blocks', {}],
    ['with a checksum of the content, as Go’s clients do', { contentChecksum: true }],
    ['with checksums of its blocks', { blockChecksums: true }],
    ['with both', { blockChecksums: true, contentChecksum: true }],
  ])('%s', async (_, options) => {
    const frame = compressFrameSync(sample, options);
    expect([...(lz4Blocks(frame) ?? [])].length).toBeGreaterThan(1);
    expect((await lz4.decompress(frame)).equals(sample)).toBe(true);
  });

  test('whose blocks need one another', async () => {
    const frame = needyLz4Frame(cutInParts(sample, BLOCK));
    expect(lz4Blocks(frame)).toBeUndefined();
    expect((await lz4.decompress(frame)).equals(sample)).toBe(true);
    await expect(
      lz4.decompress(needyLz4Frame(cutInParts(Buffer.alloc(sample.length + 1), BLOCK))),
    ).rejects.toThrow('more than 10000000 bytes');
  });

  test.each([
    ['with a broken block', (frame: Buffer) => frame.fill(0, 20, 60)],
    ['that ends within a block', (frame: Buffer) => frame.subarray(0, -100)],
  ])('%s: refused, for good', async (_, spoil) => {
    const frame = spoil(compressFrameSync(sample));
    await expect(lz4.decompress(frame)).rejects.toMatchObject({ retriable: false });
  });
});

test('lz4: a frame’s bound is never below what it unpacks to, nor far above', () => {
  for (const sample of samples) {
    const bound = lz4FrameBound(compressFrameSync(sample));
    expect(bound).toBeGreaterThanOrEqual(sample.length);
    expect(bound).toBeLessThanOrEqual(sample.length + 4 * 1024 * 1024);
  }
});

test.each(['lz4', 'snappy'] as const)(
  '%s: the loop turns between the blocks of a large batch',
  async (name) => {
    const block = Buffer.from(largeRecordEvents(400).join('\n')).subarray(0, BLOCK);
    const blocks = Array.from({ length: 1000 }, () => block);
    const packed = name === 'lz4' ? lz4Frame(blocks) : snappyStream(blocks);
    const before = countTurns();
    let length = 0;
    for await (const piece of unpackPieces(name, packed, { maxBytes: Infinity, maxPieceBytes: BLOCK }))
      length += piece.length;
    expect(length).toBe(1000 * BLOCK);
    expect(countTurns() - before).toBeGreaterThan(0);
  },
);

test('many small batches packed in turn let the event loop turn', async () => {
  const before = countTurns();
  const buffer = randomBytes(60_000);
  for (let batch = 0; batch < 100; batch += 1) await codecs.gzip.compress({ buffer });
  expect(countTurns() - before).toBeGreaterThan(0);
});
