import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pushId } from '../../../src/push/push-id.ts';
import { retryDelayMs } from '../../../src/push/retry-delay.ts';

describe('the pause before the next try', () => {
  it('grows, is jittered and never passes the expiry', () => {
    const anyRetry = fc.record({
      attempt: fc.integer({ min: 1, max: 1000 }),
      retryAfterMs: fc.option(fc.integer({ min: 0, max: 10_000_000 }), { nil: undefined }),
      remainingMs: fc.integer({ min: -1000, max: 10_000_000 }),
      draw: fc.double({ min: 0, max: 0.999, noNaN: true }),
    });
    fc.assert(
      fc.property(anyRetry, ({ draw, ...retry }) => {
        const delayMs = retryDelayMs({ ...retry, random: () => draw });
        if (delayMs === undefined) {
          expect(retry.remainingMs - 1000).toBeLessThan(Math.max(250, retry.retryAfterMs ?? 0));
        } else {
          expect(delayMs).toBeGreaterThanOrEqual(Math.max(retry.retryAfterMs ?? 0, 250));
          expect(delayMs).toBeLessThan(retry.remainingMs);
        }
      }),
    );
  });

  it('makes a last try shortly before the expiry', () => {
    expect(retryDelayMs({ attempt: 10, remainingMs: 5000, random: () => 0.5 })).toBe(4000);
  });

  it('makes the last try down to a quarter of a second before it would be too late, and none below', () => {
    expect(retryDelayMs({ attempt: 10, remainingMs: 1250, random: () => 0.5 })).toBe(250);
    expect(retryDelayMs({ attempt: 10, remainingMs: 1249, random: () => 0.5 })).toBeUndefined();
  });

  it('makes the last try at the very moment for which the partner asked, and never before it', () => {
    const retry = { attempt: 1, remainingMs: 5000, random: () => 0.5 };
    expect(retryDelayMs({ ...retry, retryAfterMs: 4000 })).toBe(4000);
    expect(retryDelayMs({ ...retry, retryAfterMs: 4001 })).toBeUndefined();
  });
});

describe('the push id', () => {
  it('is one a pair of user and event, without a colon and never all digits', () => {
    expect(pushId({ userId: 'a', eventId: 'b' })).toBe(pushId({ userId: 'a', eventId: 'b' }));
    expect(pushId({ userId: 'a:b', eventId: 'c' })).not.toBe(pushId({ userId: 'a', eventId: 'b:c' }));
    expect(pushId({ userId: '"', eventId: '' })).toMatch(/^p[A-Za-z0-9_-]{43}$/);
  });
});
