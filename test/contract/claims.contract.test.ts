import { beforeEach, describe, expect, it } from 'vitest';
import type { Cap } from '../../src/domain/cap.ts';
import type { ClaimCandidate } from '../../src/pipeline/ports.ts';
import { claimOne, claimsWorlds, envelopeOf } from '../support/claims/claims-harness.ts';
import { useContractWorld } from '../support/claims/contract-world.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const oncePerDay: Cap = { per: 'user', max: 1, windowMs: DAY_MS };
const oncePerMerchantAndWeek: Cap = { per: 'user+merchant', max: 1, windowMs: 7 * DAY_MS };
const oncePerCoupon: Cap = { per: 'user+coupon', max: 1, windowMs: 30 * DAY_MS };

describe.each(claimsWorlds())('claims $name', (world) => {
  const { harness, event, deliver } = useContractWorld(world);

  describe('recall', () => {
    it('knows nothing of a new event and leaves room', async () => {
      expect(await harness.claims.recall(event(), [oncePerDay])).toEqual({ kind: 'new' });
    });

    it('answers a claimed event with its frozen push, undelivered until it is settled', async () => {
      await claimOne(harness, event());
      const envelope = envelopeOf(event());
      expect(await harness.claims.recall(event(), [])).toEqual({
        kind: 'known',
        undelivered: true,
        envelope,
      });
      await harness.store.permit(event(), 't');
      expect(await harness.claims.recall(event(), [])).toEqual({
        kind: 'known',
        undelivered: true,
        envelope,
      });
      await harness.store.settle(event(), 1, 'sent');
      expect(await harness.claims.recall(event(), [])).toEqual({
        kind: 'known',
        undelivered: false,
        envelope,
      });
    });

    it('peeks at the caps per user only', async () => {
      await claimOne(harness, event());
      expect(await harness.claims.recall(event('e2'), [oncePerDay])).toEqual({ kind: 'new', fullCap: 0 });
      expect(await harness.claims.recall(event('e2'), [oncePerMerchantAndWeek, oncePerCoupon])).toEqual({
        kind: 'new',
      });
    });
  });

  describe('claim', () => {
    it('takes the first candidate whose caps all have room', async () => {
      await claimOne(harness, event(), []);
      const ref = event('e2');
      const answer = await harness.claims.claim({
        ref,
        caps: [oncePerMerchantAndWeek, oncePerCoupon],
        candidates: [
          { envelope: envelopeOf(ref, { couponId: 'coupon-9' }), notAfterMs: undefined },
          { envelope: envelopeOf(ref, { merchantId: 'merchant-9' }), notAfterMs: undefined },
          {
            envelope: envelopeOf(ref, { merchantId: 'merchant-2', couponId: 'coupon-2' }),
            notAfterMs: undefined,
          },
        ],
        ttlMs: HOUR_MS,
        acceptableUntilMs: 0,
      });
      expect(answer).toMatchObject({ kind: 'claimed', envelope: { push: { merchantId: 'merchant-2' } } });
    });

    it('answers a known event with its first push, whatever is offered now', async () => {
      await claimOne(harness, event());
      const again = await claimOne(harness, event(), [oncePerDay], { push: { couponId: 'coupon-2' } });
      expect(again).toMatchObject({
        kind: 'known',
        undelivered: true,
        envelope: { push: { couponId: 'coupon-1' } },
      });
    });

    it('gives one of many concurrent claims the only place', async () => {
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, index) => claimOne(harness, event(`e${String(index)}`), [oncePerDay])),
      );
      expect(answers.filter(({ kind }) => kind === 'claimed')).toHaveLength(1);
      expect(answers.filter(({ kind }) => kind === 'no_room')).toHaveLength(19);
    });

    it('keeps an undelivered place however old, and counts a delivered one from its send', async () => {
      await claimOne(harness, event(), [oncePerDay], { ttlMs: 20 * DAY_MS });
      harness.advance(10 * DAY_MS);
      expect(await claimOne(harness, event('e2'), [oncePerDay])).toEqual({ kind: 'no_room', cap: 0 });
      await deliver(event());
      harness.advance(DAY_MS - 60_000);
      expect(await claimOne(harness, event('e2'), [oncePerDay])).toEqual({ kind: 'no_room', cap: 0 });
      harness.advance(60_000);
      expect(await claimOne(harness, event('e2'), [oncePerDay])).toMatchObject({ kind: 'claimed' });
    });

    it('lets up to max in a window', async () => {
      const threeADay: Cap = { per: 'user', max: 3, windowMs: DAY_MS };
      for (const id of ['a', 'b', 'c']) {
        expect(await claimOne(harness, event(id), [threeADay])).toMatchObject({ kind: 'claimed' });
        await deliver(event(id));
        harness.advance(HOUR_MS);
      }
      expect(await claimOne(harness, event('d'), [threeADay])).toEqual({ kind: 'no_room', cap: 0 });
      harness.advance(DAY_MS - 3 * HOUR_MS);
      expect(await claimOne(harness, event('d'), [threeADay])).toMatchObject({ kind: 'claimed' });
      expect(await claimOne(harness, event('e'), [threeADay])).toEqual({ kind: 'no_room', cap: 0 });
    });

    it('applies changed caps to what was sent before, up to thirty days', async () => {
      await claimOne(harness, event(), [{ per: 'user', max: 1, windowMs: HOUR_MS }]);
      await deliver(event());
      harness.advance(2 * HOUR_MS);
      await claimOne(harness, event('e2'), [{ per: 'user', max: 1, windowMs: HOUR_MS }]);
      await deliver(event('e2'));
      harness.advance(27 * DAY_MS);
      const month: Cap = { per: 'user', max: 2, windowMs: 30 * DAY_MS };
      expect(await claimOne(harness, event('e3'), [month])).toEqual({ kind: 'no_room', cap: 0 });
      harness.advance(3 * DAY_MS - HOUR_MS);
      expect(await claimOne(harness, event('e3'), [month])).toMatchObject({ kind: 'claimed' });
    });

    it('passes by a candidate whose time is over', async () => {
      const now = await harness.nowMs();
      const ref = event();
      const answer = await harness.claims.claim({
        ref,
        caps: [],
        candidates: [
          { envelope: envelopeOf(ref), notAfterMs: now - 1 },
          { envelope: envelopeOf(ref, { couponId: 'coupon-2' }), notAfterMs: now + HOUR_MS },
        ],
        ttlMs: 2 * HOUR_MS,
        acceptableUntilMs: 0,
      });
      expect(answer).toMatchObject({ envelope: { push: { couponId: 'coupon-2' } } });
      const permission = await harness.store.permit(ref, 't');
      expect(permission).toMatchObject({ kind: 'granted', expiresAtMs: now + HOUR_MS });
      expect(await claimOne(harness, event('e2'), [], { notAfterMs: now - 1 })).toEqual({ kind: 'too_late' });
    });

    describe('says what was lacking', () => {
      const monthly: Cap = { per: 'user', max: 99, windowMs: 30 * DAY_MS };
      const ask = async (candidates: readonly ClaimCandidate[], caps: readonly Cap[]) =>
        harness.claims.claim({
          ref: event('e2'),
          caps,
          candidates,
          ttlMs: HOUR_MS,
          acceptableUntilMs: 0,
        });
      const of = (merchantId: string, couponId: string, notAfterMs?: number): ClaimCandidate => ({
        envelope: envelopeOf(event('e2'), { merchantId, couponId }),
        notAfterMs,
      });
      beforeEach(async () => {
        await claimOne(harness, event('e1'), []);
      });

      it('the cap of the user that is full, by its place among all caps, before and after the coupon call', async () => {
        const caps = [oncePerCoupon, monthly, oncePerDay];
        expect(await harness.claims.recall(event('e2'), caps)).toEqual({ kind: 'new', fullCap: 2 });
        expect(await ask([of('merchant-9', 'coupon-9')], caps)).toEqual({ kind: 'no_room', cap: 2 });
      });

      it('else the first cap that the best candidate finds full, whatever the others lack', async () => {
        const caps = [monthly, oncePerCoupon, oncePerMerchantAndWeek];
        const now = await harness.nowMs();
        const capped = of('merchant-1', 'coupon-9');
        const sameCoupon = of('merchant-9', 'coupon-1');
        const over = of('merchant-9', 'coupon-9', now - 1);
        expect(await ask([capped, sameCoupon, over], caps)).toEqual({ kind: 'no_room', cap: 2 });
        expect(await ask([sameCoupon, capped], caps)).toEqual({ kind: 'no_room', cap: 1 });
        expect(await ask([of('merchant-1', 'coupon-1')], caps)).toEqual({ kind: 'no_room', cap: 1 });
      });

      it('its time, where the best candidate’s is over: that is no cooldown', async () => {
        const now = await harness.nowMs();
        const over = of('merchant-9', 'coupon-9', now - 1);
        expect(await ask([over, of('merchant-1', 'coupon-9')], [oncePerMerchantAndWeek])).toEqual({
          kind: 'too_late',
        });
      });
    });

    it('keeps users and events apart whatever their ids', async () => {
      const odd = ['}', '{}', 'a}b', 'a b', ':h', 'ä', '🦊', '~', 'a:e:b', '-'.repeat(128), 'ß'.repeat(128)];
      for (const id of odd) {
        const ref = { userId: `${event().userId}${id}`, eventId: id };
        expect(await claimOne(harness, ref, [oncePerDay])).toMatchObject({ kind: 'claimed' });
        expect(await claimOne(harness, ref, [oncePerDay])).toMatchObject({ kind: 'known' });
        expect(await harness.store.permit(ref, 't')).toMatchObject({
          kind: 'granted',
          envelope: envelopeOf(ref),
        });
      }
    });
  });
});
