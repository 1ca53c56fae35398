/** White space is what RFC 8259 says, and a long stretch of it is walked in steps of 32 KiB. */
import { describe, expect, it } from 'vitest';
import { isBlank, markLength, skipBlank, trimEnd } from '../../../../src/runtime/json/json-bytes.ts';
import { walk } from './walk.ts';

const STEP = 32 * 1024;

it('takes space, tab, line feed and carriage return for white space, and nothing else', () => {
  const blanks = Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => isBlank(byte));
  expect(blanks).toEqual([...Buffer.from('\t\n\r ')]);
  expect(isBlank(undefined)).toBe(false);
});

it.each([
  ['a mark', [0xef, 0xbb, 0xbf], 3],
  ['a mark before a text', [0xef, 0xbb, 0xbf, 0x7b], 3],
  ['nothing', [], 0],
  ['a first byte that is none of it', [0xee, 0xbb, 0xbf], 0],
  ['a second byte that is none of it', [0xef, 0xba, 0xbf], 0],
  ['a third byte that is none of it', [0xef, 0xbb, 0xbe], 0],
  ['a part of it', [0xef, 0xbb], 0],
])('knows the byte order mark: %s', (_name, bytes, length) => {
  expect(markLength(Buffer.from(bytes))).toBe(length);
});

describe('white space in front', () => {
  it.each([
    ['none', 'ab', 0, 2, 0],
    ['some, from a place on', 'a \n\tb', 1, 5, 4],
    ['nothing else up to the end', 'a   ', 1, 4, 4],
    ['nothing else up to an end before the text’s', '     b', 0, 3, 3],
    ['no bytes at all', 'ab', 1, 1, 1],
  ])('is skipped: %s', (_name, text, from, end, at) => {
    expect(walk(skipBlank(Buffer.from(text), from, end))).toEqual({ items: [], end: at, pauses: 0 });
  });

  it.each([
    ['not before a step is full', STEP, 0],
    ['after each step', 3 * STEP + 1, 3],
    ['also where a step ends with it', 3 * STEP, 2],
  ])('allows pauses: %s', (_name, length, pauses) => {
    const bytes = Buffer.alloc(length, ' ');
    expect(walk(skipBlank(bytes, 0, length))).toEqual({ items: [], end: length, pauses });
  });

  it('ends at the first other byte, also right behind a step', () => {
    for (const length of [STEP - 1, STEP, STEP + 1, 2 * STEP]) {
      const bytes = Buffer.from(`${' '.repeat(length)}a`);
      expect(walk(skipBlank(bytes, 0, bytes.length)).end).toBe(length);
    }
  });
});

describe('white space behind', () => {
  it.each([
    ['none', 'ab', 0, 2, 2],
    ['some', 'ab \r\n', 0, 5, 2],
    ['some before an end that is not the text’s', 'a  b', 0, 3, 1],
    ['nothing else back to the start', '     ', 2, 5, 2],
    ['no bytes at all', '   ', 1, 1, 1],
  ])('is left out: %s', (_name, text, start, end, at) => {
    expect(walk(trimEnd(Buffer.from(text), start, end))).toEqual({ items: [], end: at, pauses: 0 });
  });

  it.each([
    ['not before a step is full', STEP, 0],
    ['after each step', 3 * STEP + 1, 3],
    ['also where a step ends with it', 3 * STEP, 2],
  ])('allows pauses: %s', (_name, length, pauses) => {
    const bytes = Buffer.alloc(length, ' ');
    expect(walk(trimEnd(bytes, 0, length))).toEqual({ items: [], end: 0, pauses });
  });

  it('ends behind the last other byte, also right before a step', () => {
    for (const length of [STEP - 1, STEP, STEP + 1, 2 * STEP]) {
      const bytes = Buffer.from(`a${' '.repeat(length)}`);
      expect(walk(trimEnd(bytes, 0, bytes.length)).end).toBe(1);
    }
  });
});
