/** An explanation can't disagree with what it explains: its outcome is what the rules come to when nobody listens. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Coupon } from '../../../../src/domain/coupon.ts';
import type { Merchant } from '../../../../src/domain/merchant.ts';
import { decide, type Situation } from '../../../../src/replay/decide.ts';
import { explainGiven } from '../../../../src/replay/explain/explain-given.ts';
import { explainRecorded } from '../../../../src/replay/explain/explain-recorded.ts';
import type { Explanation } from '../../../../src/replay/explain/explanation.ts';
import { CLOCK_MARGIN_MS } from '../../../../src/replay/moments.ts';
import { readRecordedEvent, standingOf, type RecordedEvent } from '../../../../src/replay/recorded-event.ts';
import { createReorder } from '../../../../src/replay/reorder.ts';
import { mayPrecede } from '../../../../src/replay/unsure-pushes.ts';
import { createUserReplay } from '../../../../src/replay/replay-user.ts';
import { parseRules } from '../../../../src/rules/document/parse-rules.ts';
import { documentText, hidden, rulesOf, worldEvent } from '../../../support/replay/drawn-world.ts';
import { live } from '../../../support/replay/small-world.ts';

const NOW = Date.parse('2026-11-24T11:30:00Z');
const RUNS = 300;

const conditions = [
  'coupon.category == "wine" && event.localHour < 13',
  'merchant.tier == "gold" || coupon.discountPercent > 30',
  '!(merchant.known && coupon.hasLocation) && event.trigger == "enter"',
  'int(coupon.title) > 3',
  'coupon.title.matches("^[0-9]+$") ? event.latitude > 0 : merchant.known',
  '[1, 2].exists(n, double(n) * 10.0 == coupon.discountPercent)',
] as const;
const rule = fc.record({
  when: fc.constantFrom(...conditions),
  then: fc.constantFrom({ then: 'exclude' }, { then: 'boost', by: 15 }),
});
/** YAML: JSON is YAML. */
const document = fc
  .record({
    enabled: fc.constantFrom(true, true, true, true, true, false),
    caps: fc.array(
      fc.record({
        per: fc.constantFrom('user', 'user+merchant', 'user+coupon'),
        max: fc.integer({ min: 1, max: 2 }),
        window: fc.constantFrom('1h', '24h'),
      }),
      { maxLength: 3 },
    ),
    quietHours: fc.constantFrom(
      undefined,
      undefined,
      { from: '13:00', to: '14:00' },
      { from: '12:00', to: '13:00', unknownTimeZone: 'Europe/Berlin' },
    ),
    event: fc.constantFrom({}, { maxAge: '5m' }, { maxAccuracyMeters: 50 }, { triggers: ['enter'] }),
    coupon: fc.constantFrom({}, { minDiscountPercent: 20 }, { maxDistanceMeters: 500, minRemaining: '30m' }),
    merchants: fc.constantFrom({}, { deny: ['m-0'] }, { allow: ['m-1', 'm-2'] }),
    rollout: fc.constantFrom({ percent: 100 }, { percent: 100 }, { percent: 10, salt: 's' }),
    rules: fc.array(rule, { maxLength: 4 }),
    push: fc.constantFrom(
      {},
      { title: '{{merchant.name}}', body: ['{{coupon.distanceMeters}} m', 'near'] },
      { title: 'T', locales: { de: { title: 'D {{coupon.category}}' } }, ttl: '10m' },
    ),
  })
  .map(({ quietHours, rules, ...rest }) =>
    JSON.stringify({
      version: 'v',
      ...rest,
      ...(quietHours !== undefined && { quietHours }),
      rules: rules.map(({ when, then }, index) => ({ id: `r-${String(index)}`, when, ...then })),
    }),
  );

const coupon: fc.Arbitrary<Coupon> = fc
  .record(
    {
      couponId: fc.constantFrom('c-0', 'c-1', 'c-2', 'c-3'),
      merchantId: fc.constantFrom('m-0', 'm-1', 'm-2'),
      title: fc.constantFrom('coffee', '7'),
      category: fc.constantFrom('wine', 'coffee'),
      discountPercent: fc.constantFrom(10, 20, 40),
      place: fc.constantFrom(
        {},
        { latitude: 52.52, longitude: 13.405 },
        { latitude: 52.53, longitude: 13.405 },
      ),
      validUntilMs: fc.constantFrom(NOW - 1, NOW + 600_000, NOW + 36_000_000),
    },
    { requiredKeys: ['couponId', 'merchantId', 'title', 'place'] },
  )
  .map(({ place, ...rest }) => ({ ...rest, ...place }));

const given: fc.Arbitrary<Omit<Situation, 'rules'>> = fc
  .record({
    about: fc.record(
      {
        accuracyMeters: fc.constantFrom(10, 80),
        timeZone: fc.constantFrom('Europe/Berlin', 'America/New_York'),
        locale: fc.constantFrom('de-AT', 'fr'),
        merchantId: fc.constantFrom('m-0', 'm-1'),
      },
      { requiredKeys: [] },
    ),
    ageMs: fc.constantFrom(0, 60_000, 400_000, 1_000_000),
    trigger: fc.constantFrom('enter', 'enter', 'dwell'),
    pushConsent: fc.constantFrom(true, true, true, true, false),
    userId: fc.constantFrom('u-1', 'u-2', 'u-3'),
    coupons: fc.oneof(
      {
        weight: 9,
        arbitrary: fc
          .array(coupon, { maxLength: 5 })
          .map((coupons) => ({ kind: 'coupons' as const, coupons })),
      },
      {
        weight: 1,
        arbitrary: fc.constantFrom(
          { kind: 'stale' as const },
          { kind: 'failed' as const, error: 'answered 503' },
        ),
      },
    ),
    pushes: fc.array(
      fc.record({
        atMs: fc.integer({ min: NOW - 100_000_000, max: NOW }),
        merchantId: fc.constantFrom('m-0', 'm-1'),
        couponId: fc.constantFrom('c-0', 'c-1'),
      }),
      { maxLength: 2 },
    ),
    merchants: fc.array(
      fc.record({
        merchantId: fc.constantFrom('m-0', 'm-1'),
        tier: fc.constantFrom('gold', 'silver'),
        active: fc.boolean(),
      }),
      { maxLength: 2 },
    ),
  })
  .map(({ about, ageMs, trigger, pushConsent, userId, coupons, pushes, merchants }) => ({
    nowMs: NOW,
    maxEventAgeMs: 900_000,
    ...{ coupons, pushes },
    event: {
      ...{ eventId: 'e-1', userId, occurredAtMs: NOW - ageMs, latitude: 52.52, longitude: 13.405 },
      ...{ trigger, pushConsent, ...about },
    },
    findMerchant: (merchantId: string): Merchant | undefined =>
      merchants.find((merchant) => merchant.merchantId === merchantId),
  }));

/** What a reader would take for the outcome, from the checks alone. */
function faults({ outcome, checks, coupons, summary }: Explanation): readonly string[] {
  const stops = checks.filter(({ verdict }) => verdict === 'stopped');
  const pushed = coupons.filter(({ verdict }) => verdict === 'pushed');
  const found: string[] = [];
  if (stops.some(({ says, needs = '' }) => says === '' || needs === '')) found.push('a stop without words');
  if (outcome?.kind === 'queued') {
    if (stops.length > 0 || pushed[0]?.couponId !== outcome.couponId) found.push('another push');
  } else if (pushed.length > 0) found.push('a push that is none');
  if (outcome?.kind === 'filtered') {
    const own = coupons.flatMap((one) => one.checks.filter(({ verdict }) => verdict === 'stopped'));
    const isNamed = [...stops, ...own].some(({ name }) => outcome.rule === name);
    const isOfApi = outcome.rule.startsWith('couponApi.') || checks.at(-1)?.verdict === 'stopped';
    if (!isNamed && !isOfApi) found.push(`nothing is named ${outcome.rule}`);
    if (outcome.reason === 'rules_excluded' && coupons.some(({ verdict }) => verdict !== 'excluded'))
      found.push('a coupon that is left');
    if (stops.length > 1) found.push('two stops');
    if (!/^No push: .{5}/.test(summary)) found.push('no summary');
  }
  return found;
}

describe('an explanation', () => {
  it('of a given situation has the outcome and the words that pods would have', async () => {
    const seen = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(document, given, async (text, situation) => {
        const parsed = parseRules(text);
        if (!parsed.ok) expect.fail(parsed.problems[0]?.message);
        const decided = await decide({ ...situation, rules: parsed.rules });
        const { explanation } = await explainGiven(parsed.document, parsed.rules.hash, situation);
        expect(explanation.outcome).toEqual(decided.outcome);
        const { expiresAtMs: _, ...words } = decided.push ?? { expiresAtMs: 0 };
        expect(explanation.push ?? {}).toEqual(words);
        expect(faults(explanation)).toEqual([]);
        const { outcome } = decided;
        const key = outcome.kind === 'queued' ? outcome.kind : outcome.reason;
        seen.set(key, (seen.get(key) ?? 0) + 1);
      }),
      { numRuns: RUNS },
    );
    // One that comes nowhere would agree, too.
    const reasons = ['disabled', 'no_consent', 'stale', 'trigger', 'inaccurate', 'not_in_rollout'];
    for (const key of [...reasons, 'quiet_hours', 'cooldown', 'no_coupons', 'rules_excluded', 'queued'])
      expect(seen.get(key) ?? 0, key).toBeGreaterThan(0);
  });

  it('without coupons is not decided where it comes to them, and as ever where it does not', async () => {
    const seen = { known: 0, unknown: 0 };
    await fc.assert(
      fc.asyncProperty(document, given, async (text, situation) => {
        const parsed = parseRules(text);
        if (!parsed.ok) expect.fail(parsed.problems[0]?.message);
        const decided = await decide({ ...situation, rules: parsed.rules });
        const open = await explainGiven(parsed.document, parsed.rules.hash, {
          ...situation,
          coupons: undefined,
        });
        if (open.explanation.outcome === undefined) {
          seen.unknown += 1;
          expect(open.explanation.checks.at(-1)).toMatchObject({ name: 'coupons', verdict: 'not_known' });
        } else {
          seen.known += 1;
          expect(open.explanation.outcome).toEqual(decided.outcome);
        }
      }),
      { numRuns: RUNS / 3 },
    );
    expect(Math.min(seen.known, seen.unknown)).toBeGreaterThan(RUNS / 20);
  });

  it('of a recorded event says what a replay of the recording comes to', async () => {
    const seen = { known: 0, unknown: 0, pushed: 0 };
    const world = fc.record({
      events: fc.array(worldEvent, { minLength: 1, maxLength: 4 }),
      unseen: hidden(4),
      liveText: documentText,
      text: documentText,
    });
    await fc.assert(
      fc.asyncProperty(world, async ({ events, unseen, liveText, text }) => {
        const { records, written, deliveries } = await live(events, unseen, rulesOf(liveText));
        const parsed = parseRules(text);
        if (!parsed.ok) expect.fail(parsed.problems[0]?.message);
        const replay = createUserReplay({
          rules: parsed.rules,
          against: undefined,
          beganMs: Date.parse(records[0]!.at),
          nothingBefore: false,
        });
        for (const delivery of deliveries) replay.delivery(delivery);
        const reorder = createReorder<RecordedEvent>(mayPrecede);
        for (const record of written) {
          const recorded = readRecordedEvent(record, CLOCK_MARGIN_MS);
          reorder.add(standingOf(recorded), recorded, 1);
        }
        for (const { value, isLate, following } of reorder.rest()) {
          const { record, after, isFirst } = await replay.decision(value, isLate, following);
          // Of an event that was delivered again the first run is explained.
          if (!isFirst) continue;
          const lines = [...deliveries, ...written];
          const user = { lines, beganMs: Date.parse(records[0]!.at), unreadable: 0 };
          const explanation = await explainRecorded(parsed.document, parsed.rules.hash, record.eventId, user);
          if (explanation === undefined) expect.fail('there is the event');
          seen[after.kind] += 1;
          expect(explanation.outcome).toEqual(after.kind === 'known' ? after.outcome : undefined);
          expect(explanation.push).toEqual(after.kind === 'known' ? after.text : undefined);
          if (after.kind === 'known') expect(faults(explanation)).toEqual([]);
          else expect(explanation.summary).toMatch(/^Not known: /);
          if (explanation.outcome?.kind === 'queued') seen.pushed += 1;
        }
      }),
      { numRuns: RUNS / 2 },
    );
    expect(Math.min(seen.known, seen.unknown, seen.pushed)).toBeGreaterThan(RUNS / 20);
  });
});
