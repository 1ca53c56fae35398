import { describe, expect, it } from 'vitest';
import { createClockCheck } from '../../../src/redis/clock-check.ts';
import { createLogBook } from '../../support/partners/partner-fakes.ts';

function setUp() {
  const book = createLogBook();
  let podMs = 1_000_000;
  let redisMs = 1_000_000;
  let monotonicMs = 0;
  const clock = createClockCheck(
    book,
    () => podMs,
    () => monotonicMs,
  );
  /** The pod's clock is set to show so much more than Redis's did, and the answer took so long. */
  const compare = (aheadMs: number, tookMs = 0): string[] => {
    podMs = redisMs + aheadMs;
    clock.compare(redisMs, tookMs);
    return book.lines.map(({ level }) => level);
  };
  return {
    compare,
    book,
    clock,
    pass: (ms: number) => {
      podMs += ms;
      redisMs += ms;
      monotonicMs += ms;
    },
    /** A paused machine: the process's own clock stands still. */
    sleep: (ms: number) => {
      podMs += ms;
      redisMs += ms;
    },
    setPod: (byMs: number) => (podMs += byMs),
    setRedis: (byMs: number) => (redisMs += byMs),
    ask: (tookMs = 0) => {
      clock.compare(redisMs, tookMs);
    },
  };
}

describe('the comparison with Redis’s clock', () => {
  it.each([0, 9_000, -9_000])('is quiet where they differ by %d ms', (aheadMs) => {
    expect(setUp().compare(aheadMs)).toEqual([]);
  });

  it.each([11_000, -11_000])(
    'says once that they differ by %d ms, and once that they agree again',
    (aheadMs) => {
      const { compare, book } = setUp();
      compare(aheadMs);
      expect(compare(aheadMs)).toEqual(['error']);
      expect(book.lines[0]?.fields).toEqual({ aheadMs });
      compare(0);
      expect(compare(0)).toEqual(['error', 'info']);
    },
  );

  it('takes no late answer for a clock that is ahead', () => {
    const { compare } = setUp();
    expect(compare(25_000, 20_000)).toEqual([]);
    expect(compare(-11_000, 20_000)).toEqual(['error']);
  });
});

describe('how far the pod is ahead', () => {
  it('is nothing before Redis was reached, and nothing within what the answer took', () => {
    const { clock, compare } = setUp();
    expect(clock.podAheadMs()).toBe(0);
    compare(400, 500);
    expect(clock.podAheadMs()).toBe(0);
    compare(700, 500);
    expect(clock.podAheadMs()).toBe(200);
    compare(-700, 500);
    expect(clock.podAheadMs()).toBe(-700);
  });

  it('stays while time passes, and follows a clock that is set before Redis is asked again', () => {
    const { clock, compare, pass, setPod } = setUp();
    compare(0);
    pass(3_600_000);
    expect(clock.podAheadMs()).toBe(0);
    setPod(3_600_000);
    expect(clock.podAheadMs()).toBe(3_600_000);
    expect(clock.warnings()).toEqual(['this pod’s clock is 3600 s ahead of Redis’s']);
    setPod(-7_200_000);
    expect(clock.podAheadMs()).toBe(-3_600_000);
    expect(clock.warnings()).toEqual(['this pod’s clock is 3600 s behind Redis’s']);
  });

  it('of a machine that was paused is the pause, until Redis answers', () => {
    const { clock, compare, sleep, ask, book } = setUp();
    compare(0);
    sleep(60_000);
    expect(clock.podAheadMs()).toBe(60_000);
    ask();
    expect(clock.podAheadMs()).toBe(0);
    expect(clock.warnings()).toEqual([]);
    expect(book.lines).toEqual([]);
  });

  it('a Redis whose clock is set, or another’s, is said: windows move with it', () => {
    const { clock, compare, pass, ask, setRedis, book } = setUp();
    compare(0);
    pass(1000);
    setRedis(3_600_000);
    ask();
    expect(clock.warnings()).toEqual([
      'this pod’s clock is 3600 s behind Redis’s',
      expect.stringMatching(/^Redis’s clock was set by 3600 s at /),
    ]);
    expect(book.lines.map(({ message }) => message)).toContain(
      'redis’s clock was set: windows moved with it',
    );
  });

  it('a pod’s clock that is set is no Redis’s that is', () => {
    const { clock, compare, pass, ask, setPod } = setUp();
    compare(0);
    pass(1000);
    setPod(3_600_000);
    ask();
    expect(clock.warnings()).toEqual(['this pod’s clock is 3600 s ahead of Redis’s']);
  });
});
