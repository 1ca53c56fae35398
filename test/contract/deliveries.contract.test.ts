import { describe, expect, it } from 'vitest';
import type { Cap } from '../../src/domain/cap.ts';
import { claimOne, claimsWorlds, SWEEP_GRACE_MS, envelopeOf } from '../support/claims/claims-harness.ts';
import { useContractWorld } from '../support/claims/contract-world.ts';

const DAY_MS = 86_400_000;
const oncePerDay: Cap = { per: 'user', max: 1, windowMs: DAY_MS };

describe.each(claimsWorlds())('deliveries $name', (world) => {
  const { harness, event, deliver } = useContractWorld(world);

  describe('permission', () => {
    it('is given to one attempt, and to that again after a lost reply', async () => {
      await claimOne(harness, event());
      const first = await harness.store.permit(event(), 'mine');
      expect(first).toMatchObject({ kind: 'granted', attempt: 1, envelope: envelopeOf(event()) });
      expect(await harness.store.permit(event(), 'mine')).toMatchObject({ kind: 'granted', attempt: 1 });
      expect(await harness.store.permit(event(), 'other')).toMatchObject({ kind: 'interrupted', attempt: 1 });
    });

    it('is not given to a straggler whose attempt has retreated', async () => {
      await claimOne(harness, event());
      await harness.store.permit(event(), 'mine');
      await harness.store.retreat(event(), 1);
      await expect(harness.store.permit(event(), 'mine')).rejects.toThrow('spent');
      expect(await harness.store.permit(event(), 'next')).toMatchObject({ kind: 'granted', attempt: 2 });
    });

    it('ends with the expiry', async () => {
      await claimOne(harness, event(), [], { ttlMs: 1000 });
      expect(await harness.store.checkPending(event())).toBe('pending');
      harness.advance(1000);
      expect(await harness.store.checkPending(event())).toBe('over');
      expect(await harness.store.permit(event(), 't')).toMatchObject({ kind: 'expired' });
    });

    it('is never given for what nobody claimed', async () => {
      expect(await harness.store.permit(event(), 't')).toEqual({ kind: 'absent' });
      expect(await harness.store.settle(event(), 1, 'sent')).toEqual({ kind: 'absent' });
      expect(await harness.store.release(event(), 'expired')).toEqual({ kind: 'absent' });
    });

    it('can be taken over once, by attempt, until the expiry', async () => {
      await claimOne(harness, event(), [], { ttlMs: 10_000 });
      await harness.store.permit(event(), 'a');
      expect(await harness.store.takeOver(event(), 1, 'b')).toMatchObject({ kind: 'granted', attempt: 2 });
      expect(await harness.store.takeOver(event(), 1, 'b')).toMatchObject({ kind: 'granted', attempt: 2 });
      expect(await harness.store.takeOver(event(), 1, 'c')).toMatchObject({
        kind: 'interrupted',
        attempt: 2,
      });
      expect(await harness.store.settle(event(), 1, 'unknown')).toEqual({ kind: 'held' });
      harness.advance(10_000);
      expect(await harness.store.takeOver(event(), 2, 'd')).toMatchObject({
        kind: 'interrupted',
        attempt: 2,
      });
    });
  });

  describe('ending', () => {
    it.each(['sent', 'unknown', 'dry_run'] as const)('keeps the place of %s', async (outcome) => {
      await claimOne(harness, event());
      await harness.store.permit(event(), 't');
      const done = { kind: 'done', envelope: envelopeOf(event()) };
      expect(await harness.store.settle(event(), 1, outcome)).toMatchObject(done);
      expect(await harness.store.settle(event(), 1, outcome)).toMatchObject(done);
      expect(await harness.store.permit(event(), 't2')).toMatchObject({ kind: 'settled', outcome });
      expect(await claimOne(harness, event('e2'), [oncePerDay])).toEqual({ kind: 'no_room', cap: 0 });
    });

    it.each(['rejected', 'expired', 'withdrawn'] as const)('gives back the place of %s', async (outcome) => {
      await claimOne(harness, event());
      await harness.store.permit(event(), 't');
      const done = { kind: 'done', envelope: envelopeOf(event()) };
      expect(await harness.store.release(event(), outcome)).toEqual({ kind: 'held' });
      expect(await harness.store.release(event(), outcome, 1)).toMatchObject(done);
      expect(await harness.store.release(event(), outcome, 1)).toMatchObject(done);
      expect(await harness.store.permit(event(), 't2')).toMatchObject({ kind: 'settled', outcome });
      expect(await claimOne(harness, event('e2'), [oncePerDay])).toMatchObject({ kind: 'claimed' });
      expect(await claimOne(harness, event(), [oncePerDay])).toMatchObject({
        kind: 'known',
        undelivered: false,
      });
    });

    it.each([
      ['sent', 100, 100],
      ['dry_run', 100, 100],
      // What may yet be written is written within 2 s of its permission.
      ['unknown', 100, 2000],
      ['unknown', 5000, 5000],
    ] as const)(
      'tells of %s after %i ms when it ended, however late it is asked',
      async (outcome, afterMs, endsMs) => {
        await claimOne(harness, event());
        const beforeMs = await harness.nowMs();
        await harness.store.permit(event(), 't');
        harness.advance(afterMs);
        const end = await harness.store.settle(event(), 1, outcome);
        if (end.kind !== 'done') expect.fail(end.kind);
        const { endedAtMs } = end;
        // The clock of a real Redis goes on by itself for some ms.
        const slackMs = (await harness.nowMs()) - beforeMs - afterMs;
        expect(endedAtMs - beforeMs).toBeGreaterThanOrEqual(endsMs);
        expect(endedAtMs - beforeMs).toBeLessThanOrEqual(endsMs + slackMs);
        harness.advance(60_000);
        expect(await harness.store.settle(event(), 1, outcome)).toMatchObject({ kind: 'done', endedAtMs });
        expect(await harness.store.permit(event(), 't2')).toMatchObject({ kind: 'settled', endedAtMs });
        expect(await harness.store.retreat(event(), 1)).toMatchObject({ kind: 'settled', endedAtMs });
      },
    );

    it('tells a late answer what it missed and changes nothing', async () => {
      await claimOne(harness, event());
      await harness.store.permit(event(), 't');
      await harness.store.settle(event(), 1, 'unknown');
      const missed = { kind: 'settled', outcome: 'unknown' };
      expect(await harness.store.settle(event(), 1, 'sent')).toMatchObject(missed);
      expect(await harness.store.retreat(event(), 1)).toMatchObject(missed);
      expect(await harness.store.release(event(), 'rejected', 1)).toMatchObject(missed);
      expect(await claimOne(harness, event('e2'), [oncePerDay])).toEqual({ kind: 'no_room', cap: 0 });
    });

    it('keeps the place through a retreat', async () => {
      await claimOne(harness, event());
      await harness.store.permit(event(), 't');
      expect(await harness.store.retreat(event(), 1)).toMatchObject({ kind: 'done' });
      expect(await harness.store.retreat(event(), 1)).toMatchObject({ kind: 'done' });
      expect(await claimOne(harness, event('e2'), [oncePerDay])).toEqual({ kind: 'no_room', cap: 0 });
      expect(await harness.store.settle(event(), 1, 'sent')).toEqual({ kind: 'held' });
    });

    it('counts an unknown send from the last moment at which it may have been written', async () => {
      await claimOne(harness, event());
      await harness.store.permit(event(), 't');
      await harness.store.settle(event(), 1, 'unknown');
      harness.advance(DAY_MS);
      expect(await claimOne(harness, event('e2'), [oncePerDay])).toEqual({ kind: 'no_room', cap: 0 });
      harness.advance(2000);
      expect(await claimOne(harness, event('e2'), [oncePerDay])).toMatchObject({ kind: 'claimed' });
    });

    it('is counted by one reporter', async () => {
      await claimOne(harness, event());
      await deliver(event());
      expect(await harness.store.checkPending(event())).toBe('over');
      expect(await harness.store.reported(event(), 'a')).toBe(true);
      expect(await harness.store.checkPending(event())).toBe('reported');
      expect(await harness.store.reported(event(), 'b')).toBe(false);
      expect(await harness.store.reported(event(), 'a')).toBe(true);
    });
  });

  describe('sweep', () => {
    it('releases a claim that nobody took up, after its expiry and the grace', async () => {
      await claimOne(harness, event(), [oncePerDay], { ttlMs: 1000 });
      harness.advance(1000 + SWEEP_GRACE_MS - 500);
      expect(await harness.sweep()).toEqual([]);
      harness.advance(500);
      expect(await harness.sweep()).toMatchObject([
        { ref: event(), outcome: 'expired', envelope: envelopeOf(event()) },
      ]);
      expect(await harness.sweep()).toEqual([]);
      expect(await claimOne(harness, event('e2'), [oncePerDay])).toMatchObject({ kind: 'claimed' });
    });

    it('settles a send that nobody settled as unknown, which keeps its place', async () => {
      await claimOne(harness, event(), [oncePerDay], { ttlMs: 1000 });
      await harness.store.permit(event(), 't');
      harness.advance(1000 + SWEEP_GRACE_MS);
      expect(await harness.sweep()).toMatchObject([{ outcome: 'unknown' }]);
      expect(await claimOne(harness, event('e2'), [oncePerDay])).toEqual({ kind: 'no_room', cap: 0 });
    });

    it('gives a late attempt its grace', async () => {
      await claimOne(harness, event(), [], { ttlMs: 10_000 });
      harness.advance(9000);
      await harness.store.permit(event(), 't');
      harness.advance(1000 + SWEEP_GRACE_MS - 500);
      expect(await harness.sweep()).toEqual([]);
      harness.advance(1000);
      expect(await harness.sweep()).toMatchObject([{ outcome: 'unknown' }]);
    });

    it('tells again what was decided but not published, and not what was', async () => {
      await claimOne(harness, event(), [], { ttlMs: 1000 });
      await claimOne(harness, event('e2'), [], { ttlMs: 1000 });
      await deliver(event());
      await deliver(event('e2'));
      await harness.store.reported(event('e2'), 'worker');
      const end = await harness.store.permit(event(), 'late');
      if (end.kind !== 'settled') expect.fail(end.kind);
      harness.advance(1000 + 2 * SWEEP_GRACE_MS);
      const { endedAtMs } = end;
      expect(await harness.sweep()).toEqual([
        { ref: event(), outcome: 'sent', envelope: envelopeOf(event()), endedAtMs },
      ]);
      expect(await harness.sweep()).toEqual([]);
    });
  });
});
