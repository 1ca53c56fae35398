/** A user's recorded events, decided by other rules: what is known of each, and what hangs on what nobody recorded. */
import { describe, expect, it } from 'vitest';
import type { DecisionRecord, DeliveryRecord } from '../../../src/domain/decision.ts';
import type { Ruleset } from '../../../src/pipeline/ports.ts';
import type { Answer } from '../../../src/replay/answer.ts';
import { readRecordedEvent, type RecordedEvent } from '../../../src/replay/recorded-event.ts';
import { createUserReplay } from '../../../src/replay/replay-user.ts';
import { decision, decisionCoupon } from '../../support/decisions.ts';
import { afterNoon, NOON_MS } from '../../support/replay/answers.ts';
import { rulesOf } from '../../support/replay/drawn-world.ts';

const DAILY = { per: 'user', max: 1, window: '24h' };
const PER_COUPON = { per: 'user+coupon', max: 1, window: '12h' };
const rulesWith = (caps: readonly object[], more = {}): Ruleset =>
  rulesOf(JSON.stringify({ version: 'v', caps, ...more }));
const RULES = rulesWith([DAILY]);

type Changes = { readonly [Field in keyof DecisionRecord]?: unknown };
const ended = (reason: string, rule: string): Changes => ({
  ...{ outcome: 'filtered', reason, rule, couponId: undefined, merchantId: undefined },
});
const CAPPED = ended('cooldown', 'caps[0]');
const EXCLUDED = ended('rules_excluded', 'too-dear');
const UNASKED: Changes = { couponApi: 'not_asked', coupons: undefined };

/** @param askedAt seconds after noon: of the recall, and of the claim where there was one. */
function event(eventId: string, pod: string, askedAt: readonly number[], changes: Changes): RecordedEvent {
  const [recalled = 0, claimed] = askedAt;
  const record = decision({
    ...{ eventId, pod, rulesVersion: 'v', rulesHash: RULES.hash },
    ...{ at: afterNoon(claimed ?? recalled), recalledAt: afterNoon(recalled) },
    ...(claimed !== undefined && { claimedAt: afterNoon(claimed) }),
    ...changes,
  });
  return readRecordedEvent(record, 10_000);
}
const coupon = (id: string, discountPercent = 20, changes = {}) =>
  decisionCoupon({ couponId: `c-${id}`, merchantId: `m-${id}`, discountPercent, ...changes });

function replay(rules = RULES, nothingBefore = true) {
  const replayed = createUserReplay({ rules, against: undefined, beganMs: NOON_MS, nothingBefore });
  return {
    async decide(one: RecordedEvent, ...following: readonly RecordedEvent[]): Promise<Answer> {
      return (await replayed.decision(one, false, following)).after;
    },
    deliver(eventId: string, seconds: number, outcome: DeliveryRecord['outcome']) {
      replayed.delivery({ kind: 'delivery', v: 1, userId: 'u-1', eventId, at: afterNoon(seconds), outcome });
    },
  };
}

describe('an earlier push', () => {
  const pushed = event('e-1', 'pod-1', [0.05, 0.11], {});
  const next = event('e-2', 'pod-2', [5, 6], CAPPED);

  it('of which no report is read may count or not', async () => {
    const { decide } = replay();
    expect(await decide(pushed)).toMatchObject({ kind: 'known', outcome: { kind: 'queued' } });
    expect(await decide(next)).toMatchObject({ kind: 'unknown', because: 'pushes', isPushed: 'maybe' });
  });

  it('that two reports say was sent counts', async () => {
    const { decide, deliver } = replay();
    await decide(pushed);
    deliver('e-1', 1, 'sent');
    deliver('e-1', 2, 'sent');
    expect(await decide(next)).toMatchObject({ kind: 'known', outcome: { reason: 'cooldown' } });
  });

  it('of which two reports say something else may count or not', async () => {
    const { decide, deliver } = replay();
    await decide(pushed);
    deliver('e-1', 1, 'sent');
    deliver('e-1', 2, 'rejected');
    expect(await decide(next)).toMatchObject({ kind: 'unknown', because: 'pushes' });
  });
});

describe('an event of which pods made two runs at once', () => {
  it('may be pushed with either one’s coupon', async () => {
    const { decide, deliver } = replay();
    deliver('e-1', 5, 'sent');
    await decide(event('e-1', 'pod-1', [0.05, 0.11], {}));
    const other = event('e-1', 'pod-2', [0.11, 0.11], { coupons: [coupon('9')] });
    expect(await decide(other)).toEqual({
      ...{ kind: 'unknown', because: 'pushes', isPushed: 'maybe', pushes: undefined, possible: [] },
    });
  });

  it('is in no other event’s way where the later run only found it again', async () => {
    const strict = rulesWith([DAILY], { coupon: { minDiscountPercent: 90 } });
    const { decide } = replay(strict);
    await decide(event('e-1', 'pod-1', [0.05, 0.11], {}));
    const again = event('e-1', 'pod-3', [0.6], UNASKED);
    const next = event('e-2', 'pod-2', [0.3, 0.4], { ...CAPPED, coupons: [coupon('9', 95)] });
    expect(await decide(next, again)).toMatchObject({ kind: 'known', outcome: { couponId: 'c-9' } });
  });
});

describe('a push of one of several coupons', () => {
  it('is surely pushed where a cap on coupons decides which: the best, or the next with room', async () => {
    const { decide } = replay(rulesWith([PER_COUPON]));
    await decide(event('e-1', 'pod-1', [0.05, 0.11], {}));
    const coupons = [coupon('1', 40), coupon('2', 30), coupon('3', 25)];
    const answer = await decide(event('e-2', 'pod-2', [5, 6], { coupons }));
    expect(answer).toMatchObject({
      ...{ kind: 'unknown', because: 'pushes', isPushed: 'surely' },
      pushes: [{ couponId: 'c-1' }, { couponId: 'c-2' }],
      possible: [{ couponId: 'c-1' }, { couponId: 'c-2' }],
    });
  });

  it('may be any where an event that overlaps was never asked for its coupons', async () => {
    const { decide } = replay(rulesWith([PER_COUPON]));
    const other = event('e-2', 'pod-2', [0.3], { ...UNASKED, ...ended('trigger', 'event.triggers') });
    const answer = await decide(event('e-1', 'pod-1', [0.2, 0.4], {}), other);
    expect(answer).toMatchObject({ kind: 'unknown', because: 'pushes', isPushed: 'maybe' });
  });
});

describe('a coupon that ends about when its push would have been claimed', () => {
  const ending = (seconds: number) => ({
    coupons: [coupon('1', 20, { hasValidUntil: true, validUntil: afterNoon(seconds), remainingSeconds: 9 })],
  });

  it('is pushed or not by the clock that is asked', async () => {
    const { decide } = replay();
    const answer = await decide(event('e-1', 'pod-1', [0.5], { ...EXCLUDED, ...ending(5) }));
    expect(answer).toMatchObject({
      ...{ kind: 'unknown', because: 'clocks', isPushed: 'maybe' },
      possible: [{ kind: 'queued' }, { kind: 'filtered', reason: 'stale', rule: 'coupon.validUntil' }],
    });
  });

  it('is not pushed, for one reason or another, where there may be an earlier push, too', async () => {
    const { decide } = replay();
    await decide(event('e-1', 'pod-1', [0.55, 0.6], {}));
    const late = event('e-2', 'pod-2', [0.5, 2], { ...CAPPED, at: afterNoon(1), ...ending(1.5) });
    expect(await decide(late)).toMatchObject({
      ...{ kind: 'unknown', isPushed: 'no', pushes: [] },
      possible: [{ reason: 'stale' }, { reason: 'cooldown' }],
    });
  });
});

describe('pushes from before the recording', () => {
  it('were not in the way of an event that pods pushed', async () => {
    const { decide } = replay(RULES, false);
    expect(await decide(event('e-1', 'pod-1', [1, 2], {}))).toMatchObject({ kind: 'known' });
  });

  it('may be in the way of one that pods decided by rules that are not known', async () => {
    const { decide } = replay(RULES, false);
    const unwanted = { event: { ...decision().event, pushConsent: false } };
    // It ended before its caps were asked, so it shows nothing.
    await decide(
      event('e-1', 'pod-1', [1], { ...UNASKED, ...ended('no_consent', 'pushConsent'), ...unwanted }),
    );
    const next = event('e-2', 'pod-1', [20, 21], { rulesHash: 'not known' });
    expect(await decide(next)).toMatchObject({ kind: 'unknown', because: 'before', isPushed: 'maybe' });
  });

  it('were in the way of an event that had no room, whatever is recorded', async () => {
    const { decide } = replay(RULES, false);
    const answer = await decide(event('e-1', 'pod-1', [1], { ...UNASKED, ...CAPPED }));
    expect(answer).toMatchObject({ kind: 'known', outcome: { reason: 'cooldown', rule: 'caps[0]' } });
  });

  it('were none of a coupon where there was none at all', async () => {
    const both = rulesWith([DAILY, PER_COUPON]);
    const { decide } = replay(both, false);
    const answer = await decide(event('e-1', 'pod-1', [1], { ...EXCLUDED, rulesHash: both.hash }));
    expect(answer).toMatchObject({ kind: 'known', outcome: { kind: 'queued', couponId: 'c-1' } });
  });
});
