import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { parseRetryAfter } from '../../../../src/partners/http/retry-after.ts';

const NOW = Date.parse('2026-11-22T12:00:00Z');

describe('Retry-After', () => {
  test.each([
    ['seconds', '7', 7000],
    ['no seconds', '0', 0],
    ['spaces around', ' 2 ', 2000],
    ['an HTTP-date', 'Sun, 22 Nov 2026 12:00:05 GMT', 5000],
    ['a date that has passed', 'Sun, 22 Nov 2026 11:00:00 GMT', 0],
    ['RFC 850', 'Sunday, 22-Nov-26 12:00:05 GMT', 5000],
    ['asctime, which is GMT', 'Sun Nov 22 12:00:05 2026', 5000],
    ['more than a day', '99999999999999999999', 24 * 60 * 60 * 1000],
  ])('%s', (_name, header, expected) => {
    expect(parseRetryAfter(header, NOW)).toBe(expected);
  });

  test.each(['', 'soon', '-5', '1.5', '1e3', '5 seconds', '2026-11-22', 'Sun, 99 Nov 2026 12:00:05 GMT'])(
    'garbage is none: %j',
    (header) => {
      expect(parseRetryAfter(header, NOW)).toBeUndefined();
    },
  );

  describe('on a host whose time zone is not UTC', () => {
    const zone = process.env['TZ'];
    afterEach(() => {
      if (zone === undefined) delete process.env['TZ'];
      else process.env['TZ'] = zone;
    });

    test.each(['Sun Nov 22 12:00:05 2026', 'Sunday, 22-Nov-26 12:00:05 GMT'])(
      'a date is in GMT: %s',
      (header) => {
        process.env['TZ'] = 'Asia/Kolkata';
        expect(new Date(NOW).getTimezoneOffset()).toBe(-330);
        expect(parseRetryAfter(header, NOW)).toBe(5000);
      },
    );

    test('a day below ten is written with a space', () => {
      process.env['TZ'] = 'America/St_Johns';
      expect(parseRetryAfter('Sun Nov  8 12:00:05 2026', Date.parse('2026-11-08T12:00:00Z'))).toBe(5000);
    });
  });

  test('absent is none, of several the first counts', () => {
    expect(parseRetryAfter(undefined, NOW)).toBeUndefined();
    expect(parseRetryAfter(['3', '9'], NOW)).toBe(3000);
  });

  test('any text gives a bounded wait or none', () => {
    fc.assert(
      fc.property(fc.string(), (header) => {
        const ms = parseRetryAfter(header, NOW) ?? 0;
        expect(ms >= 0 && ms <= 86_400_000).toBe(true);
      }),
    );
  });
});
