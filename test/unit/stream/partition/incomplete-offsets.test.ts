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

  test.each([
    '',
    'a word of another tool',
    'open:2:7:',
    // A number that is cut off.
    'open:2:7:gA',
    // Another version, another offset.
    'open:1:7:CgA',
    'open:2:8:CgA',
    // One of ten, eleven further on.
    'open:2:7:CgEL',
    // One of ten, which is not told.
    'open:2:7:CgE',
    // None of ten, and then the pieces of one.
    'open:2:7:CgAB',
  ])('that is none says nothing: %j', (text) => {
    expect(decodeIncompleteOffsets(text, 7)).toBeUndefined();
  });
});
