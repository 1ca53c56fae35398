import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readNote, writeNote } from '../../../src/kafka/handover-note.ts';

describe('a handover note', () => {
  test('is empty where nothing beyond the offset is decided', () => {
    expect(writeNote({ from: 5, until: 5, undecided: [] })).toBe('');
    expect(writeNote({ from: 5, until: 8, undecided: [5, 6, 7] })).toBe('');
  });

  test('is read back as it was written', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 2 ** 50 }),
        fc.uniqueArray(fc.integer({ min: 0, max: 100_000 }), { maxLength: 200 }),
        fc.integer({ min: 0, max: 100_000 }),
        (from, distances, length) => {
          const undecided = distances.filter((one) => one < length).map((one) => from + one);
          undecided.sort((a, b) => a - b);
          const note = readNote(writeNote({ from, until: from + length, undecided }), from);
          if (note === undefined) return length === undecided.length;
          return note.until === from + length && undecided.join() === [...note.undecided].join();
        },
      ),
    );
  });

  test('stays below what brokers take, and never calls an undecided offset decided', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 400 }), (gap) => {
        const undecided = Array.from({ length: 5000 }, (_, n) => n * gap);
        const text = writeNote({ from: 0, until: 5000 * gap, undecided });
        const note = readNote(text, 0);
        return text.length < 4096 && undecided.every((one) => one >= note!.until || note!.undecided.has(one));
      }),
      { numRuns: 20 },
    );
  });

  test.each([
    '',
    'a word of another tool',
    'open:1:7:',
    'open:1:7:gA',
    'open:2:7:CgA',
    'open:1:8:CgA',
    'open:1:7:AQU',
  ])('that is none says nothing: %j', (text) => {
    expect(readNote(text, 7)).toBeUndefined();
  });
});
