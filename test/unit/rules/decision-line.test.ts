/** A decision's line has every variable as rules saw it, by the tables of what is recorded, and no coordinates. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { RECORDED, type DecisionRecord } from '../../../src/domain/decision.ts';
import type { Coupon } from '../../../src/domain/coupon.ts';
import type { LocationEvent } from '../../../src/domain/event.ts';
import type { Merchant } from '../../../src/domain/merchant.ts';
import { readDecision } from '../../../src/domain/read-decision.ts';
import type { Decision, DecisionSeen } from '../../../src/pipeline/ports.ts';
import { createDescribeDecision } from '../../../src/rules/decision-line.ts';
import { coordinates } from '../../../src/rules/distance.ts';
import { couponVariables, eventVariables, merchantVariables } from '../../../src/rules/language/variables.ts';
import { NOW, rules } from './documents.ts';

const RULES = rules('quietHours: { from: "01:00", to: "02:00", unknownTimeZone: "Asia/Tokyo" }');
const describeDecision = createDescribeDecision({ pod: 'pod "1"', maxEventAgeMs: 900_000 });

const text = fc.string({ maxLength: 30, unit: 'binary' });
const given = <T>(values: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(values, { nil: undefined });
const number = fc.double({ min: 0, max: 1e6, noNaN: true });
const instant = fc.integer({ min: NOW - 1e9, max: NOW + 1e9 });
const coupons = fc
  .record({
    couponId: fc.string({ minLength: 1 }),
    merchantId: fc.constantFrom('m-1', 'm-2', 'm-\u{1F600}'),
    title: text,
    body: given(text),
    category: given(text),
    deepLink: given(text),
    discountPercent: given(fc.double({ min: 0, max: 100, noNaN: true })),
    place: given(
      fc.tuple(
        fc.double({ min: -90, max: 90, noNaN: true }),
        fc.double({ min: -180, max: 180, noNaN: true }),
      ),
    ),
    validFromMs: given(instant),
    validUntilMs: given(instant),
  })
  .map(({ place, ...coupon }): Coupon => ({ ...coupon, latitude: place?.[0], longitude: place?.[1] }));
const events: fc.Arbitrary<LocationEvent> = fc.record({
  eventId: fc.string({ minLength: 1, maxLength: 40 }),
  userId: fc.string({ minLength: 1, maxLength: 40 }),
  occurredAtMs: instant,
  latitude: fc.double({ min: -90, max: 90, noNaN: true }),
  longitude: fc.double({ min: -180, max: 180, noNaN: true }),
  trigger: fc.constantFrom('enter', 'dwell', 'exit'),
  pushConsent: fc.boolean(),
  merchantId: given(fc.string({ minLength: 1 })),
  accuracyMeters: given(number),
  locale: fc.constantFrom(undefined, 'de-DE', 'zh-Hant-HK'),
});
const MERCHANTS = new Map<string, Merchant>([
  [
    'm-1',
    {
      merchantId: 'm-1',
      name: 'Café "Krone"',
      tier: 'gold',
      category: 'food',
      timeZone: 'Europe/Berlin',
      active: true,
    },
  ],
  ['m-2', { merchantId: 'm-2', active: false }],
]);

function seenOf(answer: DecisionSeen['answer'], changes: Partial<DecisionSeen> = {}): DecisionSeen {
  const found = answer?.kind === 'coupons' ? answer.coupons : [];
  return {
    ...{ rules: RULES, firstAskedMs: NOW, lastAskedMs: NOW, podAheadMs: 0, timeZone: undefined, answer },
    ...{ recalledMs: undefined, claimedMs: undefined },
    merchants: found.map(({ merchantId }) => MERCHANTS.get(merchantId)),
    ...changes,
  };
}

function read(decision: Decision, withoutCoupons?: boolean): DecisionRecord {
  const found = readDecision(describeDecision(decision, withoutCoupons));
  if (!found.ok) expect.fail(found.problem);
  if (found.record.kind !== 'decision') expect.fail('no decision');
  return found.record;
}

/** The variables that the table records; texts that are '' are left out. */
function recorded(object: keyof typeof RECORDED, variables: object): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  for (const [name, how] of Object.entries(RECORDED[object])) {
    const value: unknown = Reflect.get(variables, name);
    if (how === 'always' || (how === 'given' && value !== '')) found[name] = value;
  }
  return found;
}

const queued = {
  kind: 'queued',
  couponId: 'c-1',
  merchantId: 'm-1',
  rulesVersion: 'v1',
  rulesHash: 'abc',
} as const;

it('every variable, as rules saw it', () => {
  fc.assert(
    fc.property(
      events,
      fc.array(coupons, { maxLength: 4 }),
      fc.constantFrom(undefined, 'America/New_York'),
      (event, found, timeZone) => {
        const seen = seenOf({ kind: 'coupons', coupons: found }, { timeZone });
        const record = read({ event, seen, outcome: queued, endedAtMs: NOW + 5 });
        const local = RULES.localTime(timeZone, NOW);
        const moment = { nowMs: NOW, timeZoneKnown: timeZone !== undefined, local };
        expect(record.event).toEqual({
          ...recorded('event', eventVariables(event, moment)),
          occurredAt: new Date(event.occurredAtMs).toISOString(),
          pushConsent: event.pushConsent,
          ...(timeZone !== undefined && { timeZone }),
        });
        expect(record.coupons).toEqual(
          found.map((coupon) => ({
            ...recorded('coupon', couponVariables(coupon, coordinates.distanceTo(event, coupon), NOW)),
            merchant: recorded(
              'merchant',
              merchantVariables(coupon.merchantId, MERCHANTS.get(coupon.merchantId)),
            ),
          })),
        );
      },
    ),
  );
});

const EVENT: LocationEvent = {
  ...{ eventId: 'e-1', userId: 'u-1', occurredAtMs: NOW - 90_000, trigger: 'enter', pushConsent: true },
  ...{ latitude: 52.123456789, longitude: 13.987654321 },
};
const COUPON: Coupon = {
  ...{ couponId: 'c-1', merchantId: 'm-1', title: 'Coffee' },
  ...{ latitude: 52.192837465, longitude: 13.564738291 },
};

it('no coordinates, of the event or of a coupon', () => {
  const seen = seenOf({ kind: 'coupons', coupons: [COUPON] });
  const line = describeDecision({ event: EVENT, seen, outcome: queued, endedAtMs: NOW });
  for (const { latitude = 0, longitude = 0 } of [EVENT, COUPON]) {
    for (const degrees of [latitude, longitude]) expect(line).not.toContain(String(degrees).slice(0, 5));
  }
  expect(line).not.toMatch(/latitude|longitude/);
  expect(line).toContain('"distanceMeters":');
});

it('the user stands first, so that a reader can tell it without parsing', () => {
  const line = describeDecision({ event: EVENT, seen: seenOf(undefined), outcome: queued, endedAtMs: NOW });
  expect(line).toMatch(/^\{"userId":"u-1","eventId":"e-1",/);
});

it('when the filters were asked, which clock was ahead, and the moment of the outcome where they were not', () => {
  const seen = seenOf(undefined, { firstAskedMs: NOW - 700, podAheadMs: -1500 });
  const asked = read({ event: EVENT, seen, outcome: queued, endedAtMs: NOW + 50 });
  expect(asked).toMatchObject({
    at: new Date(NOW).toISOString(),
    askedAt: new Date(NOW - 700).toISOString(),
    podAheadMs: -1500,
    maxEventAgeMs: 900_000,
    pod: 'pod "1"',
  });
  const unasked = seenOf(undefined, { firstAskedMs: undefined, lastAskedMs: undefined });
  const recalled = read({ event: EVENT, seen: unasked, outcome: queued, endedAtMs: NOW + 50 });
  expect(recalled.at).toBe(new Date(NOW + 50).toISOString());
  expect(recalled).not.toHaveProperty('askedAt');
  expect(recalled).not.toHaveProperty('podAheadMs');
});

it.each([
  ['not_asked', undefined],
  ['stale', { kind: 'stale' }],
  ['rejected', { kind: 'rejected', error: 'no' }],
  ['failed', { kind: 'failed', error: 'no' }],
] as const)('a coupon side that said %s', (couponApi, answer) => {
  const record = read({ event: EVENT, seen: seenOf(answer), outcome: queued, endedAtMs: NOW });
  expect(record).toMatchObject({ couponApi });
  expect(record).not.toHaveProperty('coupons');
});

it('an answer without coupons, and how many were dropped', () => {
  const seen = seenOf({ kind: 'coupons', coupons: [], invalid: 3 });
  const record = read({ event: EVENT, seen, outcome: queued, endedAtMs: NOW });
  expect(record).toMatchObject({ couponApi: 'answered', coupons: [], invalidCoupons: 3 });
});

it('more coupons than a line may hold are left out as a whole', () => {
  const long = { ...COUPON, body: 'x'.repeat(4000) };
  const of = (count: number) =>
    seenOf({ kind: 'coupons', coupons: Array.from({ length: count }, () => long) });
  expect(read({ event: EVENT, seen: of(60), outcome: queued, endedAtMs: NOW }).coupons).toHaveLength(60);
  const record = read({ event: EVENT, seen: of(70), outcome: queued, endedAtMs: NOW });
  expect(record.couponApi).toBe('too_large');
  expect(record).not.toHaveProperty('coupons');
});

it('without its coupons where a topic takes no more', () => {
  const seen = seenOf({ kind: 'coupons', coupons: [COUPON], invalid: 1 });
  const record = read({ event: EVENT, seen, outcome: queued, endedAtMs: NOW }, true);
  expect(record.couponApi).toBe('too_large');
  expect(record).not.toHaveProperty('coupons');
});

it('the outcome with all that it says', () => {
  const seen = seenOf(undefined);
  const outcomes = [
    [queued, { outcome: 'queued', couponId: 'c-1', merchantId: 'm-1', rulesVersion: 'v1', rulesHash: 'abc' }],
    [
      { kind: 'filtered', reason: 'cooldown', rule: 'caps[0]', rulesVersion: 'v1', rulesHash: 'abc' },
      { outcome: 'filtered', reason: 'cooldown', rule: 'caps[0]', rulesVersion: 'v1', rulesHash: 'abc' },
    ],
    [
      { kind: 'dead_lettered', reason: 'internal_error', error: `a "defect"${'.'.repeat(600)}` },
      {
        outcome: 'dead_lettered',
        reason: 'internal_error',
        error: `a "defect"${'.'.repeat(490)}`,
        rulesVersion: 'v1',
        rulesHash: RULES.hash,
      },
    ],
    // A pod of an earlier version chose it.
    [
      { kind: 'queued', rulesVersion: 'v0' },
      { rulesVersion: 'v0', rulesHash: '' },
    ],
  ] as const;
  for (const [outcome, expected] of outcomes) {
    expect(read({ event: EVENT, seen, outcome, endedAtMs: NOW })).toMatchObject(expected);
  }
});

it('says when Redis was asked, by its own clock, where that is known', () => {
  const outcome = { kind: 'filtered', reason: 'cooldown', rule: 'caps[0]' } as const;
  const decide = (changes: Partial<DecisionSeen>) =>
    read({ event: EVENT, seen: seenOf(undefined, changes), outcome, endedAtMs: NOW });
  const [recalledAt, claimedAt] = [new Date(NOW - 7).toISOString(), new Date(NOW + 70).toISOString()];
  expect(decide({ recalledMs: NOW - 7, claimedMs: NOW + 70 })).toMatchObject({ recalledAt, claimedAt });
  const asked = decide({ recalledMs: NOW - 7 });
  expect(asked).toMatchObject({ recalledAt });
  expect(asked).not.toHaveProperty('claimedAt');
  expect(decide({})).not.toHaveProperty('recalledAt');
});
