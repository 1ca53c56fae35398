/** What became of each coupon, in one sentence; what is known of its merchant; and where the words of its push come from. */
import { describe, expect, it } from 'vitest';
import type { LocationEvent } from '../../../../src/domain/event.ts';
import type { Merchant } from '../../../../src/domain/merchant.ts';
import type { Outcome } from '../../../../src/domain/outcome.ts';
import { explainDecision } from '../../../../src/replay/explain/explain.ts';
import { explainCoupon, summarizeCoupons } from '../../../../src/replay/explain/explain-coupon.ts';
import type { CapAsked, CouponTrace, Trace } from '../../../../src/replay/explain/trace.ts';
import { parseRules } from '../../../../src/rules/document/parse-rules.ts';
import { document, NOW } from '../../rules/documents.ts';
import { checkOf, explained } from './explained.ts';

const QUEUED: Outcome = { kind: 'queued', couponId: 'c-9', merchantId: 'm-9' };
const STALE: Outcome = { kind: 'filtered', reason: 'stale', rule: 'push.ttl' };
const parsed = parseRules(
  document(
    'rules: [{ id: a, when: merchant.known, then: exclude }, { id: b, when: merchant.active, then: boost, by: 1 }]',
  ),
);
const rules = parsed.ok ? parsed.document : expect.fail('no rules');
const coupon = { couponId: 'c-1', merchantId: 'm-1', title: 'T' };
const SCORED = { sum: 1234.5678, discountPercent: 20, boost: 1215, kilometers: 0.4322 };
const traced = (changes: Partial<CouponTrace> = {}): CouponTrace => ({
  judged: { coupon, merchant: undefined, distanceMeters: undefined, nowMs: NOW },
  ...{ limits: [], rules: [], score: SCORED, texts: [] },
  ...changes,
});
const traceOf = (one: CouponTrace, changes: Partial<Trace> = {}): Trace => ({
  ...{ checks: [], wasApiAsked: true, answer: { kind: 'coupons', coupons: [coupon] }, coupons: [one] },
  ranking: {
    candidates: one.score === undefined ? [] : [{ coupon, score: 1, text: () => ({ title: 'T' }) }],
    exclusions: [],
  },
  ...{ caps: [], tooLate: new Set<string>() },
  ...changes,
});
function explain(outcome: Outcome | undefined, trace: Partial<Trace> = {}, one = traced()) {
  const scene = { document: rules, trace: traceOf(one, trace), outcome, zone: undefined, locale: undefined };
  return explainCoupon(one, { ...scene, hidesPlaces: false });
}
const full = (couponId: string | undefined): CapAsked => ({
  ...{ cap: 0, couponId, least: 1, most: 1, sinceMs: [NOW - 3_600_000] },
});

describe('a coupon of which nothing is wrong', () => {
  it('comes behind the one that is pushed', () => {
    expect(explain(QUEUED)).toMatchObject({
      ...{ verdict: 'behind', says: 'comes after c-9, which is pushed', place: 1 },
      score: '1,234.568 = 20 % discount + 1,215 boosts − 0.432 km',
    });
    expect(explain({ kind: 'queued' }).says).toBe('comes after another, which is pushed');
    expect(explain(QUEUED)).not.toHaveProperty('texts');
  });

  it('is pushed where it is the one', () => {
    const { verdict, says, texts } = explain({ kind: 'queued', couponId: 'c-1' });
    expect([verdict, says]).toEqual(['pushed', 'is pushed']);
    expect(texts?.at(-1)).toBe('locale: the event has none');
  });

  it('may be pushed where that is not known', () => {
    expect(explain(undefined)).toMatchObject({
      ...{ verdict: 'not_known', says: 'is not excluded; whether it is pushed is not known' },
    });
  });

  it('has no room where its user has none', () => {
    expect(explain(STALE)).toMatchObject({
      ...{ verdict: 'no_room', says: 'has no room under the caps of its user' },
    });
    expect(explain(STALE)).not.toHaveProperty('needs');
  });

  it('was not judged where the time was over before', () => {
    const one = traced({ score: undefined });
    const { verdict, says, checks, ...more } = explain(STALE, {}, one);
    expect([verdict, says]).toEqual([
      'not_judged',
      'is excluded, as the rules took more than a second for the event',
    ]);
    expect(checks).toEqual(['a', 'b'].map((name) => ({ name, verdict: 'not_asked', says: '' })));
    expect([more.place, more.score]).toEqual([undefined, undefined]);
  });
});

it('a coupon whose time would be over is too late, whatever its caps', () => {
  expect(explain(STALE, { tooLate: new Set(['c-1']), caps: [full('c-1')] })).toMatchObject({
    ...{ verdict: 'too_late', says: 'would have to be sent after its time is over' },
  });
  expect(explain(STALE, { tooLate: new Set(['c-2']) }).verdict).toBe('no_room');
});

it('a coupon without room names its own cap and what it needs, and no other’s', () => {
  const { verdict, says, needs, checks } = explain(QUEUED, { caps: [full('c-1')] });
  expect([verdict, says]).toEqual(['no_room', 'has no room under caps[0]']);
  expect(needs).toBe(checks.at(-1)?.needs);
  expect(explain(QUEUED, { caps: [full('c-2')] }).verdict).toBe('behind');
});

it('coupons that nobody came to stand behind those that were judged', () => {
  const late = { couponId: 'c-2', merchantId: 'm-2', title: 'Late' };
  const one = traced();
  const trace = traceOf(one, { answer: { kind: 'coupons', coupons: [coupon, late] } });
  const event: LocationEvent = {
    ...{ eventId: 'e', userId: 'u', occurredAtMs: NOW, latitude: 0, longitude: 0 },
    ...{ trigger: 'enter' as const, pushConsent: true },
  };
  const decided = { document: rules, rules: { version: 'v', hash: 'h' }, event, nowMs: NOW };
  const { coupons } = explainDecision({ ...decided, trace, outcome: QUEUED });
  expect(coupons.map(({ couponId, verdict, title }) => [couponId, verdict, title])).toEqual([
    ['c-1', 'behind', 'T'],
    ['c-2', 'not_judged', 'Late'],
  ]);
  const open = explainDecision({ ...decided, trace: { ...trace, ranking: undefined }, outcome: QUEUED });
  expect(open.coupons).toHaveLength(1);
});

describe('a coupon that is excluded', () => {
  it('names the first that excludes it, and what stands behind was not asked', async () => {
    const { coupons } = await explained(
      'coupon: { discountPercent: 9 }',
      'coupon: { minDiscountPercent: 10 }\nrules: [{ id: r, when: merchant.known, then: exclude }]',
    );
    expect(coupons[0]).toMatchObject({
      says: 'is excluded by coupon.minDiscountPercent: a discount of 9 %, at least 10 %',
      needs: 'a discount of 10 % or more',
    });
    expect(coupons[0]?.checks.at(-1)).toEqual({ name: 'r', verdict: 'not_asked', says: '' });
    expect(coupons[0]).not.toHaveProperty('place');
  });

  it.each([
    [
      'merchant.known ? merchant.active : merchant.active',
      'is excluded by r (merchant.known ? merchant.active : merchant.active)',
    ],
    [
      'coupon.title == "A" || coupon.title == "A coupon"',
      'is excluded by r (coupon.title == "A" || coupon.title == "A coupon"): coupon.title is "A coupon"',
    ],
  ])('by %s is told with the values, each once', async (when, says) => {
    const { coupons } = await explained('', `rules: [{ id: r, when: '${when}', then: exclude }]`);
    expect(coupons[0]?.says).toBe(says);
  });

  it('leaves rules that were asked and do not exclude it as passed', async () => {
    const { coupons } = await explained(
      '',
      `rules:
  - { id: no, when: merchant.known, then: exclude }
  - { id: none, when: merchant.known, then: boost, by: 2.5 }
  - { id: more, when: merchant.active, then: boost, by: 3 }
  - { id: bad, when: int(coupon.title) > 1, then: exclude }`,
    );
    const of = (name: string) => checkOf(coupons[0]!.checks, name);
    expect(of('no')).toMatchObject({ verdict: 'passed', says: 'does not exclude it' });
    expect(of('none')).toMatchObject({ verdict: 'passed', says: 'no boost by 2.5', needs: 'merchant.known' });
    expect(of('more')).toMatchObject({ verdict: 'passed', says: 'boosts by 3' });
    expect([of('no').needs, of('more').needs]).toEqual([undefined, undefined]);
    expect(of('bad').verdict).toBe('stopped');
    expect(coupons[0]?.says).toBe(`is excluded by bad, which ${of('bad').says}`);
  });
});

describe('a merchant', () => {
  const said = (merchant: Merchant | undefined) =>
    explain(QUEUED, {}, traced({ judged: { coupon, merchant, distanceMeters: undefined, nowMs: NOW } }))
      .merchant;

  it.each<[Merchant | undefined, string]>([
    [undefined, 'the merchants document has no record of it'],
    [{ merchantId: 'm-1', active: true }, 'active'],
    [{ merchantId: 'm-1', active: false }, 'inactive'],
    [
      {
        ...{ merchantId: 'm-1', name: 'Café', tier: 'gold', category: 'food' },
        ...{ timeZone: 'Europe/Berlin', active: true },
      },
      'Café, tier gold, category food, time zone Europe/Berlin, active',
    ],
  ])('%j: %s', (merchant, text) => {
    expect(said(merchant)).toBe(text);
  });
});

describe('the words of a push', () => {
  it('are the first that have their values and are short enough', async () => {
    const { coupons } = await explained(
      `coupon: { category: ${'c'.repeat(4096)} }\nevent: { locale: de }`,
      `push:
  body: ["{{merchant.name}}", "too {{coupon.category}}", B]
  locales: { de: { title: "{{merchant.tier}} only" } }`,
    );
    expect(coupons[0]?.texts).toEqual([
      'title: the coupon’s own, as push.locales.de.title lacks {{merchant.tier}}',
      'body: push.body[2], as push.body[0] lacks {{merchant.name}} and push.body[1] is too long',
      'locale: de',
    ]);
  });
});

it('of many coupons each way to fall out is counted', async () => {
  const { coupons } = await explained(
    `coupons:
  - { couponId: a, merchantId: m-x }
  - { couponId: b, merchantId: m-x }
  - { couponId: c }
  - { couponId: d }`,
    'merchants: { deny: [m-x] }',
  );
  expect(summarizeCoupons(coupons)).toBe('4 more coupons: 1 pushed, 1 behind, 2 by merchants.deny');
  expect(summarizeCoupons([explain(undefined)])).toBe('1 more coupon: 1 not known');
});
