/** Moments of examples: by an offset, by a zone's clock, by distance, and times of another moment's day. */
import { describe, expect, it } from 'vitest';
import { isTimeOfDay, onDayOf, readMoment } from '../../../../src/replay/examples/moment.ts';

const NOW = Date.parse('2026-11-24T12:00:00Z');
const iso = (ms: number | undefined): string | undefined =>
  ms === undefined ? undefined : new Date(ms).toISOString().replace('.000', '');

describe('a moment', () => {
  it.each([
    ['2026-11-24T12:00:00+01:00', '2026-11-24T11:00:00Z'],
    ['2026-11-24 12:00 Europe/Berlin', '2026-11-24T11:00:00Z'],
    ['2026-07-24T12:00:30 Europe/Berlin', '2026-07-24T10:00:30Z'],
    ['2026-11-24 12:00 utc', '2026-11-24T12:00:00Z'],
    // The hour that the clocks repeat begins with its first.
    ['2026-10-25 02:30 Europe/Berlin', '2026-10-25T00:30:00Z'],
    ['2026-10-25 03:30 Europe/Berlin', '2026-10-25T02:30:00Z'],
    ['2026-03-29 03:00 Europe/Berlin', '2026-03-29T01:00:00Z'],
    ['-2h', '2026-11-24T10:00:00Z'],
    ['+45m', '2026-11-24T12:45:00Z'],
    ['-0s', '2026-11-24T12:00:00Z'],
    ['-30d', '2026-10-25T12:00:00Z'],
  ])('%s', (text, expected) => {
    expect(iso(readMoment(text, NOW))).toBe(expected);
  });

  it.each([
    ['an hour that the clocks leap over', '2026-03-29 02:30 Europe/Berlin'],
    ['no zone', '2026-11-24 12:00'],
    ['a zone that is none', '2026-11-24 12:00 Europe/Atlantis'],
    ['a day that the month lacks', '2026-02-29 12:00 Europe/Berlin'],
    ['a distance without a sign', '2h'],
    ['a distance without a unit', '-2'],
    ['a time of day', '12:00'],
    ['', ''],
  ])('is not %s', (_what, text) => {
    expect(readMoment(text, NOW)).toBeUndefined();
  });
});

describe('a time of day', () => {
  it.each([
    ['2026-11-24 12:00 Europe/Berlin', '09:30', '2026-11-24 09:30 Europe/Berlin'],
    ['2026-11-24T12:00:00.000+01:00', '09:30', '2026-11-24T09:30+01:00'],
    ['2026-11-24 12:00 Europe/Berlin', 'Tue 09:30:15', '2026-11-24 09:30:15 Europe/Berlin'],
    ['2026-11-24 12:00 Europe/Berlin', 'Sat 09:30', '2026-11-28 09:30 Europe/Berlin'],
    ['2026-11-24 12:00 Europe/Berlin', 'mon 09:30', '2026-11-30 09:30 Europe/Berlin'],
  ])('on the day of %s: %s', (day, text, expected) => {
    expect(isTimeOfDay(text)).toBe(true);
    expect(onDayOf(day, text)).toBe(expected);
  });

  it.each([
    [undefined, '09:30'],
    ['2026-11-24 12:00 Europe/Berlin', '-2h'],
    ['2026-11-24 12:00 Europe/Berlin', 'Someday 09:30'],
  ])('is none, or has no day: %s, %s', (day, text) => {
    expect(onDayOf(day, text)).toBeUndefined();
  });
});
