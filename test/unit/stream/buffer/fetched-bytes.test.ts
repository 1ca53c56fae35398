/** Which bytes of a fetch's answer are copied, with which neighbours, and when their memory is free again. */
import { describe, expect, it } from 'vitest';
import { keepBytes, ownBytes } from '../../../../src/stream/buffer/fetched-bytes.ts';

const ANSWER_BYTES = 64 * 1024;
/** Neighbours may be so far apart. */
const GAP = 1024;

/** A fetch's answer whose bytes tell where they lie. */
function answer(bytes = ANSWER_BYTES): Buffer {
  const memory = Buffer.from(new ArrayBuffer(bytes));
  for (let at = 0; at < bytes; at += 1) memory[at] = at % 251;
  return memory;
}

/** What was kept of the slices, found again by where the locator says that each lies. */
function found(slices: readonly Buffer[]): { readonly regions: number[]; readonly bytes: Buffer[] } {
  const { kept, locator } = keepBytes(slices);
  const regions: number[] = [];
  const bytes = slices.map((slice) => {
    const region = locator.locate(slice);
    const start = locator.startIn(region, slice);
    regions.push(region);
    return kept.regions[region]!.subarray(start, start + slice.length);
  });
  return { regions, bytes };
}

describe('bytes that are kept of an answer', () => {
  it.each<[string, readonly (readonly [from: number, to: number])[], number[]]>([
    [
      'side by side',
      [
        [100, 110],
        [110, 130],
      ],
      [0, 0],
    ],
    [
      'a little apart',
      [
        [100, 110],
        [110 + GAP, 1200],
      ],
      [0, 0],
    ],
    [
      'too far apart',
      [
        [100, 110],
        [111 + GAP, 1200],
      ],
      [0, 1],
    ],
    [
      'in the other order',
      [
        [500, 510],
        [100, 110],
      ],
      [0, 1],
    ],
    [
      'one over another',
      [
        [100, 200],
        [150, 250],
      ],
      [0, 1],
    ],
    [
      'with one of nothing between',
      [
        [100, 110],
        [110, 110],
        [112, 120],
      ],
      [0, 0, 0],
    ],
  ])('%s: the same bytes, and copied together only where they are neighbours', (_name, places, regions) => {
    const memory = answer();
    const slices = places.map(([from, to]) => memory.subarray(from, to));
    expect(found(slices)).toEqual({ regions, bytes: slices });
  });

  it('come from several answers', () => {
    const slices = [answer().subarray(100, 200), answer().subarray(200, 300)];
    expect(found(slices)).toEqual({ regions: [0, 1], bytes: slices });
  });

  it('are found in any order, and what was not given is not', () => {
    const memory = answer();
    const slices = [memory.subarray(0, 10), memory.subarray(5000, 5010), memory.subarray(9000, 9010)];
    const { locator } = keepBytes(slices);
    expect([2, 0, 1, 1].map((at) => locator.locate(slices[at]!))).toEqual([2, 0, 1, 1]);
    for (const other of [answer().subarray(0, 10), memory.subarray(5005, 5011), memory.subarray(4999, 5005)])
      expect(() => locator.locate(other)).toThrow('not given to be kept');
    expect(locator.locate(slices[0]!)).toBe(0);
  });

  it('are copied into memory of just their length, which is free after the release', () => {
    const memory = answer();
    const { kept } = keepBytes([memory.subarray(100, 110), memory.subarray(110, 130)]);
    const [region] = kept.regions;
    expect(region?.equals(memory.subarray(100, 130))).toBe(true);
    expect(region?.buffer.byteLength).toBe(30);
    kept.release();
    expect(region?.length).toBe(0);
    expect(memory.length).toBe(ANSWER_BYTES);
  });

  it('stay where they are from half of the answer on, and are nobody’s to free', () => {
    const half = answer().subarray(0, ANSWER_BYTES / 2);
    const { kept } = keepBytes([half]);
    expect(kept.regions[0]?.buffer).toBe(half.buffer);
    kept.release();
    expect(half.length).toBe(ANSWER_BYTES / 2);
    const less = answer().subarray(1, ANSWER_BYTES / 2);
    expect(keepBytes([less]).kept.regions[0]?.buffer).not.toBe(less.buffer);
  });
});

describe('a record that is taken in', () => {
  it('is copied out of memory of which it is less than half', () => {
    const memory = answer();
    const half = memory.subarray(ANSWER_BYTES / 2);
    expect(ownBytes(half)).toBe(half);
    const less = memory.subarray(ANSWER_BYTES / 2 + 1);
    const copy = ownBytes(less);
    expect(copy.equals(less)).toBe(true);
    expect(copy.buffer.byteLength).toBe(less.length);
  });
});
