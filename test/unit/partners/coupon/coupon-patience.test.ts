/** An event is given up only after others were answered for as long as its patience, as far as is known. */
import { describe, expect, test } from 'vitest';
import { createCallEvidence } from '../../../../src/partners/coupon/call-evidence.ts';
import { createCouponPatience } from '../../../../src/partners/coupon/coupon-patience.ts';

function setUp() {
  let nowMs = 0;
  const evidence = createCallEvidence(0, 5000);
  return {
    patience: createCouponPatience({ patienceMs: 30_000, evidence, nowMs: () => nowMs }),
    at: (ms: number) => (nowMs = ms),
    answer: (userId: string) => evidence.answered(userId, true, nowMs),
    fail: (userId: string, isFirst = true) =>
      evidence.failed(
        { userId, error: 'HTTP 503', isFirst, beganMs: nowMs, startedMs: nowMs, outSinceBefore: () => 0 },
        nowMs,
      ),
  };
}

describe('a user whose calls fail alone', () => {
  test('is not given up in a silence that began right before: nobody was answered since', () => {
    const { patience, answer, fail, at } = setUp();
    at(10_000);
    answer('a');
    at(10_900);
    fail('b');
    const event = patience.begin('b', 10_850, 'HTTP 503');
    for (let second = 11; second <= 300; second += 1) {
      at(second * 1000);
      fail('b', false);
      expect(patience.isOver(event)).toBe(false);
    }
    // Nor at once when others are answered again: what was silent does not count.
    answer('a');
    expect(patience.isOver(event)).toBe(false);
    for (let second = 301; second <= 320; second += 1) {
      at(second * 1000);
      answer('a');
    }
    expect(patience.isOver(event)).toBe(false);
    at(330_000);
    expect(patience.isOver(event)).toBe(true);
  });

  test('is given up where others were answered meanwhile, though nobody calls any more but one that fails, too', () => {
    const { patience, answer, fail, at } = setUp();
    at(10_000);
    fail('b');
    const event = patience.begin('b', 10_000, 'HTTP 503');
    at(12_000);
    answer('a');
    at(13_000);
    fail('c');
    at(39_999);
    expect(patience.isOver(event)).toBe(false);
    at(40_000);
    expect(patience.isOver(event)).toBe(true);
  });
});
