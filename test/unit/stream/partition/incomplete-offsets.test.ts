import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  decodeIncompleteOffsets,
  encodeIncompleteOffsets,
} from '../../../../src/stream/partition/incomplete-offsets.ts';
import { isDecided, NOTHING_DECIDED, type Progress } from '../../../../src/stream/partition/progress.ts';

const untouched = (offset: number) => [offset, NOTHING_DECIDED] as const;

/** Some of the numbers from `start` up to (not including) `until`, ascending. */
const someOf = (start: number, length: number) =>
  fc
    .uniqueArray(fc.integer({ min: 0, max: Math.max(0, length - 1) }), { maxLength: Math.min(length, 30) })
    .map((distances) => distances.map((one) => start + one).sort((a, b) => a - b));

const progress: fc.Arbitrary<Progress> = fc
  .integer({ min: 0, max: 100_000 })
  .chain((until) => someOf(0, until).map((undecided) => ({ until, undecided: new Set(undecided) })));

const incompleteOffsets = fc
  .record({ from: fc.integer({ min: 0, max: 2 ** 50 }), length: fc.integer({ min: 0, max: 100_000 }) })
  .chain(({ from, length }) =>
    someOf(from, length).chain((offsets) =>
      fc.array(progress, { minLength: offsets.length, maxLength: offsets.length }).map((pieces) => ({
        from,
        until: from + length,
        undecided: offsets.map((offset, index) => [offset, pieces[index]!] as const),
      })),
    ),
  );

const decidedOf = ({ until, undecided }: Progress): number => until - [...undecided.keys()].length;

describe('incomplete offsets', () => {
  test('is empty where nothing beyond the offset is decided', () => {
    expect(encodeIncompleteOffsets({ from: 5, until: 5, undecided: [] })).toBe('');
    expect(encodeIncompleteOffsets({ from: 5, until: 8, undecided: [5, 6, 7].map(untouched) })).toBe('');
    expect(
      encodeIncompleteOffsets({
        from: 5,
        until: 6,
        undecided: [[5, { until: 2, undecided: new Set([0, 1]) }]],
      }),
    ).toBe('');
  });

  test('tells of a single record which of its pieces are decided', () => {
    const text = encodeIncompleteOffsets({
      from: 5,
      until: 6,
      undecided: [[5, { until: 4, undecided: new Set([2]) }]],
    });
    const pieces = decodeIncompleteOffsets(text, 5)?.undecided.get(5) ?? NOTHING_DECIDED;
    expect([0, 1, 2, 3, 4].map((index) => isDecided(pieces, index))).toEqual([
      true,
      true,
      false,
      true,
      false,
    ]);
  });

  test('is read back as it was written', () => {
    fc.assert(
      fc.property(incompleteOffsets, (written) => {
        const undecided = new Map(written.undecided);
        const text = encodeIncompleteOffsets(written);
        const decided =
          decidedOf({ until: written.until - written.from, undecided }) +
          [...undecided.values()].reduce((sum, pieces) => sum + decidedOf(pieces), 0);
        if (decided === 0) return text === '';
        const read = decodeIncompleteOffsets(text, written.from)!;
        expect(read.until).toBe(written.until);
        expect([...read.undecided.keys()]).toEqual([...undecided.keys()]);
        for (const [offset, pieces] of undecided) {
          const back = read.undecided.get(offset)!;
          // What has nothing decided need not be told.
          if (decidedOf(pieces) > 0)
            expect([back.until, ...back.undecided.keys()]).toEqual([
              pieces.until,
              ...pieces.undecided.keys(),
            ]);
          else expect(decidedOf(back)).toBe(0);
        }
        return true;
      }),
    );
  });

  test('stays below what brokers take, and never calls an undecided offset decided', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 400 }), (gap) => {
        const undecided = Array.from({ length: 5000 }, (_, n) => n * gap);
        const text = encodeIncompleteOffsets({
          from: 0,
          until: 5000 * gap,
          undecided: undecided.map(untouched),
        });
        const read = decodeIncompleteOffsets(text, 0)!;
        return text.length < 4096 && undecided.every((one) => !isDecided(read, one));
      }),
      { numRuns: 20 },
    );
  });

  test('stays below what brokers take, and never calls an undecided piece decided', () => {
    const many = fc.record({
      gap: fc.integer({ min: 2, max: 400 }),
      records: fc.integer({ min: 1, max: 300 }),
    });
    fc.assert(
      fc.property(many, ({ gap, records }) => {
        const pieces = Array.from({ length: 500 }, (_, n) => n * gap);
        const offsets = Array.from({ length: records }, (_, n) => n);
        const text = encodeIncompleteOffsets({
          from: 0,
          until: records,
          undecided: offsets.map(
            (offset) => [offset, { until: 500 * gap, undecided: new Set(pieces) }] as const,
          ),
        });
        const read = decodeIncompleteOffsets(text, 0)!;
        return (
          text.length < 4096 &&
          offsets.every((offset) => !isDecided(read, offset)) &&
          offsets.every((offset) => pieces.every((one) => !isDecided(read.undecided.get(offset)!, one)))
        );
      }),
      { numRuns: 20 },
    );
  });

  /** Ten offsets from 7 on; of 8 nothing is decided, of 10 all but its second piece, of 12 nothing again. */
  const example = {
    from: 7,
    until: 17,
    undecided: [untouched(8), [10, { until: 3, undecided: new Set([1]) }], untouched(12)] as const,
  };
  const EXAMPLE_TEXT = 'open:2:7:CgMBAQEAAwEB';

  test('is written as other pods read it', () => {
    expect(encodeIncompleteOffsets(example)).toBe(EXAMPLE_TEXT);
    expect(decodeIncompleteOffsets(EXAMPLE_TEXT, 7)).toEqual({
      until: 17,
      undecided: new Map<number, Progress>([
        [8, { until: 0, undecided: new Set() }],
        [10, { until: 3, undecided: new Set([1]) }],
        [12, NOTHING_DECIDED],
      ]),
    });
  });

  test('has numbers of several bytes, the lowest first', () => {
    const text = encodeIncompleteOffsets({ from: 7, until: 307, undecided: [untouched(207)] });
    expect(text).toBe(`open:2:7:${Buffer.from([0xac, 2, 1, 0xc8, 1]).toString('base64url')}`);
    const atEdge = encodeIncompleteOffsets({ from: 7, until: 7 + 128, undecided: [untouched(7 + 127)] });
    expect(atEdge).toBe(`open:2:7:${Buffer.from([0x80, 1, 1, 127]).toString('base64url')}`);
  });

  test('says the last that is decided, also where that is the last offset of all', () => {
    const read = decodeIncompleteOffsets('open:2:7:CgEJ', 7);
    expect(read).toEqual({ until: 17, undecided: new Map([[16, NOTHING_DECIDED]]) });
  });

  test('is as long as it may be, and says as much as goes into that', () => {
    const records = Array.from(
      { length: 60 },
      (_, n) => [2 * n, { until: 9, undecided: new Set([4]) }] as const,
    );
    const written = { from: 0, until: 120, undecided: records };
    const all = encodeIncompleteOffsets(written);
    /** What the head of one stretch takes is always left free. */
    const spare = 16;
    let before = 0;
    for (let maxBytes = 0; maxBytes <= all.length + spare; maxBytes += 1) {
      const text = encodeIncompleteOffsets(written, maxBytes);
      expect(text.length).toBeLessThanOrEqual(maxBytes);
      expect(text.length).toBeGreaterThanOrEqual(before);
      before = text.length;
      if (text === '') continue;
      expect(text.length).toBeGreaterThan(maxBytes - spare - 12);
      const read = decodeIncompleteOffsets(text, 0)!;
      for (const [offset, pieces] of records) {
        expect(isDecided(read, offset)).toBe(false);
        const known = read.undecided.get(offset);
        if (known === undefined || known.until === 0) continue;
        expect([...known.undecided.keys()]).toEqual(
          [...pieces.undecided].filter((index) => index < known.until),
        );
      }
    }
    expect(before).toBe(all.length);
    for (let maxBytes = 0; maxBytes < 40; maxBytes += 1)
      expect(
        encodeIncompleteOffsets({ from: 0, until: 9, undecided: [] }, maxBytes).length,
      ).toBeLessThanOrEqual(maxBytes);
  });

  test.each([
    '',
    'a word of another tool',
    'open:2:7:',
    // A number that is cut off.
    'open:2:7:gA',
    // Another version, another offset.
    'open:1:7:CgA',
    'open:2:8:CgA',
    // One of ten, eleven further on, or ten.
    'open:2:7:CgEL',
    'open:2:7:CgEK',
    // Two of ten, the second of which is one too far.
    'open:2:7:CgIBCA',
    // A number larger than any offset.
    `open:2:7:${Buffer.from([...Array<number>(8).fill(0xff), 0x7f, 0]).toString('base64url')}`,
    // One of ten, which is not told.
    'open:2:7:CgE',
    // None of ten, and then the pieces of one.
    'open:2:7:CgAB',
  ])('that is none says nothing: %j', (text) => {
    expect(decodeIncompleteOffsets(text, 7)).toBeUndefined();
  });
});
