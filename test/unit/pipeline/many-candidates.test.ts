import { expect, it } from 'vitest';
import { createEventHandler } from '../../../src/pipeline/edge.ts';
import { bench, coupon, piece, rawEvent } from '../../support/pipeline-fakes.ts';

const coupons = Array.from({ length: 250 }, (_, at) => ({ ...coupon, couponId: `c-${String(at)}` }));
const NO_ROOM = { kind: 'no_room', cap: 1 } as const;

it('of ten thousands of coupons no claim asks about more than a hundred, best first, until one has room', async () => {
  const b = bench();
  b.script.coupons = [{ kind: 'coupons', coupons }];
  b.script.claim = [NO_ROOM];
  await createEventHandler(b.ports)(piece(rawEvent())).run(b.ownership);
  expect(b.outcomes).toMatchObject([{ outcome: 'filtered', reason: 'cooldown', rule: 'caps[1]' }]);
  expect(b.claims.map(({ candidates }) => candidates.length)).toEqual([100, 100, 50]);
  const asked = b.claims.flatMap(({ candidates }) =>
    candidates.map(({ envelope }) => envelope.push.couponId),
  );
  expect(asked).toEqual(coupons.map(({ couponId }) => couponId));
});

it('a user’s own cap that is full is full for every coupon: nothing more is asked', async () => {
  const b = bench();
  b.script.coupons = [{ kind: 'coupons', coupons }];
  b.script.claim = [{ kind: 'too_late' }, { kind: 'no_room', cap: 0 }];
  await createEventHandler(b.ports)(piece(rawEvent())).run(b.ownership);
  expect(b.claims).toHaveLength(2);
  // What the best candidate lacked, as ever.
  expect(b.outcomes).toMatchObject([{ outcome: 'filtered', reason: 'stale' }]);
});

it('the first claim that finds room is the last', async () => {
  const b = bench();
  b.script.coupons = [{ kind: 'coupons', coupons }];
  await createEventHandler(b.ports)(piece(rawEvent())).run(b.ownership);
  expect(b.claims).toHaveLength(1);
  expect(b.outcomes).toMatchObject([{ outcome: 'queued', couponId: 'c-0' }]);
});
