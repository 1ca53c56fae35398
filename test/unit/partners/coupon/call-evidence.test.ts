/** An API that is away is told from users whose calls fail, whatever their number, pace and patience. */
import { describe, expect, test } from 'vitest';
import { createCallEvidence, type FailedCall } from '../../../../src/partners/coupon/call-evidence.ts';

const DARK_MS = 5000;
const NOBODY = (_atMs: number): number => 0;

function setUp() {
  const evidence = createCallEvidence(0, DARK_MS);
  let nowMs = 0;
  return {
    evidence,
    at: (ms: number) => (nowMs = ms),
    pass: (ms: number) => (nowMs += ms),
    now: () => nowMs,
    answer: (userId: string, isFirst = true) => evidence.answered(userId, isFirst, nowMs),
    fail: (userId: string, how: Partial<FailedCall> = {}) => {
      const { beganMs = nowMs } = how;
      const call = { userId, error: 'HTTP 503', isFirst: true, outSinceBefore: NOBODY };
      return evidence.failed({ ...call, beganMs, startedMs: beganMs, ...how }, nowMs);
    },
    areAnswered: (sinceMs: number) => evidence.areOthersAnswered(sinceMs, nowMs),
    answering: (sinceMs: number) => evidence.answeringMs(sinceMs, nowMs),
  };
}

/** A generator of its own, so that a run can be repeated. */
function createChance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

describe('the API is away', () => {
  test('once twenty users in a row begin to fail', () => {
    const { fail, answer } = setUp();
    for (let n = 0; n < 200; n += 1) answer(`good-${n}`);
    const verdicts = Array.from({ length: 20 }, (_, n) => fail(`u-${n}`));
    expect(verdicts.indexOf(true)).toBe(19);
  });

  test('once eight do in two seconds, where few call', () => {
    const { fail, pass } = setUp();
    const verdicts = Array.from({ length: 8 }, (_, n) => {
      pass(300);
      return fail(`u-${n}`);
    });
    expect(verdicts.indexOf(true)).toBe(7);
  });

  test('also where the eighth failed early, at whatever fails next', () => {
    const { fail, pass } = setUp();
    for (let n = 0; n < 8; n += 1) expect(fail(`u-${n}`)).toBe(false);
    pass(2000);
    expect(fail('u-3', { isFirst: false })).toBe(true);
  });

  test('once three quarters of the first calls fail, though now and then one is answered', () => {
    const { fail, answer } = setUp();
    let away = false;
    for (let n = 0; n < 160 && !away; n += 1) {
      if (n % 5 === 0) answer(`u-${n}`);
      else away = fail(`u-${n}`);
    }
    expect(away).toBe(true);
  });

  test('not while one user fails, however often', () => {
    const { fail, pass } = setUp();
    for (let n = 0; n < 1000; n += 1) {
      pass(1000);
      expect(fail('sick', { isFirst: n % 7 === 0 })).toBe(false);
    }
  });

  test('not while seven users fail, however often and long', () => {
    const { fail, pass } = setUp();
    for (let n = 0; n < 1000; n += 1) {
      pass(1000);
      expect(fail(`sick-${n % 7}`)).toBe(false);
    }
  });

  test('not while calls are out that began earlier: failures come fast, answers may be slow', () => {
    const { fail, pass } = setUp();
    let out = 70;
    const outSinceBefore = (atMs: number): number => (atMs >= 10 ? out : 2);
    for (let n = 0; n < 58; n += 1)
      expect(fail(`sick-${n}`, { startedMs: 10 + n, outSinceBefore })).toBe(false);
    pass(3000);
    expect(fail('sick-58', { startedMs: 20, outSinceBefore })).toBe(false);
    // One that comes late says nothing of those that began after it.
    expect(fail('sick-59', { startedMs: 1, outSinceBefore })).toBe(false);
    // Those have failed, too.
    out = 2;
    expect(fail('sick-60', { startedMs: 20, outSinceBefore })).toBe(true);
  });
});

test('calls that hung while others were answered are no sign of an outage, however late they fail', () => {
  const { evidence, answer, fail, at, areAnswered } = setUp();
  for (let ms = 0; ms <= 1000; ms += 10) {
    at(ms);
    answer(`good-${ms}`);
  }
  for (let n = 0; n < 60; n += 1) {
    at(1500 + 10 * n);
    expect(fail(`hangs-${n}`, { beganMs: 500 + 5 * n })).toBe(false);
  }
  at(60_000);
  expect(evidence.isDark(60_000)).toBe(false);
  expect(areAnswered(500)).toBe(true);
});

describe('whether others are answered', () => {
  test('not where nobody ever was', () => {
    const { fail, at, areAnswered } = setUp();
    fail('a');
    at(100_000);
    expect(areAnswered(0)).toBe(false);
  });

  test('where somebody was after the first failing call began, or in the second before', () => {
    const { answer, fail, at, areAnswered } = setUp();
    at(10_000);
    answer('good');
    at(10_900);
    fail('late');
    at(60_000);
    expect(areAnswered(10_900)).toBe(true);
    expect(areAnswered(11_001)).toBe(false);
    answer('good');
    expect(areAnswered(11_001)).toBe(true);
  });

  test('not where several began to fail since, and nobody was answered', () => {
    const { answer, fail, at, areAnswered } = setUp();
    answer('good');
    at(500);
    fail('a');
    fail('b');
    at(DARK_MS - 1);
    expect(areAnswered(500)).toBe(true);
    at(DARK_MS);
    expect(areAnswered(500)).toBe(false);
  });

  test('not while the breaker is open', () => {
    const { evidence, answer, areAnswered, at } = setUp();
    answer('good');
    at(1);
    evidence.away(1);
    expect(areAnswered(0)).toBe(false);
    evidence.back(1);
    expect(areAnswered(0)).toBe(true);
  });
});

describe('no share of failing users below a half', () => {
  test.each([0.02, 0.2, 0.45, 0.49])('%f of them: never away, whoever calls and comes back', (share) => {
    const chance = createChance(20_261_122);
    const { fail, answer, pass } = setUp();
    const users = 50_000;
    const isSick = (user: number): boolean => ((user * 7919) % users) / users < share;
    for (let call = 0; call < 300_000; call += 1) {
      pass(2.5);
      const user = Math.floor(chance() * users);
      const name = `u-${user}`;
      if (isSick(user)) {
        // Its tries again, some of them.
        for (let tries = 0; tries < 2; tries += 1)
          if (fail(name, { isFirst: tries === 0 })) throw new Error(`away after ${call} calls`);
      } else answer(name);
    }
  });

  test.each([0.2, 0.45])('%f of all calls fail, whoever makes them', (share) => {
    const chance = createChance(7);
    const { fail, answer, pass } = setUp();
    for (let call = 0; call < 300_000; call += 1) {
      pass(2.5);
      const name = `u-${call % 1000}`;
      if (chance() >= share) answer(name);
      else if (fail(name)) throw new Error(`away after ${call} calls`);
    }
  });
});

describe('whose calls fail', () => {
  test('is known since the first failure, until one is answered', () => {
    const { evidence, fail, answer, pass } = setUp();
    expect(evidence.isQuiet()).toBe(true);
    fail('sick');
    pass(5000);
    fail('sick');
    expect(evidence.failing('sick')).toMatchObject({ sinceMs: 0, error: 'HTTP 503' });
    answer('other');
    expect(evidence.isQuiet()).toBe(false);
    answer('sick', false);
    expect(evidence.isQuiet()).toBe(true);
  });

  test('is forgotten when everybody’s fail', () => {
    const { evidence, fail, now } = setUp();
    fail('sick');
    evidence.away(now());
    expect(evidence.isQuiet()).toBe(true);
  });

  test('is known of some thousands at most', () => {
    const { evidence, fail, answer } = setUp();
    for (let n = 0; n < 10_000; n += 1) {
      fail(`u-${n}`);
      answer('good');
    }
    expect(evidence.failing('u-9999')).toBeDefined();
    expect(evidence.failing('u-5000')).toBeUndefined();
  });
});

describe('the time in which others are answered', () => {
  test('is all of it while the API is there', () => {
    const { answer, at, answering } = setUp();
    for (let second = 0; second <= 30; second += 1) {
      at(second * 1000);
      answer('other');
    }
    expect(answering(0)).toBe(30_000);
    expect(answering(12_000)).toBe(18_000);
  });

  test('is none of an outage, which began after the last answer', () => {
    const { evidence, answer, at, answering } = setUp();
    at(10_000);
    answer('other');
    at(11_000);
    evidence.away(11_000);
    at(40_000);
    expect(answering(0)).toBe(10_000);
    evidence.back(40_000);
    answer('other');
    at(45_000);
    answer('other');
    expect(answering(0)).toBe(15_000);
    expect(answering(20_000)).toBe(5000);
  });

  test('is none of a silence in which several began to fail', () => {
    const { fail, answer, at, answering } = setUp();
    at(1000);
    answer('other');
    at(2000);
    fail('a');
    fail('b');
    at(5999);
    expect(answering(0)).toBe(5999);
    at(60_000);
    expect(answering(0)).toBe(1000);
    answer('other');
    at(61_000);
    expect(answering(0)).toBe(2000);
  });

  test('is all of a silence in which only those failed that failed before', () => {
    const { fail, answer, at, answering } = setUp();
    fail('a');
    fail('b');
    answer('other');
    at(60_000);
    fail('a');
    fail('b');
    expect(answering(0)).toBe(60_000);
  });

  test('is never more than is remembered, however many outages there were', () => {
    const { evidence, answer, at, answering } = setUp();
    for (let outage = 0; outage < 200; outage += 1) {
      at(outage * 1000 + 500);
      answer('other');
      evidence.away(outage * 1000 + 500);
      evidence.back(outage * 1000 + 1000);
      at(outage * 1000 + 1000);
      answer('other');
    }
    expect(answering(0)).toBeLessThanOrEqual(100_000);
    expect(answering(0)).toBeGreaterThan(30_000);
    expect(answering(199_000)).toBe(500);
  });
});
