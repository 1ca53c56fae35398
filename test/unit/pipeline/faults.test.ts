/** What happens to an event when something fails, answers twice, or the pod must give it up. */
import { describe, expect, it } from 'vitest';
import { AbandonedError, UnavailableError } from '../../../src/runtime/errors.ts';
import type { PushEnvelope } from '../../../src/domain/push.ts';
import { createEventHandler } from '../../../src/pipeline/edge.ts';
import { bench, piece, rawEvent, ruleset, type Bench } from '../../support/pipeline-fakes.ts';

const away = new UnavailableError('redis', new Error('ECONNREFUSED'));
const frozen: PushEnvelope = {
  push: {
    userId: 'u-1',
    eventId: 'e-1',
    couponId: 'c-frozen',
    merchantId: 'm-frozen',
    title: 'Frozen',
    collapseKey: 'coupon:m-frozen',
    rulesVersion: 'r0',
  },
  source: { topic: 'location-events', partition: 0, offset: '1', index: 0 },
  traceparent: '',
  rulesHash: 'ba9876543210',
};

async function run(b: Bench, raw: unknown = rawEvent()): Promise<void> {
  await createEventHandler(b.ports)(piece(raw)).run(b.ownership);
}

describe('an event that was claimed before', () => {
  it('is taken up with its frozen push, and no filter comes between', async () => {
    const b = bench();
    b.rules = ruleset({ enabled: false });
    b.script.recall = [{ kind: 'known', undelivered: true, envelope: frozen }];
    await run(b);
    expect(b.log).toEqual(['recall', 'enqueue', 'record']);
    expect(b.outcomes).toMatchObject([
      { outcome: 'queued', couponId: 'c-frozen', rulesVersion: 'r0', rulesHash: 'ba9876543210' },
    ]);
  });

  it('ends as queued without a job where its push is delivered', async () => {
    const b = bench();
    b.script.recall = [{ kind: 'known', undelivered: false, envelope: frozen }];
    await run(b);
    expect(b.log).toEqual(['recall', 'record']);
    expect(b.ended).toMatchObject([{ kind: 'queued' }]);
  });

  it('wins over a new choice when the claim finds it', async () => {
    const b = bench();
    b.script.claim = [{ kind: 'known', undelivered: true, envelope: frozen }];
    await run(b);
    expect(b.outcomes).toMatchObject([{ outcome: 'queued', couponId: 'c-frozen' }]);
    expect(b.log).toContain('enqueue');
  });
});

describe('a service that is away', () => {
  it.each(['recall', 'claim', 'enqueue', 'record'] as const)(
    '%s: the event waits and is decided once',
    async (name) => {
      const b = bench();
      const good = b.script[name][0];
      (b.script[name] as unknown[]) =
        name === 'claim' ? [away, { kind: 'claimed', envelope: frozen }] : [away, away, good];
      await run(b);
      expect(b.ended).toMatchObject([{ kind: 'queued' }]);
      expect(b.outcomes).toHaveLength(1);
      expect(b.sleeps.length).toBeGreaterThan(0);
    },
  );

  it('while a dead letter is to be written: it is written before the outcome', async () => {
    const b = bench();
    b.script.publish = [away, undefined];
    await run(b, { broken: true });
    expect(b.log).toEqual(['publish', 'publish', 'record']);
  });

  it('never becomes internal_error, however often it fails', async () => {
    const b = bench();
    b.script.recall = [...Array.from({ length: 20 }, () => away), { kind: 'new' }];
    await run(b);
    expect(b.ended).toMatchObject([{ kind: 'queued' }]);
  });
});

describe('a fault of our own', () => {
  it('is tried three times, with pauses that keep no two events in step', async () => {
    const sleeps: number[][] = [];
    for (let event = 0; event < 20; event += 1) {
      const b = bench();
      b.script.recall = [new TypeError('a defect')];
      await run(b);
      expect(b.outcomes).toMatchObject([{ outcome: 'dead_lettered', reason: 'internal_error' }]);
      sleeps.push(b.sleeps);
    }
    for (const [at, [least, most]] of [
      [50, 150],
      [100, 300],
    ].entries()) {
      const pauses = sleeps.map((ofOne) => ofOne[at] ?? 0);
      expect(new Set(pauses).size).toBeGreaterThan(10);
      expect(Math.min(...pauses)).toBeGreaterThanOrEqual(least ?? 0);
      expect(Math.max(...pauses)).toBeLessThanOrEqual(most ?? 0);
    }
  });
});

describe('a revoked ownership', () => {
  it.each(['recall', 'coupons'] as const)('after %s: no claim is made', async (name) => {
    const b = bench();
    b.onCall = (called) => {
      if (called === name) b.ownership.lose();
    };
    await expect(run(b)).rejects.toThrow(AbandonedError);
    expect(b.log).not.toContain('claim');
    expect(b.counts).toEqual({ received: 1, abandoned: 1 });
    expect(b.ended).toEqual([]);
  });

  it('between claim and enqueue: left to the redelivery, which finds the record', async () => {
    const b = bench();
    b.onCall = (called) => {
      if (called === 'claim') b.ownership.lose();
    };
    await expect(run(b)).rejects.toThrow(AbandonedError);
    expect(b.log).not.toContain('enqueue');
  });

  it('while waiting for a service', async () => {
    const b = bench();
    b.script.recall = [away];
    b.onCall = () => {
      b.ownership.lose();
    };
    await expect(run(b)).rejects.toThrow(AbandonedError);
    expect(b.counts.abandoned).toBe(1);
  });

  it('is the only reason to abandon: an event that nobody took away is never given up', async () => {
    const b = bench();
    b.script.coupons = [new AbandonedError(), { kind: 'coupons', coupons: [] }];
    await run(b);
    expect(b.counts.abandoned).toBe(0);
    expect(b.ended).toMatchObject([{ kind: 'filtered', reason: 'no_coupons' }]);
  });

  it('before it ran counts as abandoned', () => {
    const b = bench();
    createEventHandler(b.ports)(piece(rawEvent())).abandon();
    expect(b.counts).toEqual({ received: 1, abandoned: 1 });
  });
});

it('the claim carries the ranked candidates with their ends and the last moment the event is acceptable', async () => {
  const b = bench();
  b.rules = ruleset({ quietHours: () => ({ quiet: false, nextStartMs: 5000 }) });
  b.script.coupons = [
    {
      kind: 'coupons',
      coupons: [
        { couponId: 'a', merchantId: 'm', title: 'A', validUntilMs: 4000 },
        { couponId: 'b', merchantId: 'm', title: 'B', validUntilMs: 6000 },
        { couponId: 'c', merchantId: 'm', title: 'C' },
      ],
    },
  ];
  await run(b);
  const [request] = b.claims;
  expect(request?.candidates.map(({ notAfterMs }) => notAfterMs)).toEqual([4000, 5000, 5000]);
  expect(request?.acceptableUntilMs).toBe(Date.parse(String(rawEvent()['occurredAt'])) + 900_000);
  expect(JSON.stringify(request)).not.toMatch(/52\.5|13\.4/);
});
