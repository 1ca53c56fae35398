/** What an answer says: when two are the same, how many pushes one is, and of which events nothing can be said. */
import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../../src/domain/outcome.ts';
import {
  anyPush,
  isSameOutcome,
  pushesOf,
  recordedAnswer,
  unknownAtOnce,
  type Answer,
} from '../../../src/replay/answer.ts';
import { decision } from '../../support/decisions.ts';
import { deadLettered, filtered, queued, unknown } from '../../support/replay/answers.ts';

const ENDED = { couponId: undefined, merchantId: undefined } as const;

describe('an answer', () => {
  it.each<[string, Answer, number, number]>([
    ['queued is one push', queued(), 1, 1],
    ['filtered is none', filtered(), 0, 0],
    ['dead-lettered is none', deadLettered('coupon_api_failed'), 0, 0],
    ['not known may be one', unknown(), 0, 1],
    ['not known may surely be one', unknown({ isPushed: 'surely' }), 1, 1],
    ['not known may surely be none', unknown({ isPushed: 'no' }), 0, 0],
  ])('that is %s', (_what, answer, least, most) => {
    expect(pushesOf(answer)).toEqual({ least, most });
  });

  it('of which nothing is known may be a push of whatever coupon', () => {
    expect(anyPush('defect')).toEqual({
      ...{ kind: 'unknown', because: 'defect', isPushed: 'maybe', pushes: undefined, possible: [] },
    });
  });
});

describe('of an event', () => {
  const resumed = decision({ couponApi: 'not_asked', coupons: undefined });

  it('that ended by a defect nothing can be said, of any other something can', () => {
    const ended = (reason: string) =>
      unknownAtOnce(decision({ outcome: 'dead_lettered', reason, ...ENDED }), false);
    expect([ended('internal_error'), ended('coupon_api_failed')]).toEqual(['defect', undefined]);
    expect(unknownAtOnce(decision(), false)).toBeUndefined();
  });

  it('that an earlier run claimed nothing can be said, unless that run is recorded', () => {
    expect([unknownAtOnce(resumed, false), unknownAtOnce(resumed, true)]).toEqual(['resumed', undefined]);
  });
});

describe('what pods did is read from its record', () => {
  const rules = { rulesVersion: '1', rulesHash: '0123456789ab' };

  it('of a push: which it is', () => {
    expect(recordedAnswer(decision())).toEqual({
      ...{ kind: 'known', text: undefined },
      outcome: { kind: 'queued', couponId: 'c-1', merchantId: 'm-1', ...rules },
    });
  });

  it('of a filtered event: why, and by what', () => {
    const record = decision({ outcome: 'filtered', reason: 'stale', rule: 'event.maxAge', ...ENDED });
    expect(recordedAnswer(record).outcome).toEqual({
      ...{ kind: 'filtered', reason: 'stale', rule: 'event.maxAge', ...rules },
    });
    const { rule: _rule, ...unnamed } = record;
    expect(recordedAnswer(unnamed).outcome).toMatchObject({ rule: '' });
  });

  it('of a dead-lettered event: why, and with which error', () => {
    const record = decision({
      outcome: 'dead_lettered',
      reason: 'coupon_api_failed',
      error: 'timeout',
      ...ENDED,
    });
    expect(recordedAnswer(record).outcome).toEqual({
      ...{ kind: 'dead_lettered', reason: 'coupon_api_failed', error: 'timeout', ...rules },
    });
    const { error: _error, ...silent } = record;
    expect(recordedAnswer(silent).outcome).toMatchObject({ error: '' });
  });
});

describe('two outcomes', () => {
  const outcome = (answer: Answer): Outcome =>
    answer.kind === 'known' ? answer.outcome : expect.unreachable();
  const excluded = filtered('rules_excluded', 'too-dear');

  it.each<[string, Answer, Answer]>([
    ['of one coupon', queued('c-1'), queued('c-1')],
    ['of one reason and rule', excluded, filtered('rules_excluded', 'too-dear')],
    ['dead-lettered by one reason', deadLettered('coupon_api_failed'), deadLettered('coupon_api_failed')],
  ])('%s are the same, whatever the versions', (_what, one, other) => {
    const older = { ...outcome(other), rulesVersion: '0', rulesHash: '' };
    expect(isSameOutcome(outcome(one), older)).toBe(true);
  });

  it('dead-lettered by one reason are the same, whatever the error', () => {
    const failed = outcome(deadLettered('coupon_api_failed'));
    expect(isSameOutcome(failed, { ...failed, error: 'another' } as Outcome)).toBe(true);
  });

  it.each<[string, Answer, Answer]>([
    ['kinds', queued(), filtered()],
    ['coupons', queued('c-1'), queued('c-2')],
    ['rules', excluded, filtered('rules_excluded', 'too-far')],
    ['reasons', excluded, filtered('stale', 'too-dear')],
    ['reasons to be dead-lettered', deadLettered('coupon_api_failed'), deadLettered('coupon_api_rejected')],
  ])('of other %s are not', (_what, one, other) => {
    expect(isSameOutcome(outcome(one), outcome(other))).toBe(false);
    expect(isSameOutcome(outcome(other), outcome(one))).toBe(false);
  });

  it('of one coupon id are not the same where these are of two merchants, or one is of none', () => {
    const push = outcome(queued());
    expect(isSameOutcome(push, { ...push, merchantId: 'm-2' })).toBe(false);
    expect(isSameOutcome(push, { ...push, couponId: 'c-2' })).toBe(false);
  });
});
