import { beforeEach, describe, expect, it } from 'vitest';
import type { SendResult } from '../../../src/domain/delivery.ts';
import { pushId } from '../../../src/push/push-id.ts';
import { createBench, type DeliveryBench } from '../../support/claims/delivery-bench.ts';

const notSent = (retryAfterMs?: number): SendResult => ({
  kind: 'not_sent',
  error: '429',
  ...(retryAfterMs !== undefined && { retryAfterMs }),
});
const maybeSent: SendResult = { kind: 'maybe_sent', error: '500' };
const rejected: SendResult = { kind: 'rejected', error: '400' };
const idempotent = { apiIsIdempotent: true };

let bench: DeliveryBench;
beforeEach(() => {
  bench = createBench();
});

function expectOutcome(outcome: string, sends: number) {
  expect(bench.memory.state(bench.ref)).toBe(outcome);
  expect(bench.records.map((record) => record.outcome)).toEqual([outcome]);
  expect(bench.counted).toEqual([outcome]);
  expect(bench.calls).toHaveLength(sends);
}

describe('what the push API answers', () => {
  it('2xx: sent', async () => {
    await bench.claim();
    expect(await bench.run()).toEqual({ kind: 'ended' });
    expectOutcome('sent', 1);
    expect(bench.steps).toEqual([
      'killSwitch',
      'checkPending',
      'killSwitch',
      'permit',
      'send',
      'settle',
      'record',
      'reported',
    ]);
  });

  it('carries the frozen push, its key and the time that is left to write', async () => {
    await bench.claim();
    const startedMs = bench.now();
    await bench.run();
    expect(bench.calls[0]).toMatchObject({
      idempotencyKey: pushId(bench.ref),
      expiresAtMs: startedMs + 60_000,
    });
    expect(bench.calls[0]?.fence.leftMs()).toBe(2000);
    expect(bench.records[0]).toMatchObject({
      eventId: 'e-1',
      userId: 'u-1',
      outcome: 'sent',
      couponId: 'coupon-1',
      merchantId: 'merchant-1',
      rulesVersion: '2026-11-22.1',
      pod: 'pod-1',
      source: { topic: 'location-events', partition: 3, offset: '41', index: 0 },
    });
  });

  it('surely not sent: tried again with growing pauses, then sent', async () => {
    await bench.claim();
    bench.script.answers = [notSent(), notSent(), { kind: 'sent' }];
    expect(await bench.run()).toEqual({ kind: 'again', delayMs: 375 });
    expect(bench.memory.state(bench.ref)).toBe('claimed');
    expect(await bench.run()).toEqual({ kind: 'again', delayMs: 750 });
    expect(await bench.run()).toEqual({ kind: 'ended' });
    expectOutcome('sent', 3);
  });

  it('surely not sent: Retry-After is honoured', async () => {
    await bench.claim();
    bench.script.answers = [notSent(20_000)];
    expect(await bench.run()).toEqual({ kind: 'again', delayMs: 20_250 });
  });

  it('surely not sent until the expiry: expired, and the place is free', async () => {
    await bench.claim();
    bench.script.answers = Array.from({ length: 100 }, () => notSent());
    const startedMs = bench.now();
    await bench.runToEnd();
    expect(bench.now() - startedMs).toBeLessThanOrEqual(60_000);
    expectOutcome('expired', bench.calls.length);
    expect(bench.calls.length).toBeGreaterThan(5);
  });

  it('a Retry-After beyond the expiry: expired at once', async () => {
    await bench.claim();
    bench.script.answers = [notSent(60_000)];
    expect(await bench.run()).toEqual({ kind: 'ended' });
    expectOutcome('expired', 1);
  });

  it('other 4xx: rejected', async () => {
    await bench.claim();
    bench.script.answers = [rejected];
    await bench.run();
    expectOutcome('rejected', 1);
  });

  it('may have been sent, API not idempotent: unknown, never resent', async () => {
    await bench.claim();
    bench.script.answers = [maybeSent];
    await bench.runToEnd();
    await bench.runToEnd();
    expect(bench.memory.state(bench.ref)).toBe('unknown');
    expect(bench.counted).toEqual(['unknown']);
    expect(bench.calls).toHaveLength(1);
  });

  it('a call that throws may have been sent', async () => {
    await bench.claim();
    bench.script.answers = [
      () => {
        throw new Error('socket gone');
      },
    ];
    await bench.run();
    expectOutcome('unknown', 1);
  });

  it('may have been sent, API idempotent: repeated with the same key until it answers', async () => {
    await bench.claim();
    bench.script.answers = [maybeSent, maybeSent, { kind: 'sent' }];
    await bench.runToEnd(idempotent);
    expectOutcome('sent', 3);
    expect(new Set(bench.calls.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(1);
  });

  it('may have been sent, API idempotent, until the expiry: unknown', async () => {
    await bench.claim();
    bench.script.answers = Array.from({ length: 100 }, () => maybeSent);
    const startedMs = bench.now();
    await bench.runToEnd(idempotent);
    expect(bench.now() - startedMs).toBeLessThanOrEqual(60_000);
    expectOutcome('unknown', bench.calls.length);
  });

  it.each([
    ['then rejected', rejected],
    ['then surely not sent', notSent(59_000)],
  ])('may have been sent, API idempotent, %s: the place is kept', async (_name, answer) => {
    await bench.claim();
    bench.script.answers = [maybeSent, answer];
    await bench.runToEnd(idempotent);
    expectOutcome('unknown', 2);
  });
});

describe('what forbids to send', () => {
  it('the kill switch: withdrawn before any permission', async () => {
    await bench.claim();
    bench.script.killed = true;
    await bench.run();
    expectOutcome('withdrawn', 0);
    expect(bench.steps).not.toContain('permit');
  });

  it('a merchant that is denied or inactive: withdrawn', async () => {
    await bench.claim();
    bench.script.withdrawn = 'merchant';
    await bench.run();
    expectOutcome('withdrawn', 0);
  });

  it('the kill switch after a call in doubt: unknown, not repeated', async () => {
    await bench.claim();
    bench.script.answers = [maybeSent];
    await bench.run(idempotent);
    bench.script.killed = true;
    await bench.run(idempotent);
    expectOutcome('unknown', 1);
  });

  it('the expiry: expired without a call', async () => {
    await bench.claim();
    bench.advance(60_000);
    await bench.run();
    expectOutcome('expired', 0);
  });

  it('a dry run: everything but the call', async () => {
    await bench.claim();
    await bench.run({ dryRun: true });
    expectOutcome('dry_run', 0);
  });

  it('no record: nothing is sent and nothing is reported', async () => {
    expect(await bench.run()).toEqual({ kind: 'ended' });
    expect(bench.calls).toHaveLength(0);
    expect(bench.records).toEqual([]);
  });

  it.each([
    ['by both clocks', 2000, 2000],
    ['by the wall clock alone: the machine was paused', 3, 2000],
    ['by the monotonic clock alone: the wall clock was set back', 2000, -60_000],
  ])('a permission that took two seconds %s: asked again, not used', async (_name, monotonicMs, wallMs) => {
    await bench.claim();
    const { permit } = bench.memory.store;
    const apart = { monotonicMs: 0, wallMs: 0 };
    const time = {
      monotonicMs: () => bench.now() + apart.monotonicMs,
      wallMs: () => bench.now() + apart.wallMs,
    };
    let slow = true;
    const store = {
      ...bench.memory.store,
      permit: async (...args: Parameters<typeof permit>) => {
        const answer = await permit(...args);
        if (slow) Object.assign(apart, { monotonicMs, wallMs });
        slow = false;
        return answer;
      },
    };
    expect(await bench.run({ store, time })).toMatchObject({ kind: 'again' });
    expect(bench.calls).toHaveLength(0);
    expect(bench.memory.state(bench.ref)).toBe('claimed');
    await bench.runToEnd({ store, time });
    expectOutcome('sent', 1);
  });
});

describe('the shared pace', () => {
  it('is waited for before the permission', async () => {
    await bench.claim();
    const startedMs = bench.now();
    await bench.run({ rate: { reserve: async () => 5000 } });
    expectOutcome('sent', 1);
    expect(bench.now() - startedMs).toBe(5000);
    expect(bench.calls[0]?.fence.leftMs()).toBe(2000);
  });

  it('a kill switch that is thrown while it is waited for: withdrawn', async () => {
    await bench.claim();
    const reserve = async () => {
      bench.script.killed = true;
      return 5000;
    };
    await bench.run({ rate: { reserve } });
    expectOutcome('withdrawn', 0);
  });

  it('is not taken for what will not be sent', async () => {
    await bench.claim();
    bench.advance(60_000);
    let taken = 0;
    await bench.run({ rate: { reserve: async () => (taken += 1) } });
    expect(taken).toBe(0);
    expectOutcome('expired', 0);
  });
});
