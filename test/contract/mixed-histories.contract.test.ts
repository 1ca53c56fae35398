/**
 * A history that holds members of two versions, as while a deployment rolls and for a month after it: each pod counts
 * the other's pushes, and whichever claimed a push, its delivery and its sweep end it in the same way.
 */
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { CAP_SUBJECTS, type Cap } from '../../src/domain/cap.ts';
import { namesOf } from '../../src/runtime/names-of.ts';
import { CAP_EXAMPLES } from '../support/claims/cap-examples.ts';
import { claimOne, claimsWorlds, SWEEP_GRACE_MS } from '../support/claims/claims-harness.ts';
import { useContractWorld } from '../support/claims/contract-world.ts';

const DAY_MS = 86_400_000;
const perUser: Cap = { per: 'user', max: 1, windowMs: DAY_MS };

describe.each(claimsWorlds())('a history of two versions, claims $name', (world) => {
  const { harness, event, deliver } = useContractWorld(world);
  const podOf = (version: string) => (version === 'older' ? { claims: harness.older } : harness);

  describe.each([
    ['older', 'newer'],
    ['newer', 'older'],
  ])('claimed by the %s pod, then by the %s', (first, second) => {
    it.each(namesOf(CAP_SUBJECTS))('counts together what belongs together, per %s', async (per) => {
      const { together, apart } = CAP_EXAMPLES[per];
      const caps = [{ per, max: 1, windowMs: 30 * DAY_MS }];
      const claim = (version: string, id: string, push: (typeof together)[0]) =>
        claimOne(podOf(version), event(id), caps, { push });
      expect(await claim(first, 'e1', together[0])).toMatchObject({ kind: 'claimed' });
      expect(await claim(second, 'e2', together[1])).toEqual({ kind: 'no_room', cap: 0 });
      await deliver(event('e1'));
      harness.advance(30 * DAY_MS - 1000);
      expect(await claim(second, 'e2', together[1])).toEqual({ kind: 'no_room', cap: 0 });
      if (apart !== undefined) {
        expect(await claim(second, 'e3', apart)).toMatchObject({ kind: 'claimed' });
        await harness.store.release(event('e3'), 'expired');
      }
      harness.advance(2000);
      expect(await claim(second, 'e4', together[1])).toMatchObject({ kind: 'claimed' });
    });

    it('adds up what both have pushed', async () => {
      const caps = [{ per: 'user+merchant' as const, max: 2, windowMs: DAY_MS }];
      expect(await claimOne(podOf(first), event('e1'), caps)).toMatchObject({ kind: 'claimed' });
      expect(await claimOne(podOf(second), event('e2'), caps)).toMatchObject({ kind: 'claimed' });
      for (const version of [first, second]) {
        expect(await claimOne(podOf(version), event('e3'), caps)).toEqual({ kind: 'no_room', cap: 0 });
      }
      const apart = { push: { merchantId: 'merchant-2' } };
      expect(await claimOne(podOf(second), event('e3'), caps, apart)).toMatchObject({ kind: 'claimed' });
    });
  });

  describe('a push that the older pod has claimed', () => {
    it('is recalled, permitted and settled, and counts from its send', async () => {
      await claimOne({ claims: harness.older }, event());
      expect(await harness.claims.recall(event(), [perUser])).toMatchObject({ kind: 'known' });
      await deliver(event());
      harness.advance(DAY_MS - 1000);
      expect(await harness.claims.recall(event('e2'), [perUser])).toEqual({ kind: 'new', fullCap: 0 });
      harness.advance(2000);
      expect(await harness.claims.recall(event('e2'), [perUser])).toEqual({ kind: 'new' });
    });

    it('gives its place back when it is released', async () => {
      await claimOne({ claims: harness.older }, event());
      await harness.store.release(event(), 'rejected');
      expect(await harness.claims.recall(event('e2'), [perUser])).toEqual({ kind: 'new' });
    });

    it('gives its place back when nobody takes it up, and keeps it when its send is left', async () => {
      for (const id of ['e1', 'e2']) {
        await claimOne({ claims: harness.older }, event(id), [], { ttlMs: 1000 });
      }
      await harness.store.permit(event('e2'), randomUUID());
      harness.advance(SWEEP_GRACE_MS + 5000);
      const swept = await harness.sweep();
      expect(swept.map(({ ref, outcome }) => `${ref.eventId} ${outcome}`).toSorted()).toEqual([
        'e1 expired',
        'e2 unknown',
      ]);
      const twice = [{ ...perUser, max: 2 }];
      expect(await harness.claims.recall(event('e3'), [perUser])).toEqual({ kind: 'new', fullCap: 0 });
      expect(await harness.claims.recall(event('e3'), twice)).toEqual({ kind: 'new' });
    });
  });
});
