/** A line of a recording read back: the record as it was written, or a sentence that says what is wrong. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  COUPON_ANSWERS,
  RECORDED,
  type DecisionRecord,
  type DeliveryRecord,
} from '../../../src/domain/decision.ts';
import { DELIVERY_OUTCOMES } from '../../../src/domain/delivery.ts';
import { readDecision } from '../../../src/domain/read-decision.ts';
import { VARIABLES } from '../../../src/domain/rule-variables.ts';
import { decision, decisionCoupon } from '../../support/decisions.ts';

const text = fc.string({ minLength: 1, maxLength: 20, unit: 'binary' });
const id = fc.string({ minLength: 1, maxLength: 20 });
const instant = fc
  .date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true })
  .map((date) => date.toISOString());
/** Zero has one form in JSON. */
const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (value === 0 ? 0 : value));

function variables(object: keyof typeof RECORDED): fc.Arbitrary<Record<string, unknown>> {
  const types: Readonly<Record<string, string>> = VARIABLES[object];
  const recorded = Object.entries(RECORDED[object]).filter(([, how]) => how !== 'never');
  const parts = recorded.map(([name]) => {
    const values = { string: text, double: number, bool: fc.boolean() }[types[name] as 'string'];
    return [name, name === 'trigger' ? fc.constantFrom('enter', 'exit', 'dwell') : values] as const;
  });
  const always = recorded.filter(([, how]) => how === 'always').map(([name]) => name);
  return fc.record(Object.fromEntries(parts), { requiredKeys: always });
}

const coupon = fc.tuple(variables('coupon'), variables('merchant')).map(([its, merchant]) => ({
  ...its,
  merchant,
}));
const event = fc
  .tuple(variables('event'), instant, fc.boolean(), fc.option(text, { nil: undefined }))
  .map(([its, occurredAt, pushConsent, timeZone]) => ({
    ...its,
    occurredAt,
    pushConsent,
    ...(timeZone !== undefined && { timeZone }),
  }));
const common = { v: fc.constant(1), userId: id, eventId: id, at: instant };
const decisions = fc
  .record(
    {
      ...common,
      kind: fc.constant('decision'),
      askedAt: instant,
      recalledAt: instant,
      claimedAt: instant,
      event,
      maxEventAgeMs: number,
      podAheadMs: number,
      couponApi: fc.constantFrom(...COUPON_ANSWERS),
      coupons: fc.array(coupon, { maxLength: 4 }),
      invalidCoupons: number,
      outcome: fc.constantFrom('queued', 'filtered', 'dead_lettered'),
      reason: fc.constantFrom('stale', 'cooldown', 'internal_error'),
      rule: text,
      couponId: text,
      merchantId: text,
      error: text,
      rulesVersion: text,
      rulesHash: fc.string(),
      pod: text,
    },
    {
      requiredKeys: [
        ...['kind', 'v', 'userId', 'eventId', 'at', 'event', 'maxEventAgeMs', 'couponApi', 'coupons'],
        ...['outcome', 'rulesVersion', 'rulesHash', 'pod'],
      ] as never[],
    },
  )
  .map((found) => (found.couponApi === 'answered' ? found : { ...found, coupons: undefined }))
  .map((found) => JSON.parse(JSON.stringify(found)) as DecisionRecord);
const deliveries: fc.Arbitrary<DeliveryRecord> = fc.record({
  ...common,
  kind: fc.constant('delivery' as const),
  v: fc.constant(1 as const),
  outcome: fc.constantFrom(...DELIVERY_OUTCOMES),
});

it('whatever was written is read back as it was', () => {
  fc.assert(
    fc.property(fc.oneof(decisions, deliveries), (record) => {
      expect(readDecision(JSON.stringify(record))).toEqual({ ok: true, record });
    }),
  );
});

it('what a later version adds is ignored, and what it leaves out is 0 or false', () => {
  const written = decision({ coupons: [decisionCoupon({ distanceMeters: 0, hasLocation: false })] });
  const [first] = written.coupons ?? [];
  const { distanceMeters: _distance, hasLocation: _location, ...left } = first as typeof first & object;
  const line = JSON.stringify({
    ...written,
    v: 2,
    mood: 'good',
    event: { ...written.event, weather: { rain: true } },
    coupons: [{ ...left, stock: 3 }],
  });
  expect(readDecision(line)).toEqual({ ok: true, record: written });
});

const BROKEN: readonly (readonly [string, unknown, string])[] = [
  ['a number', 7, 'the line: expected an object, found 7'],
  ['a list', [], 'the line: expected an object, found []'],
  ['another kind', { kind: 'note' }, 'kind: expected one of decision, delivery, found "note"'],
  ['no version', decision({ v: undefined }), 'v: expected a number, found nothing'],
  ['version 0', decision({ v: 0 }), 'v: expected a version from 1, found 0'],
  ['no user', decision({ userId: '' }), 'userId: expected a text of 1–128 characters, found ""'],
  ['no event', decision({ event: undefined }), 'event: expected an object, found nothing'],
  ['no moment', decision({ at: 'soon' }), 'at: expected RFC 3339 with offset, found "soon"'],
  [
    'another trigger',
    decision({ event: { ...decision().event, trigger: 'jump' } }),
    'event.trigger: expected one of enter, dwell, exit, found "jump"',
  ],
  [
    'a number as text',
    decision({ event: { ...decision().event, localHour: '7' } }),
    'event.localHour: expected a number, found "7"',
  ],
  [
    'a flag as number',
    decision({ coupons: [decisionCoupon({ hasLocation: 1 })] }),
    'coupons[0].hasLocation: expected true or false, found 1',
  ],
  [
    'a text as null',
    decision({ coupons: [decisionCoupon(), decisionCoupon({ title: null })] }),
    'coupons[1].title: expected a text, found null',
  ],
  [
    'no merchant',
    decision({ coupons: [decisionCoupon({ merchant: undefined })] }),
    'coupons[0].merchant: expected an object, found nothing',
  ],
  ['no coupons', decision({ coupons: undefined }), 'coupons: expected a list, found nothing'],
  ['no age limit', decision({ maxEventAgeMs: undefined }), 'maxEventAgeMs: expected a number, found nothing'],
  [
    'no outcome',
    decision({ outcome: 'sent' }),
    'outcome: expected one of queued, filtered, dead_lettered, found "sent"',
  ],
];

it.each(BROKEN)('%s is said', (_what, value, problem) => {
  expect(readDecision(JSON.stringify(value))).toEqual({ ok: false, problem });
});

it.each(['', '{', '{"kind":"decision"'])('%j is no JSON', (line) => {
  expect(readDecision(line)).toEqual({ ok: false, problem: 'not JSON' });
});

it('an unknown reason is said, as nobody could compare it', () => {
  const read = readDecision(JSON.stringify(decision({ outcome: 'filtered', reason: 'rain' })));
  expect(read.ok ? '' : read.problem).toMatch(/^reason: expected one of disabled, .*, found "rain"$/);
});
