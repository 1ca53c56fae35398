import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { DeliverySight } from '../../../src/domain/delivery.ts';
import { createFirstLook } from '../../../src/push/check-pending.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { away } from '../../support/claims/delivery-bench.ts';

const { signal } = new AbortController();
let looks: number;
let answer: () => Promise<DeliverySight>;
const open = () => createFirstLook({ look: () => ((looks += 1), answer()) }, systemClock);
const refusal = (look: Promise<unknown>) => look.then(String, () => 'given up');

beforeEach(() => {
  vi.useFakeTimers();
  looks = 0;
  answer = () => Promise.reject(away());
});
afterEach(() => {
  vi.useRealTimers();
});

it('waits for a short absence', async () => {
  const sight = open()({ userId: 'u', eventId: 'e' }, signal);
  await vi.advanceTimersByTimeAsync(500);
  answer = () => Promise.resolve('waiting');
  await vi.advanceTimersByTimeAsync(2000);
  expect(await sight).toBe('waiting');
});

it('asks no more once it is given up', async () => {
  const sight = refusal(open()({ userId: 'u', eventId: 'e' }, signal));
  await vi.advanceTimersByTimeAsync(3100);
  expect(await sight).toBe('given up');
  const asked = looks;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(looks).toBe(asked);
});

it('is given up sooner after another was, and for a while only', async () => {
  const look = open();
  void refusal(look({ userId: 'u', eventId: 'e' }, signal));
  await vi.advanceTimersByTimeAsync(3100);
  const sooner = vi.fn<() => void>();
  void look({ userId: 'u2', eventId: 'e2' }, signal).catch(sooner);
  await vi.advanceTimersByTimeAsync(300);
  expect(sooner).toHaveBeenCalledOnce();
  await vi.advanceTimersByTimeAsync(11_000);
  const later = vi.fn<() => void>();
  void look({ userId: 'u3', eventId: 'e3' }, signal).catch(later);
  await vi.advanceTimersByTimeAsync(300);
  expect(later).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(3000);
  expect(later).toHaveBeenCalledOnce();
});

it('ends when the pod stops', async () => {
  const stop = new AbortController();
  const sight = refusal(open()({ userId: 'u', eventId: 'e' }, stop.signal));
  await vi.advanceTimersByTimeAsync(10);
  stop.abort();
  await vi.advanceTimersByTimeAsync(10);
  expect(await sight).toBe('given up');
});
