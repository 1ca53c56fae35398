import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { createCity } from '../../simulation/city/city.ts';
import type { CityRecord } from '../../simulation/city/records.ts';
import { createRandom } from '../../simulation/city/random.ts';
import { chooseZones, findZone, localHour } from '../../simulation/city/zones.ts';
import { classify } from './classify.ts';

const NOON = Date.UTC(2026, 10, 22, 12, 0);
const play = (seed: number, events: number, now = NOON): CityRecord[] => [
  ...createCity({ seed, events, maxRecordBytes: 100_000, now: () => now }).records(events),
];

describe('chance', () => {
  it('repeats itself from the same seed and differs from another', () => {
    const draw = (seed: number): number[] => {
      const random = createRandom(seed);
      return Array.from({ length: 50 }, () => random.next());
    };
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
  });

  it('forks by label, whatever was drawn before', () => {
    const random = createRandom(1);
    const before = random.fork('a').next();
    random.next();
    expect(random.fork('a').next()).toBe(before);
    expect(random.fork('b').next()).not.toBe(before);
  });

  it('is even, and its medians are where they are said to be', () => {
    const random = createRandom(7);
    const draws = Array.from({ length: 20_000 }, () => random.next());
    expect(draws.filter((value) => value < 0.25).length / draws.length).toBeCloseTo(0.25, 1);
    const tail = Array.from({ length: 20_000 }, () => random.logNormal(12, 0.6));
    expect(tail.filter((value) => value < 12).length / tail.length).toBeCloseTo(0.5, 1);
  });
});

describe('the city', () => {
  it('plays the same records from the same seed', () => {
    expect(play(1, 3000)).toEqual(play(1, 3000));
    expect(play(1, 300)).not.toEqual(play(2, 300));
  });

  it('names the same events at another hour: only the clock readings differ', () => {
    const names = (records: CityRecord[]): unknown[] =>
      records.map(({ key, events }) => [key, events.map(({ userId, eventId }) => [userId, eventId])]);
    expect(names(play(1, 2000, NOON))).toEqual(names(play(1, 2000, NOON + 3_600_000)));
  });

  it('plays exactly as many events as it was asked for', () => {
    for (const events of [1, 2, 7, 100, 4999]) {
      const total = play(3, events).reduce((sum, record) => sum + record.events.length, 0);
      expect(total).toBe(events);
    }
  });

  it('holds every shape and every kind of broken record', () => {
    const records = play(1, 20_000);
    const some = (holds: (record: CityRecord) => boolean): boolean => records.some(holds);
    expect(some(({ headers }) => headers['content-type'] === 'application/x-ndjson')).toBe(true);
    expect(some(({ value, events }) => value?.[0] === 0x5b && events.length > 1)).toBe(true);
    expect(some(({ headers, events }) => 'content-encoding' in headers && events[0]?.bad === undefined)).toBe(
      true,
    );
    expect(some(({ value }) => value === null)).toBe(true);
    for (const reason of ['malformed', 'invalid', 'too_large'])
      expect(some(({ events }) => events.some(({ bad }) => bad?.reason === reason))).toBe(true);
    expect(some(({ events }) => events.length > 1 && events.some(({ bad }) => bad !== undefined))).toBe(true);
    expect(some(({ events }) => events[0]?.eventId === undefined && events[0]?.bad === undefined)).toBe(true);
  });

  it('keeps beside each bad event of a batch the exact bytes that stand in it', () => {
    let seen = 0;
    for (const { value, headers, events } of play(1, 20_000)) {
      if (events.length < 2 || value === null) continue;
      const bytes = headers['content-encoding'] === 'gzip' ? gunzipSync(value) : value;
      for (const { bad } of events) {
        if (bad === undefined) continue;
        seen += 1;
        expect(bytes.includes(bad.bytes!)).toBe(true);
      }
    }
    expect(seen).toBeGreaterThan(5);
  });

  it('names no event of one user twice but where the record itself is sent twice', () => {
    const seen = new Map<string, CityRecord>();
    for (const record of play(1, 20_000)) {
      for (const { userId, eventId } of record.events) {
        if (userId === undefined || eventId === undefined) continue;
        const before = seen.get(`${userId} ${eventId}`);
        if (before !== undefined) expect(before).toBe(record);
        seen.set(`${userId} ${eventId}`, record);
      }
    }
  });

  it('puts the run into every user id where one is given', () => {
    const city = createCity({ seed: 1, events: 50, idPrefix: 'run7-', now: () => NOON });
    for (const { userId } of city.people) expect(userId).toMatch(/^u-run7-\d{5}$/);
  });
});

describe('time zones', () => {
  it('finds a zone with the wanted hour at any moment of the year', () => {
    for (let hour = 0; hour < 24 * 366; hour += 7) {
      const now = Date.UTC(2026, 0, 1, hour, 30);
      for (const wanted of [1, 9, 13]) expect(localHour(findZone(wanted, now), now)).toBe(wanted);
    }
  });

  it('keeps most people awake and some asleep at every hour', () => {
    for (let hour = 0; hour < 24; hour += 1) {
      const now = Date.UTC(2026, 5, 15, hour, 59);
      const zones = chooseZones(now);
      expect(localHour(zones.day, now + 3 * 3_600_000)).toBeLessThan(21);
      expect(localHour(zones.night, now + 3 * 3_600_000)).toBeLessThan(8);
    }
  });
});

describe('the funnel', () => {
  const EVENTS = 6000;
  const sharesAt = (hour: number) => {
    const now = Date.UTC(2026, 10, 22, hour, 20);
    return classify(
      createCity({ seed: 1, events: EVENTS, maxRecordBytes: 100_000, now: () => now }),
      EVENTS,
      now,
    );
  };
  const reference = sharesAt(12);

  it('reaches every reason that a city can bring about, in lively shares', () => {
    expect(reference['queued']).toBeGreaterThan(0.1);
    expect(reference['cooldown']).toBeGreaterThan(0.1);
    expect(reference['no_coupons']).toBeGreaterThan(0.05);
    expect(reference['trigger']).toBeGreaterThan(0.05);
    for (const reason of ['rules_excluded', 'no_consent', 'stale', 'inaccurate', 'quiet_hours'])
      expect(reference[reason]).toBeGreaterThan(0.02);
    for (const reason of ['malformed', 'invalid']) expect(reference[reason]).toBeGreaterThan(0.002);
  });

  it.each([0, 3, 6, 9, 15, 18, 21, 23])('comes out alike at %i o’clock', (hour) => {
    const shares = sharesAt(hour);
    expect(Object.keys(shares).sort()).toEqual(Object.keys(reference).sort());
    for (const [reason, share] of Object.entries(reference))
      expect(Math.abs((shares[reason] ?? 0) - share), reason).toBeLessThan(0.015);
  });
});
