import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { PendingCheck } from '../../../src/domain/delivery.ts';
import { createCheckPending } from '../../../src/push/check-pending.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { away } from '../../support/claims/delivery-bench.ts';

const { signal } = new AbortController();
let checks: number;
let answer: () => Promise<PendingCheck>;
const open = () => createCheckPending({ checkPending: () => ((checks += 1), answer()) }, systemClock);
const refusal = (check: Promise<unknown>) => check.then(String, () => 'given up');

beforeEach(() => {
  vi.useFakeTimers();
  checks = 0;
  answer = () => Promise.reject(away());
});
afterEach(() => {
  vi.useRealTimers();
});

it('waits for a short absence', async () => {
  const check = open()({ userId: 'u', eventId: 'e' }, signal);
  await vi.advanceTimersByTimeAsync(500);
  answer = () => Promise.resolve('pending');
  await vi.advanceTimersByTimeAsync(2000);
  expect(await check).toBe('pending');
});

it('asks no more once it is given up', async () => {
  const check = refusal(open()({ userId: 'u', eventId: 'e' }, signal));
  await vi.advanceTimersByTimeAsync(3100);
  expect(await check).toBe('given up');
  const asked = checks;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(checks).toBe(asked);
});

it('is given up sooner after another was, and for a while only', async () => {
  const check = open();
  void refusal(check({ userId: 'u', eventId: 'e' }, signal));
  await vi.advanceTimersByTimeAsync(3100);
  const sooner = vi.fn<() => void>();
  void check({ userId: 'u2', eventId: 'e2' }, signal).catch(sooner);
  await vi.advanceTimersByTimeAsync(300);
  expect(sooner).toHaveBeenCalledOnce();
  await vi.advanceTimersByTimeAsync(11_000);
  const later = vi.fn<() => void>();
  void check({ userId: 'u3', eventId: 'e3' }, signal).catch(later);
  await vi.advanceTimersByTimeAsync(300);
  expect(later).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(3000);
  expect(later).toHaveBeenCalledOnce();
});

it('ends when the pod stops', async () => {
  const stop = new AbortController();
  const check = refusal(open()({ userId: 'u', eventId: 'e' }, stop.signal));
  await vi.advanceTimersByTimeAsync(10);
  stop.abort();
  await vi.advanceTimersByTimeAsync(10);
  expect(await check).toBe('given up');
});
