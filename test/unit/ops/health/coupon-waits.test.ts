/** Calls that fail alone and an API that is away are two things, in the rows of /status and in its reasons. */
import { expect, it } from 'vitest';
import { couponReasons, couponWaits } from '../../../../src/ops/health/coupon-waits.ts';
import type { CouponTrouble } from '../../../../src/ops/health/ports.ts';
import { NOBODY } from './well-pod.ts';

const well: CouponTrouble = { breaker: 'closed', failingAlone: NOBODY, waitingForAll: NOBODY };
const failing = { events: 3, users: 2, oldestMs: 1000 };

it('nothing is said where nobody waits', () => {
  expect(couponWaits(well)).toEqual([]);
  expect(couponReasons(well)).toEqual([]);
});

it('each has a row of its own', () => {
  expect(couponWaits({ ...well, failingAlone: failing, waitingForAll: { ...failing, events: 9 } })).toEqual([
    { for: 'coupon API (single users)', events: 3, oldestSeconds: 1 },
    { for: 'coupon API', events: 9, oldestSeconds: 1 },
  ]);
});

it('a reason is given from the first second on', () => {
  expect(couponReasons({ ...well, failingAlone: failing })).toEqual([
    'coupon API: 3 events of 2 users fail, others are answered',
  ]);
  expect(couponReasons({ ...well, failingAlone: { ...failing, oldestMs: 999 } })).toEqual([]);
  expect(couponReasons({ ...well, waitingForAll: { events: 1, users: 1, oldestMs: 1000 } })).toEqual([
    'coupon API: 1 event of 1 user fail, nobody has been answered since',
  ]);
});

it('an open breaker is said by itself: the API is named as away', () => {
  expect(couponReasons({ ...well, breaker: 'open', waitingForAll: failing })).toEqual([]);
});
