/** Numbers are short, have their unit, and never say more than is so. */
import { describe, expect, it } from 'vitest';
import * as words from '../../../../src/ops/page/words.ts';

/** Units stand after a no-break space. */
const plain = (text: string): string => text.replaceAll('\u00A0', ' ');

it.each([
  [0, '0'],
  [0.004, '0'],
  [0.03, '0.03'],
  [4.26, '4.3'],
  [45.4, '45'],
  [812, '812'],
  [12_345.6, '12,346'],
])('%d a second is %s', (perSecond, said) => {
  expect(words.rate(perSecond)).toBe(said);
});

it.each([
  [0, 10, '0 %'],
  [1, 2000, '<0.1 %'],
  [4, 1000, '0.4 %'],
  [62, 100, '62 %'],
  // Some are left out, so it is not all of them.
  [9999, 10_000, '99 %'],
  [10, 10, '100 %'],
  [5, 0, '–'],
])('%d of %d is %s', (part, whole, said) => {
  expect(plain(words.share(part, whole))).toBe(said);
});

it.each([
  [0, '0 s'],
  [0.44, '0.4 s'],
  [9.94, '9.9 s'],
  [9.96, '10 s'],
  [99, '99 s'],
  [240, '4 min'],
  [3599, '1 h'],
  [4800, '1 h 20 min'],
  [90_000, '1 d 1 h'],
])('%d s is %s', (seconds, said) => {
  expect(plain(words.duration(seconds))).toBe(said);
});

it.each([
  [85.2, '85 ms'],
  [999.4, '999 ms'],
  [1900, '1.9 s'],
])('%d ms is %s', (ms, said) => {
  expect(plain(words.milliseconds(ms))).toBe(said);
});

it.each([
  [99, '99 s'],
  [104, '1 min 40 s'],
  [120, '2 min'],
  [149, '2 min 30 s'],
  [594, '9 min 50 s'],
  [597, '10 min'],
  [4800, '1 h 20 min'],
])('%d s are foreseen as %s', (seconds, said) => {
  expect(plain(words.foreseen(seconds))).toBe(said);
});

it('a share that is told exactly is never more than it is', () => {
  expect([words.exactShare(9969, 10_006), words.exactShare(99_999, 100_000)].map(plain)).toEqual([
    '99.63 %',
    '99.99 %',
  ]);
});

describe('times', () => {
  it('lie back by so much', () => {
    expect(words.ago(1.9)).toBe('just now');
    expect(plain(words.ago(12.7))).toBe('12 s ago');
  });

  it('are said with their day where that is not today', () => {
    const now = Date.parse('2026-11-27T12:04:30Z');
    expect(plain(words.clockTime(now, now))).toBe('12:04 UTC');
    expect(plain(words.clockTime(now - 86_400_000, now))).toBe('2026-11-26 12:04 UTC');
  });
});

it('lists name a few and count the rest', () => {
  expect(words.listed([])).toBe('');
  expect(words.listed(['a'])).toBe('a');
  expect(words.listed(['a', 'b'])).toBe('a and b');
  expect(words.listed(['a', 'b', 'c'])).toBe('a, b and c');
  expect(words.listed(['a', 'b', 'c', 'd', 'e'])).toBe('a, b, c and 2 more');
});

it('one is one', () => {
  expect(plain(words.counted(1, 'event'))).toBe('1 event');
  expect(plain(words.counted(1204, 'event'))).toBe('1,204 events');
});

it('links are taken off, code stays marked', () => {
  expect(words.withoutLinks('Breaks [the table](deploy/README.md#x). `error` names it.')).toBe(
    'Breaks the table. `error` names it.',
  );
});
