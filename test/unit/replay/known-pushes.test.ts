/** Caps over known pushes answer as the claims do that the contract is held to. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { CAP_SUBJECTS, type Cap } from '../../../src/domain/cap.ts';
import type { ClaimCandidate, Claims } from '../../../src/pipeline/ports.ts';
import { createKnownPushes, type CapCheck, type KnownPush } from '../../../src/replay/known-pushes.ts';
import { namesOf } from '../../../src/runtime/names-of.ts';
import { createInMemoryClaims } from '../../support/claims/in-memory-claims.ts';

const NOW = 1_000_000;
const TTL_MS = 50;
const source = { topic: 't', partition: 0, offset: '0', index: 0 };

const id = fc.constantFrom('1', '2', '3');
const pushes: fc.Arbitrary<KnownPush[]> = fc
  .array(fc.record({ atMs: fc.integer({ min: NOW - 40, max: NOW }), merchantId: id, couponId: id }), {
    maxLength: 6,
  })
  .map((list) => list.toSorted((a, b) => a.atMs - b.atMs));
const caps: fc.Arbitrary<Cap[]> = fc.array(
  fc.record({
    per: fc.constantFrom(...namesOf(CAP_SUBJECTS)),
    max: fc.integer({ min: 1, max: 3 }),
    windowMs: fc.integer({ min: 1, max: 50 }),
  }),
  { maxLength: 3 },
);
const candidates = fc.array(
  fc.record({
    merchantId: id,
    couponId: id,
    notAfterMs: fc.option(fc.integer({ min: NOW - 1, max: NOW + 9 })),
  }),
  { minLength: 1, maxLength: 4 },
);

const candidate = (merchantId: string, couponId: string, eventId: string, end?: number): ClaimCandidate => ({
  envelope: {
    ...{ source, traceparent: '' },
    push: {
      ...{ userId: 'u', eventId, merchantId, couponId, title: 't', collapseKey: 'k', rulesVersion: 'v' },
    },
  },
  notAfterMs: end,
});

/** What the contract's claims answer once all of the pushes have been sent, each at its moment. */
async function sentBefore(known: readonly KnownPush[]): Promise<Claims> {
  let nowMs = 0;
  const { claims, store } = createInMemoryClaims({ now: () => nowMs });
  for (const [index, { atMs, merchantId, couponId }] of known.entries()) {
    nowMs = atMs;
    const ref = { userId: 'u', eventId: `sent-${String(index)}` };
    await claims.claim({
      ...{ ref, caps: [], ttlMs: TTL_MS, acceptableUntilMs: NOW },
      candidates: [candidate(merchantId, couponId, ref.eventId)],
    });
    await store.permit(ref, 'token');
    await store.settle(ref, 1, 'sent');
  }
  nowMs = NOW;
  return claims;
}

it('as the contract asks for, whatever was sent and whatever the caps', async () => {
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(pushes, caps, candidates, async (known, asked, offered) => {
      const theirs = await sentBefore(known);
      const ours = createKnownPushes(known, NOW, () => undefined);
      const ref = { userId: 'u', eventId: 'e' };
      const request = {
        ...{ ref, caps: asked, ttlMs: TTL_MS, acceptableUntilMs: NOW },
        candidates: offered.map(({ merchantId, couponId, notAfterMs }) =>
          candidate(merchantId, couponId, 'e', notAfterMs ?? undefined),
        ),
      };
      expect(await ours.recall(ref, asked)).toEqual(await theirs.recall(ref, asked));
      const answer = await ours.claim(request);
      expect(answer).toEqual(await theirs.claim(request));
      seen.add(answer.kind);
    }),
  );
  expect([...seen].toSorted()).toEqual(['claimed', 'no_room', 'too_late']);
});

it('tells each cap that it asked, and stops at the first without room', async () => {
  const checks: CapCheck[] = [];
  const known = [{ atMs: NOW - 1, merchantId: 'm', couponId: 'c' }];
  const ours = createKnownPushes(known, NOW, (check) => checks.push(check));
  const asked: readonly Cap[] = [
    { per: 'user+coupon', max: 1, windowMs: 10 },
    { per: 'user', max: 2, windowMs: 10 },
    { per: 'user+merchant', max: 1, windowMs: 10 },
  ];
  const ref = { userId: 'u', eventId: 'e' };
  await ours.claim({
    ...{ ref, caps: asked, ttlMs: TTL_MS, acceptableUntilMs: NOW },
    candidates: [candidate('m', 'c', 'e'), candidate('n', 'd', 'e')],
  });
  expect(checks.map(({ cap, couponId, counted }) => [cap, couponId, counted])).toEqual([
    [1, undefined, 1],
    [0, 'c', 1],
    [0, 'd', 0],
    [1, 'd', 1],
    [2, 'd', 0],
  ]);
});
