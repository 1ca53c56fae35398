/** The time on a user's wall, in zones with whole hours, halves, seconds and none, and at the edges of a day and a week. */
import { expect, it } from 'vitest';
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
