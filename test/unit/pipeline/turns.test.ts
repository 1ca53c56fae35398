/** Who asks when: lookups ahead, claims in portions, a coupon API that is asked on, and places that are given back. */
import { describe, expect, it } from 'vitest';
import { AbandonedError } from '../../../src/runtime/errors.ts';
import { createEventHandler } from '../../../src/pipeline/edge.ts';
import type { PushEnvelope } from '../../../src/domain/push.ts';
import { bench, coupon, NOW, piece, rawEvent, ruleset, type Bench } from '../../support/pipeline-fakes.ts';

const run = (b: Bench): Promise<void> => createEventHandler(b.ports)(piece(rawEvent())).run(b.ownership);
const times = (b: Bench, name: string): number => b.log.filter((called) => called === name).length;

describe('an event that is next of its user', () => {
  it('is looked up ahead, and not again when its turn comes', async () => {
    const b = bench();
    const event = createEventHandler(b.ports)(piece(rawEvent()));
    event.ahead?.();
    expect(times(b, 'recall')).toBe(1);
    await event.run(b.ownership);
    expect(times(b, 'recall')).toBe(1);
    expect(b.ended).toMatchObject([{ kind: 'queued' }]);
  });

  it('and is given up lets the next one of that user be looked up ahead', () => {
    const b = bench();
    const take = createEventHandler(b.ports);
    const first = take(piece(rawEvent()));
    first.ahead?.();
    first.abandon();
    take(piece(rawEvent({ eventId: 'e-2' }))).ahead?.();
    expect(times(b, 'recall')).toBe(2);
  });

  it('and is invalid is neither looked up nor remembered', () => {
    const b = bench();
    const event = createEventHandler(b.ports)(piece(rawEvent({ latitude: 91 })));
    event.ahead?.();
    event.abandon();
    expect(b.log).toEqual([]);
    expect(b.counts).toEqual({ received: 1, abandoned: 1 });
  });
});

describe('a claim', () => {
  it.each([
    [100, 1],
    [101, 2],
  ])('of %d candidates is asked in %d portions', async (many, portions) => {
    const b = bench();
    b.rules = ruleset({ caps: [{ per: 'user+merchant', max: 1, windowMs: 1000 }] });
    const coupons = Array.from({ length: many }, (_, at) => ({ ...coupon, couponId: `c-${String(at)}` }));
    b.script.coupons = [{ kind: 'coupons', coupons }];
    b.script.claim = [{ kind: 'no_room', cap: 0 }];
    await run(b);
    expect(times(b, 'claim')).toBe(portions);
    expect(b.claims.at(-1)?.candidates).toHaveLength(many % 100 || 100);
  });

  it('ends when the coupon does, where no quiet hours come', async () => {
    const b = bench();
    b.script.coupons = [{ kind: 'coupons', coupons: [{ ...coupon, validUntilMs: NOW + 5 }] }];
    await run(b);
    expect(b.claims[0]?.candidates[0]?.notAfterMs).toBe(NOW + 5);
  });

  it('that was made before is not enqueued once the partition is taken away', async () => {
    const b = bench();
    const push = { userId: 'u-1', eventId: 'e-1', couponId: 'c', merchantId: 'm', title: 'T' };
    const envelope = { push, source: piece({}).source, traceparent: '' } as unknown as PushEnvelope;
    b.script.recall = [{ kind: 'known', undelivered: true, envelope }];
    b.onCall = () => {
      b.ownership.lose();
    };
    await expect(run(b)).rejects.toThrow(AbandonedError);
    expect(b.log).toEqual(['recall']);
  });
});

describe('a coupon API that was away until the event was stale by a clock that has been set', () => {
  /** @param nowMs after the first call. @returns the bench, after the event has ended. */
  async function askedOn(staleAnswers: number, nowMs: number): Promise<Bench> {
    const b = bench();
    b.script.coupons = [
      ...Array.from({ length: staleAnswers }, () => ({ kind: 'stale' }) as const),
      ...b.script.coupons,
    ];
    let podAheadMs = 0;
    let now = NOW;
    b.onCall = (name) => {
      if (name !== 'coupons') return;
      podAheadMs += 3_600_000;
      now = nowMs;
    };
    const clock = { ...b.ports.clock, now: () => now };
    const handle = createEventHandler({ ...b.ports, clock, podAheadMs: () => podAheadMs });
    await handle(piece(rawEvent())).run(b.ownership);
    return b;
  }

  it('is asked as often as the clock is set', async () => {
    const b = await askedOn(2, NOW);
    expect(times(b, 'coupons')).toBe(3);
    expect(b.ended).toMatchObject([{ kind: 'queued' }]);
  });

  it.each([0, 1])('is asked no more once both clocks say that the event is too old', async (laterMs) => {
    const b = await askedOn(1, NOW - 1000 + 900_000 + 3_600_000 + laterMs);
    expect(times(b, 'coupons')).toBe(1);
    expect(b.ended).toMatchObject([{ reason: 'stale', rule: 'MAX_EVENT_AGE_MS' }]);
  });
});

it('an event that a fault of our own delays gives its place to others', async () => {
  const b = bench();
  let parked = 0;
  Object.assign(b.ownership, { park: () => (parked += 1) });
  b.script.recall = [new TypeError('a defect'), { kind: 'new' }];
  await run(b);
  expect(parked).toBe(2); // for the pause, and for the outcome's acknowledgement
});
