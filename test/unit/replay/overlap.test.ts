/** Events of one user that two pods decided at once: whose claim came first is known where the records say it, else not. */
import { expect, it } from 'vitest';
import type { DecisionRecord, DeliveryRecord } from '../../../src/domain/decision.ts';
import { recordedAnswer, type Answer } from '../../../src/replay/answer.ts';
import { readRecordedEvent, standingOf, type RecordedEvent } from '../../../src/replay/recorded-event.ts';
import { createPushesBefore } from '../../../src/replay/pushes-before.ts';
import { createReorder } from '../../../src/replay/reorder.ts';
import { createUserReplay } from '../../../src/replay/replay-user.ts';
import { mayPrecede } from '../../../src/replay/unsure-pushes.ts';
import { decision, decisionCoupon } from '../../support/decisions.ts';
import { rulesOf } from '../../support/replay/drawn-world.ts';

const ONE_A_DAY = JSON.stringify({ version: 'v', caps: [{ per: 'user', max: 1, window: '24h' }] });
const RULES = rulesOf(ONE_A_DAY);
const STRICT = rulesOf(JSON.stringify({ ...JSON.parse(ONE_A_DAY), coupon: { minDiscountPercent: 90 } }));
const at = (ms: number): string => new Date(Date.parse('2026-11-22T12:00:00Z') + ms).toISOString();

type Changes = { readonly [Field in keyof DecisionRecord]?: unknown };
function record(eventId: string, pod: string, changes: Changes): DecisionRecord {
  return decision({ eventId, pod, rulesVersion: 'v', rulesHash: RULES.hash, ...changes });
}
const PUSHED = { outcome: 'queued', couponId: 'c-1', merchantId: 'm-1' } as const;
const CAPPED = {
  ...{ outcome: 'filtered', reason: 'cooldown', rule: 'caps[0]' },
  ...{ couponId: undefined, merchantId: undefined },
} as const;
const NO_COUPONS = { ...CAPPED, reason: 'no_coupons', rule: 'couponApi.empty', coupons: [] } as const;

/** How pushes ended; else they were sent after five seconds. */
type Ends = Readonly<Record<string, Pick<DeliveryRecord, 'at' | 'outcome'>>>;

async function replay(
  records: readonly DecisionRecord[],
  rules = RULES,
  ends: Ends = {},
): Promise<ReadonlyMap<string, Answer>> {
  const replayed = createUserReplay({
    ...{ rules, against: undefined, beganMs: Date.parse(at(0)), nothingBefore: true },
  });
  const reorder = createReorder<RecordedEvent>(mayPrecede);
  for (const one of records) {
    const { userId, eventId, outcome } = one;
    if (outcome === 'queued') {
      const end = ends[eventId] ?? { at: at(5000), outcome: 'sent' };
      replayed.delivery({ kind: 'delivery', v: 1, userId, eventId, ...end });
    }
    const event = readRecordedEvent(one, 10_000);
    reorder.add(standingOf(event), event, 1);
  }
  const answers = new Map<string, Answer>();
  for (const { value, isLate, following } of reorder.rest()) {
    answers.set(value.record.eventId, (await replayed.decision(value, isLate, following)).after);
  }
  return answers;
}

it('of many events that overlap each is decided a few times, however many there are', async () => {
  let begun = 0;
  const nothing = (): void => undefined;
  const heard = { filter: nothing, couponsAsked: nothing, couponsAnswered: nothing, cap: nothing };
  const replayed = createUserReplay({
    ...{ rules: STRICT, against: RULES, beganMs: Date.parse(at(0)), nothingBefore: true },
    witness: { ...heard, begin: () => void (begun += 1) },
  });
  const reorder = createReorder<RecordedEvent>(mayPrecede);
  const events = Array.from({ length: 30 }, (_, index) =>
    readRecordedEvent(
      record(`e-${String(index)}`, `pod-${String(index)}`, { at: at(index), ...CAPPED }),
      10_000,
    ),
  );
  for (const event of events) reorder.add(standingOf(event), event, 1);
  for (const { value, isLate, following } of reorder.rest())
    await replayed.decision(value, isLate, following);
  expect(begun).toBeGreaterThanOrEqual(events.length);
  expect(begun).toBeLessThanOrEqual(3 * events.length);
});

/** The filters of e-1 were asked first, e-2 was claimed first. */
const crossed = [
  record('e-1', 'pod-1', {
    at: at(1251),
    askedAt: at(754),
    recalledAt: at(700),
    claimedAt: at(1300),
    ...CAPPED,
  }),
  record('e-2', 'pod-2', {
    at: at(1256),
    askedAt: at(991),
    recalledAt: at(950),
    claimedAt: at(1290),
    ...PUSHED,
  }),
];

const outcomeOf = (answer: Answer | undefined) =>
  answer?.kind === 'known' ? answer.outcome : answer?.because;

it('the claims are replayed in their own order, not in that of the decisions', async () => {
  const answers = await replay(crossed);
  for (const one of crossed) expect(outcomeOf(answers.get(one.eventId))).toMatchObject({ kind: one.outcome });
});

it('the order of claims that are not recorded is not known', async () => {
  const answers = await replay(
    crossed.map(({ recalledAt: _recalled, claimedAt: _claimed, ...untimed }) => untimed),
  );
  expect([...answers.values()].map(outcomeOf)).toEqual(['pushes', 'pushes']);
});

it('an event that was recalled before the other one’s claim does not see it', async () => {
  const answers = await replay([
    record('e-1', 'pod-1', { at: at(900), recalledAt: at(800), claimedAt: at(950), ...PUSHED }),
    record('e-2', 'pod-2', { at: at(990), recalledAt: at(940), ...NO_COUPONS }),
    record('e-3', 'pod-2', { at: at(999), recalledAt: at(990), ...CAPPED, couponApi: 'not_asked' }),
  ]);
  expect([...answers.values()].map(outcomeOf)).toMatchObject([
    { kind: 'filtered', reason: 'no_coupons' },
    { kind: 'queued' },
    { kind: 'filtered', reason: 'cooldown' },
  ]);
});

it('one pod takes a user’s events one after the other, whatever its clock says', async () => {
  const records = [
    record('e-1', 'pod-1', { at: at(60_000), recalledAt: at(100), claimedAt: at(200), ...PUSHED }),
    // The clock was set back meanwhile, and the event was recalled in the millisecond of the claim.
    record('e-2', 'pod-1', { at: at(400), recalledAt: at(200), ...CAPPED, couponApi: 'not_asked' }),
  ];
  const answers = await replay(records);
  for (const one of records)
    expect(outcomeOf(answers.get(one.eventId))).toMatchObject(recordedAnswer(one).outcome);
});

it('of two pods, a claim in the millisecond of the other one’s may have come before or after', async () => {
  const answers = await replay([
    record('e-1', 'pod-1', { at: at(100), recalledAt: at(100), claimedAt: at(200), ...PUSHED }),
    record('e-2', 'pod-2', { at: at(100), recalledAt: at(100), claimedAt: at(200), ...CAPPED }),
  ]);
  expect(outcomeOf(answers.get('e-2'))).toBe('pushes');
});

it('a push that only other rules make hangs on no order where the other event is never pushed', async () => {
  const cheap = record('e-1', 'pod-1', { at: at(100), recalledAt: at(50), ...NO_COUPONS });
  const rich = record('e-2', 'pod-2', {
    at: at(100),
    recalledAt: at(60),
    ...CAPPED,
    reason: 'rules_excluded',
  });
  const answers = await replay([cheap, rich]);
  expect(outcomeOf(answers.get('e-2'))).toMatchObject({ kind: 'queued' });
  const both = await replay([{ ...rich, eventId: 'e-1', pod: 'pod-1' }, rich]);
  expect([...both.values()].map(outcomeOf)).toEqual(['pushes', 'pushes']);
});

it('an event that an earlier run claimed is known again where that run is recorded', async () => {
  const first = record('e-1', 'pod-1', { at: at(100), recalledAt: at(50), claimedAt: at(110), ...PUSHED });
  const again = { ...first, pod: 'pod-2', at: at(900), recalledAt: at(890), couponApi: 'not_asked' } as const;
  const { claimedAt: _claimed, coupons: _coupons, ...resumed } = again;
  expect(outcomeOf((await replay([first, resumed])).get('e-1'))).toMatchObject({ kind: 'queued' });
  expect(outcomeOf((await replay([resumed])).get('e-1'))).toBe('resumed');
  // Other rules do not push the first run's; what the second would have been answered is not recorded.
  expect(outcomeOf((await replay([first, resumed], STRICT)).get('e-1'))).toBe('coupons');
});

it('a claim of which there is no record may have been made before any other event', async () => {
  const { coupons: _coupons, ...resumed } = record('e-1', 'pod-2', {
    ...{ at: at(900), recalledAt: at(890), couponApi: 'not_asked', ...PUSHED },
  });
  const capped = record('e-2', 'pod-1', {
    at: at(100),
    recalledAt: at(90),
    ...CAPPED,
    couponApi: 'not_asked',
  });
  const answers = await replay([capped, resumed]);
  expect(outcomeOf(answers.get('e-2'))).toBe('coupons');
  const excluded = record('e-2', 'pod-1', {
    ...{ at: at(100), recalledAt: at(90), claimedAt: at(120), ...CAPPED },
  });
  expect(outcomeOf((await replay([excluded, resumed])).get('e-2'))).toBe('pushes');
});

it.each([
  [899, ['cooldown']],
  [900, ['cooldown']],
  [901, []],
])(
  'of a push that ends rejected at 900 ms, an event that is recalled at %i finds %j',
  async (recalledMs, reasons) => {
    const pushed = record('e-1', 'pod-1', { at: at(100), recalledAt: at(50), claimedAt: at(110), ...PUSHED });
    const next = record('e-2', 'pod-2', {
      ...{ at: at(recalledMs), recalledAt: at(recalledMs), ...CAPPED, couponApi: 'not_asked' },
    });
    const answers = await replay([pushed, next], RULES, { 'e-1': { at: at(900), outcome: 'rejected' } });
    const found = answers.get('e-2');
    // Within one millisecond the order is not known.
    expect(found?.kind).toBe(recalledMs < 900 ? 'known' : 'unknown');
    const possible = found?.kind === 'known' ? [found.outcome] : (found?.possible ?? []);
    expect(possible.map((outcome) => ('reason' in outcome ? outcome.reason : outcome.kind))).toEqual(reasons);
  },
);

it('an event that two pods decide at once may be pushed with either one’s coupon', async () => {
  const excluded = { ...CAPPED, reason: 'rules_excluded', rule: 'coupon.minDiscountPercent' };
  const coupons = [decisionCoupon({ couponId: 'c-9', merchantId: 'm-9' })];
  const runs = [
    record('e-1', 'pod-1', { at: at(100), recalledAt: at(50), ...excluded }),
    record('e-1', 'pod-2', { at: at(5000), recalledAt: at(4900), ...excluded, coupons }),
  ];
  expect((await replay(runs)).get('e-1')).toMatchObject({ because: 'pushes', pushes: undefined });
  expect((await replay(runs.slice(0, 1))).get('e-1')).toMatchObject({ kind: 'known' });
});

it('a push that only other rules make lets its pod recall the next event again', async () => {
  const two = rulesOf(JSON.stringify({ version: 'v', caps: [{ per: 'user', max: 2, window: '24h' }] }));
  const records = [
    record('e-1', 'pod-1', { at: at(40), recalledAt: at(10), claimedAt: at(45), ...PUSHED }),
    record('e-2', 'pod-1', { at: at(100), recalledAt: at(50), ...CAPPED, reason: 'rules_excluded' }),
    record('e-3', 'pod-1', { at: at(170), recalledAt: at(150), ...CAPPED, couponApi: 'not_asked' }),
  ];
  const released = { 'e-1': { at: at(160), outcome: 'rejected' } } as const;
  const sent = { 'e-1': { at: at(160), outcome: 'sent' } } as const;
  // At 150 ms two pushes count; a moment later one of them no longer does.
  expect(outcomeOf((await replay(records, two, released)).get('e-3'))).not.toMatchObject({
    kind: 'filtered',
  });
  expect(outcomeOf((await replay(records, two, sent)).get('e-3'))).toMatchObject({ reason: 'cooldown' });
});

it('what a cap saw bounds the pushes before the recording for later questions alone', () => {
  const before = createPushesBefore(Date.parse(at(0)), 0);
  const cap = { per: 'user', max: 1, windowMs: 60_000 } as const;
  const narrow = { ...cap, windowMs: 10_000 };
  const moment = (ms: number) => ({ fromMs: Date.parse(at(ms)), untilMs: Date.parse(at(ms)) });
  before.nextEvent([]);
  before.atMost(cap, undefined, 0, moment(1000));
  expect(before.most(narrow, undefined, moment(1000))).toBe(0);
  expect(before.most(narrow, undefined, moment(999))).toBe(Infinity);
  expect(before.most({ ...cap, windowMs: 60_001 }, undefined, moment(1000))).toBe(Infinity);
  expect(before.most({ ...cap, windowMs: 60_001 }, undefined, moment(1001))).toBe(0);
  const unsure = { ...moment(2000), fromMs: Date.parse(at(999)) };
  expect(before.most(narrow, undefined, unsure)).toBe(Infinity);
});
