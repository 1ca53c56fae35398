/** Durations as people write them: exact, with one unit, and nothing that could be read in two ways. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { durationMs, formatDuration, parseDuration } from '../../../src/rules/document/duration.ts';

it.each([
  ['90s', 90_000],
  ['15m', 900_000],
  ['24h', 86_400_000],
  ['7d', 604_800_000],
  ['0s', 0],
])('%s', (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

it.each([
  '',
  '24',
  'h',
  '1.5h',
  '-1h',
  '24H',
  '1h30m',
  ' 1h',
  '1h ',
  '1h\n',
  '1 h',
  '1w',
  '999999999s',
  '1e3s',
])('%j is none', (text) => {
  expect(parseDuration(text)).toBeUndefined();
  expect(() => durationMs(text)).toThrow();
});

it('what is formatted is read back as the same', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 3_000_000 }), (seconds) => {
      expect(parseDuration(formatDuration(seconds * 1000))).toBe(seconds * 1000);
    }),
  );
});

it('is formatted in its largest whole unit', () => {
  expect([90_000, 3_600_000, 86_400_000, 90_000_000].map(formatDuration)).toEqual(['90s', '1h', '1d', '25h']);
});
