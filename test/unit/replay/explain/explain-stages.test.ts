/** What each stage of an event went by, also where it let the event pass; and how the whole of it ends in one sentence. */
import { describe, expect, it } from 'vitest';
import type { LocationEvent } from '../../../../src/domain/event.ts';
import type { CouponAnswer } from '../../../../src/pipeline/ports.ts';
import { explainDecision, explainRefused } from '../../../../src/replay/explain/explain.ts';
import { createTracer } from '../../../../src/replay/explain/trace.ts';
import { parseRules } from '../../../../src/rules/document/parse-rules.ts';
import { document } from '../../rules/documents.ts';
import { checkOf, explained } from './explained.ts';

const NOON = Date.parse('2026-11-24T12:00:00Z');
const linesOf = async (...asked: Parameters<typeof explained>): Promise<readonly string[]> =>
  (await explained(...asked)).checks.map(({ name, verdict, says }) => `${name} ${verdict}: ${says}`);

describe('an event that passes', () => {
  it('by rules that ask for nothing', async () => {
    expect(await linesOf()).toEqual([
      'validation passed: every field keeps to its rule',
      'enabled passed: the rules are in force',
      'pushConsent passed: the user consents to pushes',
      'MAX_EVENT_AGE_MS passed: the event is 0s old, at most 15m',
      'event.triggers passed: the trigger is enter, and all count',
      'event.maxAccuracyMeters passed: the event has no accuracy, there is no limit',
      'rollout passed: all users take part',
      'quietHours passed: there are none',
      'caps[0] passed: 0 pushes count, at most 1 per user in 24h',
      'coupons passed: the API answered 1 coupon',
    ]);
  });

  it('by rules that ask for much', async () => {
    const lines = await linesOf(
      'event: { timeZone: Europe/Berlin, accuracyMeters: 12.3456, occurredAt: -90s }',
      `event: { maxAge: 5m, triggers: [enter], maxAccuracyMeters: 50.5 }
rollout: { percent: 99, salt: launch }
quietHours: { from: "21:00", to: "08:00" }`,
    );
    expect(lines.slice(3, 8)).toEqual([
      'event.maxAge passed: the event is 1m 30s old, at most 5m',
      'event.triggers passed: the trigger is enter, and enter counts',
      'event.maxAccuracyMeters passed: the position is accurate to 12.346 m, at most 50.5 m',
      'rollout passed: user-1 stands at 19.516 of 100, and 99 % take part',
      'quietHours passed: it is 13:00 in Europe/Berlin, quiet from 21:00 to 08:00; they begin next at 2026-11-24 21:00:00 in Europe/Berlin',
    ]);
  });

  it('needs nothing, and has its words and its local time', async () => {
    const lines = 'event: { timeZone: Europe/Berlin }\ncoupon: { deepLink: "app://x", body: B }';
    const { at, localTime, event, summary, needs, push, checks, notes } = await explained(lines);
    expect(at).toBe('2026-11-24T12:00:00.000Z');
    expect(localTime).toBe('2026-11-24 13:00:00 in Europe/Berlin');
    expect(event).toEqual({ userId: 'user-1', eventId: 'event-1' });
    expect(summary).toBe(
      'A push: coupon coupon-1 of merchant-1, to be sent by 2026-11-24 13:30:00 in Europe/Berlin',
    );
    expect(push).toEqual({ title: 'A coupon', body: 'B', deepLink: 'app://x' });
    expect([needs, ...checks.map((check) => check.needs)].every((one) => one === undefined)).toBe(true);
    expect(notes).toEqual([]);
    expect(await explained()).not.toHaveProperty('localTime');
  });

  it('of an accuracy that it does not state is told so, with the limit', async () => {
    const { checks } = await explained('', 'event: { maxAccuracyMeters: 50 }');
    expect(checkOf(checks, 'event.maxAccuracyMeters').says).toBe('the event has no accuracy, at most 50 m');
  });

  it('by a trigger of several', async () => {
    const { checks } = await explained('', 'event: { triggers: [enter, dwell] }');
    expect(checkOf(checks, 'event.triggers').says).toBe('the trigger is enter, and enter or dwell count');
  });

  it('that is from a moment to come counts as just now', async () => {
    const { checks } = await explained('event: { occurredAt: +1s }');
    expect(checkOf(checks, 'MAX_EVENT_AGE_MS').says).toBe('the event is 0s old, at most 15m');
  });

  it('by the zone that stands in for an unknown one', async () => {
    const { localTime, checks } = await explained(
      '',
      'quietHours: { from: "21:00", to: "08:00", unknownTimeZone: Asia/Tokyo }\nenabled: true',
      undefined,
      { nowMs: NOON - 6 * 3_600_000, event: eventAt(NOON - 6 * 3_600_000) },
    );
    expect(localTime).toBe('2026-11-24 15:00:00 in Asia/Tokyo');
    expect(checkOf(checks, 'quietHours').says).toMatch(/^it is 15:00 in Asia\/Tokyo \(quietHours.unknown/);
  });
});

function eventAt(occurredAtMs: number): LocationEvent {
  return {
    ...{ eventId: 'e', userId: 'u', occurredAtMs, latitude: 0, longitude: 0 },
    ...{ trigger: 'enter' as const, pushConsent: true },
  };
}

describe('what stops an event', () => {
  it('is told with everything behind it, which was not asked', async () => {
    const { checks } = await explained('', 'enabled: false');
    expect(checks.slice(1)).toEqual([
      {
        ...{ name: 'enabled', verdict: 'stopped' },
        says: 'the rules are switched off, nothing is pushed',
        needs: 'enabled: true in the rules',
      },
      ...['pushConsent', 'event.maxAge', 'event.triggers', 'event.maxAccuracyMeters', 'rollout']
        .concat('quietHours', 'caps[0]', 'coupons')
        .map((name) => ({ name, verdict: 'not_asked', says: '' })),
    ]);
  });

  it('is the user’s wish', async () => {
    const { summary, needs } = await explained('event: { pushConsent: false }');
    expect(summary).toBe('No push: pushConsent: the event says that the user does not want pushes');
    expect(needs).toBe('pushConsent: true in the event');
  });

  it('is night for a user of an unknown time zone, by words that say so', async () => {
    const { checks } = await explained('', 'quietHours: { from: "21:00", to: "08:00" }');
    expect(checkOf(checks, 'quietHours').says).toBe(
      'nobody knows the user’s time zone, and nothing is pushed then; quiet from 21:00 to 08:00',
    );
  });
});

describe('the coupon API', () => {
  const answered = (coupons: CouponAnswer | undefined) => explained('', '', undefined, { coupons });
  const coupon = { couponId: 'a', merchantId: 'm', title: 'T' };

  it.each<[CouponAnswer, kind: string, says: string, needs: string]>([
    [
      { kind: 'stale' },
      'filtered',
      'the API had not answered when the event was too old',
      'an earlier answer',
    ],
    [
      { kind: 'failed', error: 'answered 503' },
      'dead_lettered',
      'the API failed: answered 503',
      'an answer with coupons',
    ],
    [
      { kind: 'rejected', error: 'answered 400' },
      'dead_lettered',
      'the API refused the call: answered 400',
      'an answer with coupons',
    ],
    [
      { kind: 'coupons', coupons: [] },
      'filtered',
      'the API has none for this place',
      'a coupon for this place',
    ],
    [
      { kind: 'coupons', coupons: [], invalid: 2 },
      'filtered',
      'the API answered none that keeps to its schema, and 2 coupons that broke the schema',
      'a coupon for this place',
    ],
  ])('that answers %j ends the event', async (answer, kind, says, needs) => {
    const { outcome, summary, checks, ...whole } = await answered(answer);
    expect(outcome?.kind).toBe(kind);
    expect(checks.at(-1)).toEqual({ name: 'coupons', verdict: 'stopped', says, needs });
    expect(summary).toBe(`No push: coupons: ${says}`);
    expect(whole.needs).toBe(needs);
  });

  it('that answers some coupons which break its schema is told of', async () => {
    const { checks } = await answered({ kind: 'coupons', coupons: [coupon], invalid: 1 });
    expect(checks.at(-1)?.says).toBe('the API answered 1 coupon, and 1 coupon that broke the schema');
  });

  it('of which nobody says what it has leaves the event open', async () => {
    const { outcome, summary, needs, checks, coupons } = await answered(undefined);
    expect([outcome, coupons]).toEqual([undefined, []]);
    expect(summary).toBe('Not known: which coupons the API has for this place is not known');
    expect(needs).toBe('`coupons` beside `event`, as examples have them');
    expect(checks.at(-1)).toMatchObject({ name: 'coupons', verdict: 'not_known', says: summary.slice(11) });
  });
});

describe('an event without a push', () => {
  it('of many coupons tells of three, and how many more there are', async () => {
    const five = ['a', 'b', 'c', 'd', 'e'].map((id) => `{ couponId: ${id}, merchantId: m-${id} }`);
    const deny = 'merchants: { deny: [m-a, m-b, m-c, m-d, m-e] }';
    const said = (count: number) => explained(`coupons: [${five.slice(0, count).join(', ')}]`, deny);
    const { summary, needs } = await said(5);
    expect(summary).toBe(
      'No push: none of 5 coupons is left: a is excluded by merchants.deny: m-a is denied; b is excluded by merchants.deny: m-b is denied; c is excluded by merchants.deny: m-c is denied; and 2 coupons more',
    );
    expect(needs).toBeUndefined();
    expect((await said(3)).summary).toMatch(/m-c is denied$/);
    expect((await said(1)).needs).toBe('merchants.deny without m-a');
  });

  it('that ended by an error which no stage shows tells the error', () => {
    const trace = createTracer().read();
    const outcome = { kind: 'dead_lettered', reason: 'internal_error', error: 'a defect' } as const;
    const rules = parseRules(document());
    const decided = { rules: { version: 'v', hash: 'h' }, event: eventAt(NOON), nowMs: NOON, trace, outcome };
    expect(explainDecision({ ...decided, document: rules.ok ? rules.document : expect.fail() }).summary).toBe(
      'No push: a defect',
    );
  });

  it('that pods take for none is told with the field', () => {
    const outcome = { kind: 'dead_lettered', reason: 'invalid', error: 'latitude: is missing' } as const;
    const needs = 'an event whose fields are as deploy/README.md says';
    const refused = { eventId: 'e-1', userId: undefined, outcome };
    expect(explainRefused({ version: 'v', hash: 'h' }, refused)).toEqual({
      rules: { version: 'v', hash: 'h' },
      event: { userId: undefined, eventId: 'e-1' },
      at: undefined,
      outcome,
      summary:
        'No push: pods take it for no event, and put it into the dead-letter topic: latitude: is missing',
      needs,
      notes: [],
      checks: [{ name: 'validation', verdict: 'stopped', says: 'latitude: is missing', needs }],
      coupons: [],
    });
  });
});
