/** The event table of the contract, row by row. */
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { validate, type Validated } from '../../../src/pipeline/steps/validate.ts';
import { NOW, piece, rawEvent } from '../../support/pipeline-fakes.ts';

const check = (changes: Record<string, unknown>): Validated => validate(piece(rawEvent(changes)), NOW);

function event(changes: Record<string, unknown>): Record<string, unknown> {
  const result = check(changes);
  if (!result.ok) throw new Error(result.error);
  return { ...result.event };
}

describe('accepted', () => {
  it('defaults', () => {
    expect(event({ eventId: undefined })).toEqual({
      eventId: 'location-events-3-41-0',
      userId: 'u-1',
      occurredAtMs: NOW - 1000,
      latitude: 52.5,
      longitude: 13.4,
      trigger: 'enter',
      pushConsent: true,
    });
  });

  it('null in an optional field is absent', () => {
    const nothing = {
      merchantId: null,
      trigger: null,
      accuracyMeters: null,
      timeZone: null,
      locale: null,
      pushConsent: null,
    };
    expect(event({ ...nothing, eventId: null })).toEqual(event({ eventId: undefined }));
  });

  it.each([
    ['2026-11-22T13:00:00+01:00', NOW],
    ['2026-11-22T12:00:00.123456789Z', NOW],
    ['2026-11-22t11:59:59z', NOW - 1000],
    ['2026-11-22T12:04:59Z', NOW],
    ['2016-12-31T23:59:60Z', Date.parse('2017-01-01T00:00:00Z')],
  ])('occurredAt %s', (occurredAt, ms) => {
    expect(event({ occurredAt })['occurredAtMs']).toBe(ms);
  });

  it.each(['Europe/Nowhere', '+02:00', '', 7, {}])('a timeZone that is none (%j) is absent', (timeZone) => {
    expect(event({ timeZone })['timeZone']).toBeUndefined();
  });

  it.each(['not a locale!', '', 7])('a locale that is none (%j) is absent', (locale) => {
    expect(event({ locale })['locale']).toBeUndefined();
  });

  it('a locale as phones write it, a full minute as Java prints it', () => {
    const seen = event({ locale: 'zh_HK_#Hant', occurredAt: '2026-11-22T11:59Z', timeZone: 'europe/BERLIN' });
    expect(seen).toMatchObject({
      locale: 'zh-Hant-HK',
      occurredAtMs: NOW - 60_000,
      timeZone: 'Europe/Berlin',
    });
  });

  it('zone and locale are kept', () => {
    expect(event({ timeZone: 'Europe/Berlin', locale: 'de-at' })).toMatchObject({
      timeZone: 'Europe/Berlin',
      locale: 'de-AT',
    });
  });

  it('ids of 128 characters, beyond the basic plane too', () => {
    expect(event({ userId: '🛍'.repeat(128) })['userId']).toHaveLength(256);
  });

  it('what stands at a limit: five minutes ahead, the poles, the date line, accuracy 0', () => {
    expect(event({ occurredAt: new Date(NOW + 300_000).toISOString() })['occurredAtMs']).toBe(NOW);
    expect(event({ latitude: 90, longitude: 180 })).toMatchObject({ latitude: 90, longitude: 180 });
    expect(event({ latitude: -90, longitude: -180 })).toMatchObject({ latitude: -90, longitude: -180 });
    expect(event({ accuracyMeters: 0 })).toMatchObject({ accuracyMeters: 0 });
    expect(event({ userId: 'x'.repeat(128) })['userId']).toHaveLength(128);
    expect(check({ userId: '🛍'.repeat(129) })).toMatchObject({ ok: false });
  });

  it('unknown fields are ignored', () => {
    expect(event({ speed: 3, ['__proto__x']: 1 })).not.toHaveProperty('speed');
  });
});

describe('refused as invalid, naming the field', () => {
  it.each([
    [{ userId: undefined }, 'userId'],
    [{ userId: '' }, 'userId'],
    [{ userId: 'x'.repeat(129) }, 'userId'],
    [{ userId: 7 }, 'userId'],
    [{ userId: '\ud800' }, 'userId'],
    [{ occurredAt: undefined }, 'occurredAt'],
    [{ occurredAt: '2026-11-22T12:00:00' }, 'occurredAt'],
    [{ occurredAt: '2026-02-30T12:00:00Z' }, 'occurredAt'],
    [{ occurredAt: '2026-11-22 12:00:00Z' }, 'occurredAt'],
    [{ occurredAt: '2026-11-22T24:00:00Z' }, 'occurredAt'],
    [{ occurredAt: NOW }, 'occurredAt'],
    [{ occurredAt: new Date(NOW + 300_001).toISOString() }, 'occurredAt'],
    [{ latitude: 90.1 }, 'latitude'],
    [{ latitude: '52' }, 'latitude'],
    [{ latitude: null }, 'latitude'],
    [{ longitude: -180.1 }, 'longitude'],
    [{ longitude: Infinity }, 'longitude'],
    [{ merchantId: '' }, 'merchantId'],
    [{ eventId: 'x'.repeat(129) }, 'eventId'],
    [{ trigger: 'leave' }, 'trigger'],
    [{ accuracyMeters: -1 }, 'accuracyMeters'],
    [{ pushConsent: 'yes' }, 'pushConsent'],
  ])('%j', (changes, field) => {
    const result = check(changes);
    expect(result).toMatchObject({ ok: false, reason: 'invalid' });
    expect(result.ok ? '' : result.error).toContain(field);
  });

  it.each([
    [{ userId: 7 }, 'userId: expected a string of 1–128 characters'],
    [{ userId: '' }, 'userId: expected a string of 1–128 well-formed characters'],
    [{ occurredAt: 7 }, 'occurredAt: expected RFC 3339 with offset'],
    [{ occurredAt: 'noon' }, 'occurredAt: expected RFC 3339 with offset'],
    [{ latitude: '52' }, 'latitude: expected a number'],
    [{ latitude: 90.1 }, 'latitude: expected −90…90'],
    [{ latitude: -90.1 }, 'latitude: expected −90…90'],
    [{ longitude: '13' }, 'longitude: expected a number'],
    [{ longitude: 180.1 }, 'longitude: expected −180…180'],
    [{ longitude: -180.1 }, 'longitude: expected −180…180'],
    [{ trigger: 'leave' }, 'trigger: expected one of enter, dwell, exit'],
    [{ accuracyMeters: '5' }, 'accuracyMeters: expected a number ≥ 0'],
    [{ accuracyMeters: -1 }, 'accuracyMeters: expected a number ≥ 0'],
    [{ pushConsent: 'yes' }, 'pushConsent: expected true or false'],
    [{ latitude: 91, longitude: 181 }, 'latitude: expected −90…90; longitude: expected −180…180'],
  ])('the dead letter of %j says: %s', (changes, error) => {
    expect(check(changes)).toMatchObject({ ok: false, error });
  });

  it('a dead letter says the first five faults of an event', () => {
    const result = check({
      ...{ userId: 7, occurredAt: 7, latitude: '', longitude: '' },
      ...{ merchantId: 7, eventId: 7, trigger: 7 },
    });
    expect(result.ok ? [] : result.error.split('; ')).toHaveLength(5);
  });

  it.each([7, 'text', null, true, []])('a bare %j', (value) => {
    expect(validate(piece(value), NOW)).toMatchObject({
      ok: false,
      reason: 'invalid',
      error: 'expected a JSON object',
    });
  });

  it('keeps what can be made out, for the audit', () => {
    expect(check({ latitude: 91 })).toMatchObject({ eventId: 'e-1', userId: 'u-1' });
    const unreadable = { eventId: 'location-events-3-41-0', userId: undefined };
    expect(check({ userId: 7, eventId: '' })).toMatchObject(unreadable);
    expect(validate(piece('text'), NOW)).toMatchObject(unreadable);
  });
});

describe('identity', () => {
  it.each([{ 'source-offset': '7' }, { replays: '1' }])(
    'a dead letter with %j keeps its first id',
    (mark) => {
      const envelope = { key: null, headers: { 'event-id': Buffer.from('location-events-1-7-0'), ...mark } };
      const result = validate(piece(rawEvent({ eventId: undefined }), { envelope }), NOW);
      expect(result).toMatchObject({ ok: true, event: { eventId: 'location-events-1-7-0' } });
    },
  );

  it("a producer's own header of that name says nothing", () => {
    const envelope = { key: null, headers: { 'event-id': 'batch-7' } };
    const result = validate(piece(rawEvent({ eventId: undefined }), { envelope }), NOW);
    expect(result).toMatchObject({ ok: true, event: { eventId: 'location-events-3-41-0' } });
  });

  it('the header names only the first event of a record', () => {
    const envelope = { key: null, headers: { 'event-id': 'x', 'source-offset': '7' } };
    const source = { topic: 't', partition: 0, offset: '9', index: 1 };
    const result = validate(piece(rawEvent({ eventId: undefined }), { envelope, source }), NOW);
    expect(result).toMatchObject({ ok: true, event: { eventId: 't-0-9-1' } });
  });
});

it('never throws, whatever JSON comes', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), fc.jsonValue(), (value, field) => {
      validate(piece(value), NOW);
      validate(piece(rawEvent({ userId: field, occurredAt: field, timeZone: field, locale: field })), NOW);
    }),
  );
});
