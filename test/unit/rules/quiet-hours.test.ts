/**
 * Quiet hours against a model that can't be wrong in an interesting way: it reads the wall clock minute by minute.
 * Around the nights in which Berlin and New York lose and repeat an hour, in a zone with half an hour's offset, and
 * where only half an hour is shifted.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createQuietHours } from '../../../src/rules/quiet-hours.ts';

const MINUTE = 60_000;
const DAY = 1440;

const zones = {
  'Europe/Berlin': ['2026-03-29T01:00:00Z', '2026-10-25T01:00:00Z'],
  'America/New_York': ['2026-03-08T07:00:00Z', '2026-11-01T06:00:00Z'],
  'Asia/Kolkata': ['2026-06-01T00:00:00Z'],
  'Australia/Lord_Howe': ['2026-04-04T15:00:00Z', '2026-10-03T15:30:00Z'],
  UTC: ['2026-06-01T00:00:00Z'],
} as const;

const clocks = new Map<string, Intl.DateTimeFormat>();
const read = new Map<string, number>();

/** The minute of the day that a wall clock shows. */
function wallMinute(zone: string, atMs: number): number {
  const key = `${zone} ${String(atMs)}`;
  let minute = read.get(key);
  if (minute === undefined) {
    let clock = clocks.get(zone);
    if (clock === undefined) {
      clock = new Intl.DateTimeFormat('en-GB', {
        timeZone: zone,
        hour: '2-digit',
        minute: '2-digit',
        hourCycle: 'h23',
      });
      clocks.set(zone, clock);
    }
    const [hour, minutes] = clock.format(atMs).split(':');
    minute = Number(hour) * 60 + Number(minutes);
    read.set(key, minute);
  }
  return minute;
}

function isQuiet(zone: string, atMs: number, from: number, to: number): boolean {
  const wall = wallMinute(zone, atMs);
  return from < to ? wall >= from && wall < to : wall >= from || wall < to;
}

function nextStart(zone: string, atMs: number, from: number, to: number): number {
  let minute = Math.floor(atMs / MINUTE) * MINUTE;
  for (let steps = 0; steps < 3 * DAY; steps += 1) {
    const before = isQuiet(zone, minute, from, to);
    minute += MINUTE;
    if (!before && isQuiet(zone, minute, from, to)) return minute;
  }
  throw new Error('quiet hours never begin');
}

function clock(minute: number): string {
  return `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
}

const anyTimes = fc
  .tuple(fc.integer({ min: 0, max: DAY - 1 }), fc.integer({ min: 0, max: DAY - 1 }))
  .filter(([from, to]) => from !== to);
/** Where a shifted hour makes a difference. */
const nightTimes = fc
  .tuple(fc.integer({ min: 0, max: 16 }), fc.integer({ min: 0, max: 16 }))
  .filter(([from, to]) => from !== to)
  .map(([from, to]) => [from * 15, to * 15] as [number, number]);

describe.each(Object.entries(zones))('in %s', (zone, moments) => {
  it('agree with the wall clock, minute by minute', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...moments),
        fc.integer({ min: -36 * 60, max: 12 * 60 }),
        fc.integer({ min: 0, max: MINUTE - 1 }),
        fc.oneof(anyTimes, nightTimes),
        (moment, minutes, ms, [from, to]) => {
          const atMs = Date.parse(moment) + minutes * MINUTE + ms;
          const ask = createQuietHours({ from: clock(from), to: clock(to) });
          const expected = {
            quiet: isQuiet(zone, atMs, from, to),
            nextStartMs: nextStart(zone, atMs, from, to),
          };
          expect(ask(zone, atMs)).toMatchObject(expected);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('remember nothing that is wrong a moment later or earlier', () => {
    const ask = createQuietHours({ from: '21:00', to: '02:30' });
    for (const moment of moments) {
      const around = Array.from(
        { length: 400 },
        (_, index) => Date.parse(moment) + (index - 200) * 7 * MINUTE,
      );
      for (const atMs of [...around, ...around.toReversed()]) {
        expect(ask(zone, atMs).quiet).toBe(isQuiet(zone, atMs, 21 * 60, 150));
      }
    }
  });
});

describe('a skipped and a repeated hour', () => {
  const at = (text: string): number => Date.parse(text);

  it('quiet hours that would begin in the skipped hour begin at its end', () => {
    const ask = createQuietHours({ from: '02:30', to: '06:00' });
    expect(ask('Europe/Berlin', at('2026-03-29T00:59:00Z'))).toMatchObject({
      quiet: false,
      nextStartMs: at('2026-03-29T01:00:00Z'),
    });
  });

  it('quiet hours that end in the repeated hour are quiet in both of its halves', () => {
    const ask = createQuietHours({ from: '21:00', to: '02:30' });
    const quiet = ['00:15', '00:45', '01:15', '01:45'].map(
      (time) => ask('Europe/Berlin', at(`2026-10-25T${time}:00Z`)).quiet,
    );
    expect(quiet).toEqual([true, false, true, false]);
  });
});

describe('where the time zone is unknown', () => {
  const noon = Date.parse('2026-11-22T12:00:00Z');
  const night = Date.parse('2026-11-22T22:00:00Z');

  it.each([{}, { unknownTimeZone: 'suppress' }])('nothing is pushed by default (%j)', (unknown) => {
    const ask = createQuietHours({ from: '21:00', to: '08:00', ...unknown });
    expect(ask(undefined, noon)).toEqual({ quiet: true, nextStartMs: undefined });
    expect(ask('Europe/Berlin', noon).quiet).toBe(false);
  });

  it('the named zone serves, and only there', () => {
    const ask = createQuietHours({ from: '21:00', to: '08:00', unknownTimeZone: 'Europe/Berlin' });
    expect(ask(undefined, noon).quiet).toBe(false);
    expect(ask(undefined, night).quiet).toBe(true);
    expect(ask('America/New_York', night).quiet).toBe(false);
  });
});

it('without the section it is never quiet', () => {
  expect(createQuietHours(undefined)(undefined, 0)).toEqual({ quiet: false, nextStartMs: undefined });
});

describe('what is remembered', () => {
  const noon = Date.parse('2026-11-22T12:00:00Z');
  const ask = createQuietHours({ from: '21:00', to: '08:00' });

  /** Another one for each number below 2 to the count of letters. */
  const spelling = (area: string, city: string, number: number): string => {
    const letters = Array.from(area + city, (letter, bit) =>
      (number >> bit) & 1 ? letter.toUpperCase() : letter,
    ).join('');
    return `${letters.slice(0, area.length)}/${letters.slice(area.length)}`;
  };

  it('a zone’s answer is worked out once, and holds to the next flip', () => {
    const first = ask('UTC', noon);
    expect(ask('UTC', noon)).toBe(first);
    expect(ask('UTC', noon + 9 * 3_600_000 - 1)).toBe(first);
    expect(ask('UTC', noon + 9 * 3_600_000)).toMatchObject({ quiet: true });
  });

  it('of two thousand names of zones, which come from producers and have many spellings', () => {
    const first = ask('UTC', noon);
    const spellings = Array.from({ length: 2000 }, (_, at) => spelling('europe', 'berlin', at));
    for (const zone of spellings.slice(0, 1999)) ask(zone, noon);
    expect(ask('UTC', noon)).toBe(first);
    ask(spellings[1999], noon);
    const again = ask('UTC', noon);
    expect(again).not.toBe(first);
    expect(again).toEqual(first);
  });
});
