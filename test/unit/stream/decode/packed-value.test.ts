/** How many bytes of the pod's room an unpacked value asks for, and when it gives them back. */
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { createByteSemaphore } from '../../../../src/runtime/collections/byte-semaphore.ts';
import { unpackWhenFree } from '../../../../src/stream/decode/packed-value.ts';

const KIB = 1024;
const MAX = 8 * KIB * KIB;

/** A semaphore that tells what it was asked for, and hands out the evictions that it was allowed. */
function watched() {
  const real = createByteSemaphore({ capacityBytes: MAX });
  const asked: number[] = [];
  const evictions: (() => void)[] = [];
  let touches = 0;
  const semaphore = {
    ...real,
    acquire: async (bytes: number) => {
      asked.push(bytes);
      const permit = await real.acquire(bytes);
      return {
        ...permit,
        touch: () => void (touches += 1),
        allowEviction: (evict: () => void) => void evictions.push(evict),
      };
    },
  };
  return { semaphore, real, asked, evictions, touches: () => touches };
}

it.each<[string, Buffer, number, number[], string]>([
  ['as much as it says', gzipSync(Buffer.alloc(300 * KIB)), MAX, [300 * KIB], 'bytes'],
  ['a little where it says little', gzipSync('{}'), MAX, [128 * KIB], 'bytes'],
  ['no more than the limit', gzipSync('{}'), 10 * KIB, [10 * KIB], 'bytes'],
  ['once where it says too much', gzipSync(Buffer.alloc(300 * KIB)), 200 * KIB, [200 * KIB], 'too_large'],
  [
    'for all where it said too little',
    Buffer.concat([gzipSync(Buffer.alloc(300 * KIB)), gzipSync('')]),
    MAX,
    [128 * KIB, MAX],
    'bytes',
  ],
  ['once where it is none', Buffer.from('no gzip'), MAX, [128 * KIB], 'not_gzip'],
])('asks for %s', async (_name, packed, maxRecordBytes, wanted, kind) => {
  const { semaphore, real, asked } = watched();
  const unpacked = await unpackWhenFree(packed, { maxRecordBytes, unpackSemaphore: semaphore });
  expect([unpacked.kind, asked]).toEqual([kind, wanted]);
  expect(real.heldBytes()).toBe(unpacked.kind === 'bytes' ? unpacked.held.bytes.length : 0);
  if (unpacked.kind === 'bytes') unpacked.held.release();
  expect(real.heldBytes()).toBe(0);
});

it('is there until it is released or taken away, once', async () => {
  const { semaphore, real, evictions, touches } = watched();
  const limits = { maxRecordBytes: MAX, unpackSemaphore: semaphore };
  const unpacked = await unpackWhenFree(gzipSync('text'), limits);
  if (unpacked.kind !== 'bytes') throw new Error(unpacked.kind);
  const { held } = unpacked;
  expect([held.isGone, held.bytes.toString(), real.heldBytes()]).toEqual([false, 'text', 4]);
  held.touch();
  expect(touches()).toBe(1);
  held.allowEviction();
  evictions[0]?.();
  expect([held.isGone, held.bytes.length, real.heldBytes()]).toEqual([true, 0, 0]);
  const other = await unpackWhenFree(gzipSync('other'), limits);
  held.release();
  expect(real.heldBytes()).toBe(5);
  if (other.kind === 'bytes') other.held.release();
  expect(real.heldBytes()).toBe(0);
});

it('needs no semaphore', async () => {
  expect((await unpackWhenFree(gzipSync('text'), { maxRecordBytes: MAX })).kind).toBe('bytes');
});
