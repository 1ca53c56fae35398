/** What an example expects is compared with what came of it, and nothing else; a failure says why. */
import { describe, expect, it } from 'vitest';
import { runExample } from '../../../../src/replay/examples/run-example.ts';
import { explain } from '../../../../src/replay/examples/why.ts';
import { parseRules } from '../../../../src/rules/document/parse-rules.ts';
import { document } from '../../rules/documents.ts';
import { exampleFile, examplesOf } from './examples.ts';

async function run(expects: string, lines = '', sections = '') {
  const text = exampleFile(lines).replace('{ outcome: queued }', expects);
  const parsed = parseRules(document(sections));
  if (!parsed.ok) expect.fail(parsed.problems[0]?.message);
  const example = examplesOf(text)[0]!;
  const tried = await runExample(example, parsed.rules);
  return { ...tried, why: explain(parsed.document, example.given, tried.decision) };
}

describe('an expectation', () => {
  it.each([
    ['{ outcome: queued, coupon: coupon-1, title: A coupon, body: ~, deepLink: ~ }', ''],
    ['{ score: 19.7 }', 'coupon: { discountPercent: 20, distanceMeters: 300 }'],
    ['{ expiresAfter: 30m }', ''],
    ['{ expiresAfter: 1800s }', ''],
    ['{ expiresAfter: 10m }', 'coupon: { validUntil: +10m }'],
    ['{ body: B, deepLink: "app://x" }', 'coupon: { body: B, deepLink: "app://x" }'],
    ['{ outcome: filtered, reason: cooldown, rule: "caps[0]" }', 'pushes: [-1h]'],
    ['{ rule: merchant.active, coupon: coupon-1 }', 'merchants: [{ merchantId: merchant-1, active: false }]'],
  ])('%s holds with %s', async (expects, lines) => {
    expect((await run(expects, lines)).differences).toEqual([]);
  });

  it.each([
    ['{ outcome: filtered }', 'outcome', 'filtered', 'queued'],
    ['{ reason: stale }', 'reason', 'stale', undefined],
    ['{ coupon: c-9 }', 'coupon', 'c-9', 'coupon-1'],
    ['{ title: B }', 'title', 'B', 'A coupon'],
    ['{ body: B }', 'body', 'B', undefined],
    ['{ score: 1 }', 'score', 1, 0],
    ['{ expiresAfter: 29m }', 'expiresAfter', '29m', '30m'],
  ])('%s does not hold', async (expects, field, expected, actual) => {
    expect((await run(expects)).differences).toEqual([{ field, expected, actual }]);
  });

  it('is told in full, each field that differs', async () => {
    const { differences } = await run('{ outcome: filtered, reason: stale, title: A coupon }');
    expect(differences.map(({ field }) => field)).toEqual(['outcome', 'reason']);
  });
});

describe('the reason of an outcome', () => {
  const BERLIN = 'event: { timeZone: Europe/Berlin }';
  it.each([
    ['', 'enabled: false', 'enabled: false pushes nothing'],
    ['event: { pushConsent: false }', '', 'the event says pushConsent: false'],
    ['event: { occurredAt: -16m }', '', 'the event is 16m old, MAX_EVENT_AGE_MS is 15m'],
    ['event: { occurredAt: -6m }', 'event: { maxAge: 5m }', 'the event is 6m old, event.maxAge is 5m'],
    [
      'event: { trigger: exit }',
      'event: { triggers: [enter, dwell] }',
      'the trigger is exit, event.triggers are enter, dwell',
    ],
    [
      'event: { accuracyMeters: 9 }',
      'event: { maxAccuracyMeters: 8 }',
      'accuracyMeters is 9, event.maxAccuracyMeters is 8',
    ],
    [
      'event: { userId: user-160 }',
      'rollout: { percent: 99, salt: launch }',
      'user-160 stands at 99.41 of 100, rollout.percent is 99',
    ],
    [
      BERLIN,
      'quietHours: { from: "13:00", to: "14:00" }',
      'it is 13:00 in Europe/Berlin, quietHours are 13:00 to 14:00',
    ],
    [
      '',
      'quietHours: { from: "13:00", to: "14:00", unknownTimeZone: Europe/Berlin }',
      'it is 13:00 in Europe/Berlin (unknownTimeZone), quietHours are 13:00 to 14:00',
    ],
    [
      '',
      'quietHours: { from: "13:00", to: "14:00" }',
      'it is an unknown time zone, quietHours are 13:00 to 14:00',
    ],
    ['pushes: [-1h]', '', 'caps[0]: 1 of at most 1 per user in 24h are taken'],
    ['coupons: []', '', 'there are no coupons'],
    [
      'coupon: { discountPercent: 9 }',
      'coupon: { minDiscountPercent: 10 }',
      'coupon-1: excluded by coupon.minDiscountPercent: coupon.discountPercent is 9',
    ],
    [
      `${BERLIN}\ncoupon: { category: wine }`,
      'rules: [{ id: dry, when: coupon.category == "wine" && event.localHour < 14, then: exclude }]',
      'coupon-1: excluded by dry (coupon.category == "wine" && event.localHour < 14): coupon.category is "wine", event.localHour is 13',
    ],
    [
      '',
      'rules: [{ id: bad, when: int(coupon.title) > 1, then: exclude }]',
      expect.stringMatching(/^coupon-1: excluded, as bad failed: /),
    ],
    ['coupon: { discountPercent: 20 }', '', 'coupon-1: score 20'],
  ])('%s · %s', async (lines, sections, says) => {
    expect((await run('{ outcome: queued }', lines, sections)).why).toEqual([says]);
  });
});
