/** The time on a user's wall, in zones with whole hours, halves, seconds and none, and at the edges of a day and a week. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findTransition, localTime, utcOffsetMs } from '../../../src/rules/time-zone.ts';

const at = (text: string): number => Date.parse(text);
const MINUTE = 60_000;

it.each([
  ['UTC', '2026-06-01T00:00:00Z', 0],
  ['Europe/London', '2026-01-01T00:00:00Z', 0],
  ['Europe/Berlin', '2026-06-01T00:00:00Z', 120 * MINUTE],
  ['Asia/Kolkata', '2026-06-01T00:00:00Z', 330 * MINUTE],
  ['America/New_York', '2026-06-01T00:00:00Z', -240 * MINUTE],
  ['America/St_Johns', '2026-01-01T00:00:00Z', -210 * MINUTE],
  ['Pacific/Kiritimati', '2026-06-01T00:00:00Z', 840 * MINUTE],
  // Mean times of their own, to the second.
  ['Europe/Paris', '1905-01-01T00:00:00Z', 9 * MINUTE + 21_000],
  ['America/Bogota', '1910-01-01T00:00:00Z', -(296 * MINUTE + 16_000)],
])('%s at %s is ahead by %i ms', (zone, text, offsetMs) => {
  expect(utcOffsetMs(zone, at(text))).toBe(offsetMs);
});

it('an offset ends in the quarter of an hour in which it changes, whoever asked before', () => {
  const spring = at('2026-03-29T01:00:00Z');
  const asked = [-360, -345, -1, 0, 1, -1].map((minutes) =>
    utcOffsetMs('Europe/Berlin', spring + minutes * MINUTE),
  );
  expect(asked.map((offsetMs) => offsetMs / MINUTE)).toEqual([60, 60, 60, 120, 120, 60]);
});

it.each([
  ['Europe/Berlin', '2026-03-29T01:00:00Z'],
  ['America/New_York', '2026-11-01T06:00:00Z'],
  ['Australia/Lord_Howe', '2026-10-03T15:30:00Z'],
])('the change of %s is found to the minute, from whatever moments around it', (zone, change) => {
  for (const [before, after] of [
    [24 * 60, 24 * 60],
    [1, 1],
    [601, 7],
    [7, 601],
    [15, 0],
  ] as const) {
    const found = findTransition(zone, at(change) - before * MINUTE, at(change) + after * MINUTE);
    expect(new Date(found).toISOString()).toBe(new Date(change).toISOString());
  }
});

it.each([
  ['Europe/Berlin', '2026-11-22T12:00:00Z', 13, 7],
  ['Europe/Berlin', '2026-11-22T22:59:59Z', 23, 7],
  ['Europe/Berlin', '2026-11-22T23:00:00Z', 0, 1],
  ['America/New_York', '2026-11-22T04:59:59Z', 23, 6],
  ['America/New_York', '2026-11-22T05:00:00Z', 0, 7],
  ['UTC', '1970-01-01T00:00:00Z', 0, 4],
  ['UTC', '1969-12-28T23:00:00Z', 23, 7],
  ['UTC', '1969-12-29T00:00:00Z', 0, 1],
])('in %s at %s it is hour %i of weekday %i', (zone, text, hour, weekday) => {
  expect(localTime(zone, at(text))).toEqual({ hour, weekday });
});

describe('Intl, which takes long', () => {
  const QUARTER = 15 * MINUTE;
  const HOUR = 60 * MINUTE;
  const { DateTimeFormat } = Intl;
  let made = 0;
  let asked = 0;

  beforeEach(() => {
    const counting = new Proxy(DateTimeFormat, {
      construct: (target, [locale, options]: [string, Intl.DateTimeFormatOptions]) => {
        made += 1;
        const formatter = new target(locale, options);
        return {
          format: (moment: number) => {
            asked += 1;
            return formatter.format(moment);
          },
        };
      },
    });
    Reflect.set(Intl, 'DateTimeFormat', counting);
  });

  afterEach(() => {
    Reflect.set(Intl, 'DateTimeFormat', DateTimeFormat);
  });

  /** How often it is asked meanwhile. */
  const asks = (zone: string, ...moments: readonly number[]): number => {
    const before = asked;
    for (const moment of moments) utcOffsetMs(zone, moment);
    return asked - before;
  };

  it('is asked once for six hours', () => {
    const start = at('2026-06-01T00:00:00Z');
    expect(asks('Asia/Tokyo', start)).toBe(2);
    expect(asks('Asia/Tokyo', start, start + 6 * HOUR - 1, start + 1)).toBe(0);
    expect(asks('Asia/Tokyo', start + 6 * HOUR)).toBe(2);
    expect(asks('Asia/Tokyo', start + 6 * HOUR - 1)).toBe(2);
  });

  it('is asked each quarter of an hour where the offset is about to change', () => {
    const change = at('2026-03-29T01:00:00Z');
    const start = change - HOUR;
    expect(asks('Europe/Madrid', start + 1)).toBe(2);
    expect(asks('Europe/Madrid', start, start + QUARTER - 1)).toBe(0);
    expect(asks('Europe/Madrid', start + QUARTER)).toBe(2);
    expect(asks('Europe/Madrid', change - 1)).toBe(2);
    expect(utcOffsetMs('Europe/Madrid', change)).toBe(2 * HOUR);
  });

  it('makes a formatter once for each name of a zone, and forgets them at five hundred', () => {
    const start = at('2026-06-01T00:00:00Z');
    let number = 0;
    /** Each is another spelling of one name. */
    const askAnother = (): void => {
      const letters = Array.from('asiasingapore', (letter, bit) =>
        (number >> bit) & 1 ? letter.toUpperCase() : letter,
      ).join('');
      utcOffsetMs(`${letters.slice(0, 4)}/${letters.slice(4)}`, start);
      number += 1;
    };
    let days = 0;
    const makesOne = (zone: string): boolean => {
      const before = made;
      utcOffsetMs(zone, start + (days += 1) * 24 * HOUR);
      return made > before;
    };
    expect([makesOne('Asia/Dhaka'), makesOne('Asia/Dhaka')]).toEqual([true, false]);
    while (number < 501 && !makesOne('Asia/Dhaka')) askAnother();
    expect(number).toBeLessThan(501);
    // The one that had no place, and Dhaka, are there now.
    for (let left = 498; left > 0; left -= 1) askAnother();
    expect(makesOne('Asia/Dhaka')).toBe(false);
    askAnother();
    expect(makesOne('Asia/Dhaka')).toBe(true);
  });
});
