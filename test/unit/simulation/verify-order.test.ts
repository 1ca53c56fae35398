/** The order of one user's events, as the coupon API saw it. */
import { describe, expect, it } from 'vitest';
import type { PipelineRecord } from '../../simulation/verify/accounting.ts';
import { findOrderFaults } from '../../simulation/verify/order.ts';
import { event, outcome } from './evidence-of-a-good-run.ts';

const of = (offset: number, change: Parameters<typeof event>[1] = {}) =>
  event(offset, { userId: 'u', ...change });
const decided = (
  one: ReturnType<typeof of>,
  reason: PipelineRecord['reason'] = 'no_coupons',
): PipelineRecord => outcome(one, { outcome: 'filtered', reason }) as PipelineRecord;
const asked = ({ userId = '', eventId = '' }: ReturnType<typeof of>, calls = 1) => ({
  userId,
  eventId,
  calls,
  rejections: 0,
  failures: 0,
});

const one = of(9);
const two = of(10);

describe('the order of a user’s events', () => {
  it('is kept where calls came as the events lie, also within a record', () => {
    const parts = [of(11, { index: 0, eventId: 'a' }), of(11, { index: 1, eventId: 'b' })];
    const events = [one, two, ...parts];
    expect(
      findOrderFaults(
        events,
        events.map((each) => decided(each)),
        events.map((each) => asked(each)),
      ),
    ).toEqual([]);
  });

  it.each([
    ['an earlier record', one, two],
    [
      'an earlier event of the same record',
      of(11, { index: 0, eventId: 'a' }),
      of(11, { index: 1, eventId: 'b' }),
    ],
  ])('is broken by a call that comes before that for %s', (_, earlier, later) => {
    const events = [earlier, later];
    const [fault, ...others] = findOrderFaults(
      events,
      events.map((each) => decided(each)),
      [asked(later), asked(earlier)],
    );
    expect(fault?.message).toContain(`${earlier.eventId ?? ''} of user u`);
    expect(others).toEqual([]);
  });

  it.each([
    ['are another user’s', [of(9, { userId: 'other' }), two], undefined, 1],
    ['lie in another partition', [of(9, { partition: 1 }), two], undefined, 1],
    ['were produced twice', [one, of(12, { eventId: 'e-9' }), two], undefined, 1],
    ['were decided twice', [one, two], [one, one, two], 1],
    ['were asked about twice', [one, two], undefined, 2],
  ])('is not judged by events that %s', (_, produced, records, calls) => {
    const [first] = produced;
    const couponCalls = [asked(two), asked(first!, calls)];
    const decisions = (records ?? produced).map((each) => decided(each));
    expect(findOrderFaults(produced, decisions, couponCalls)).toEqual([]);
  });

  it('is not judged by a call that the event’s decision may have done without', () => {
    // A frozen pod asked when it woke up, and another had found the user's cap full.
    expect(
      findOrderFaults([one, two], [decided(one, 'cooldown'), decided(two)], [asked(two), asked(one)]),
    ).toEqual([]);
  });
});
