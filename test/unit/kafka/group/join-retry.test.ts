/** The client's own retrier, on a clock of ours. */
import { createRequire } from 'node:module';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { joinRetry } from '../../../../src/kafka/group/join-retry.ts';

const createRetry = createRequire(import.meta.url)('kafkajs/src/retry/index.js') as (
  options: object,
) => (attempt: () => Promise<never>) => Promise<never>;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it.each([1000, 10_000, 120_000, 3_600_000])(
  'a join is held for longer than a drain of %i ms',
  async (drainTimeoutMs) => {
    let isGivenUp = false;
    createRetry(joinRetry(drainTimeoutMs))(() => Promise.reject(new Error('held'))).catch(() => {
      isGivenUp = true;
    });
    await vi.advanceTimersByTimeAsync(drainTimeoutMs + 45_000);
    expect(isGivenUp).toBe(false);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(isGivenUp).toBe(true);
  },
);
