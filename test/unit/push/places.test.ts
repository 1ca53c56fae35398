/** What holds a delivery's place: nothing that is away for some users only may hold it for longer than seconds. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { UnavailableError } from '../../../src/runtime/errors.ts';
import { createReportOutcome } from '../../../src/push/report-outcome.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { envelopeOf } from '../../support/claims/claims-harness.ts';
import { away, createBench, type DeliveryBench } from '../../support/claims/delivery-bench.ts';

let bench: DeliveryBench;
beforeEach(async () => {
  vi.useFakeTimers();
  bench = createBench();
  await bench.claim();
});
afterEach(() => {
  vi.useRealTimers();
});

/** How a run stands after so many ms. */
async function after<T>(ms: number, run: Promise<T>): Promise<T | 'running' | 'given up'> {
  const given = run.catch((error: unknown) => {
    if (error instanceof UnavailableError) return 'given up' as const;
    throw error;
  });
  await vi.advanceTimersByTimeAsync(ms);
  return Promise.race([given, Promise.resolve('running' as const)]);
}

describe('an outcome whose broker says nothing', () => {
  let asked: PromiseWithResolvers<undefined>[];
  let open: () => ReturnType<typeof createReportOutcome>;
  beforeEach(() => {
    asked = [];
    open = () =>
      createReportOutcome({
        outcomeLog: {
          record: () => {
            const one = Promise.withResolvers<undefined>();
            asked.push(one);
            return one.promise;
          },
        },
        store: bench.memory.store,
        meter: { delivered: (outcome) => void bench.counted.push(outcome) },
        clock: systemClock,
        pod: 'pod-1',
        signal: bench.stop.signal,
      });
  });

  it('gives the place back; acknowledged later it is counted once, and the next run has nothing to do', async () => {
    const report = open();
    const first = bench.run({ report });
    expect(await after(1900, first)).toBe('running');
    expect(await after(200, first)).toBe('given up');
    expect(await after(0, bench.run({ report }))).toBe('given up');
    expect(asked).toHaveLength(1);
    expect(bench.calls).toHaveLength(1);
    expect(bench.counted).toEqual([]);
    for (const one of asked) one.resolve(undefined);
    await vi.advanceTimersByTimeAsync(0);
    expect(bench.counted).toEqual(['sent']);
    expect(await bench.run({ report })).toEqual({ kind: 'ended' });
    expect(asked).toHaveLength(1);
  });

  it('is published again where it was refused at last', async () => {
    const report = open();
    expect(await after(2100, bench.run({ report }))).toBe('given up');
    asked[0]?.reject(new UnavailableError('outcome topic', 'test'));
    await vi.advanceTimersByTimeAsync(0);
    const next = bench.run({ report });
    await vi.advanceTimersByTimeAsync(0);
    expect(asked).toHaveLength(2);
    asked[1]?.resolve(undefined);
    expect(await next).toEqual({ kind: 'ended' });
    expect(bench.counted).toEqual(['sent']);
  });

  it('is published again where its request is lost, or by another pod, and counted once', async () => {
    const report = open();
    expect(await after(2100, bench.run({ report }))).toBe('given up');
    expect(await after(2100, bench.run({ report: open() }))).toBe('given up');
    expect(asked).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(120_000);
    expect(await after(2100, bench.run({ report }))).toBe('given up');
    expect(asked).toHaveLength(3);
    for (const one of asked) one.resolve(undefined);
    await vi.advanceTimersByTimeAsync(0);
    expect(bench.counted).toEqual(['sent']);
  });

  it('is waited for shortly while others are late', async () => {
    const report = open();
    expect(await after(2100, bench.run({ report }))).toBe('given up');
    const ended = {
      ref: { userId: 'u-2', eventId: 'e-2' },
      outcome: 'sent',
      reporter: 'r',
      endedAtMs: 0,
    } as const;
    expect(await after(300, report({ ...ended, envelope: envelopeOf(ended.ref) }))).toBe('given up');
  });
});

describe('a user whose part of Redis is away before anything was asked for', () => {
  const checksAway = () => ({ ...bench.memory.store, checkPending: () => Promise.reject(away()) });

  it.each([false, true])('gives the place back and asks for nothing (kill switch: %s)', async (killed) => {
    bench.script.killed = killed;
    expect(await after(3100, bench.run({ store: checksAway(), clock: systemClock }))).toBe('given up');
    expect(bench.memory.state(bench.ref)).toBe('claimed');
    expect(bench.calls).toHaveLength(0);
    await bench.runToEnd();
    expect(bench.memory.state(bench.ref)).toBe(killed ? 'withdrawn' : 'sent');
  });

  it('gives the place back where no answer comes at all', async () => {
    const store = { ...bench.memory.store, checkPending: () => new Promise<never>(() => {}) };
    expect(await after(3100, bench.run({ store, clock: systemClock }))).toBe('given up');
  });

  it('keeps it once a permission has been asked for', async () => {
    const store = { ...bench.memory.store, permit: () => Promise.reject(away()) };
    const run = bench.run({ store, clock: systemClock });
    expect(await after(60_000, run)).toBe('running');
    bench.stop.abort();
    expect(await after(10, run)).toBe('given up');
  });
});
