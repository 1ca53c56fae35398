import { describe, expect, test } from 'vitest';
import {
  createCircuitBreaker,
  PROBES,
  type BreakerState,
} from '../../../../src/partners/coupon/circuit-breaker.ts';
import { createFakeClock, settled } from '../../../support/partners/partner-fakes.ts';

function setUp() {
  const clock = createFakeClock();
  const changes: BreakerState[] = [];
  const breaker = createCircuitBreaker({
    clock,
    random: () => 0.999,
    onChange: (state) => changes.push(state),
  });
  const probe = (times: number, ok: boolean, generation = breaker.generation()): void => {
    for (let n = 0; n < times; n += 1) breaker.probed(generation, ok);
  };
  return { clock, changes, breaker, probe };
}

describe('circuit breaker', () => {
  test('opens when it is told to, once', () => {
    const { breaker, changes } = setUp();
    breaker.open();
    breaker.open();
    expect(breaker.state()).toBe('open');
    expect(changes).toEqual(['open']);
  });

  test('half opens after a rest, and the first good probe closes it', async () => {
    const { clock, breaker, probe, changes } = setUp();
    breaker.open();
    await clock.advance(450);
    expect(breaker.state()).toBe('open');
    await clock.advance(100);
    expect(breaker.state()).toBe('half_open');
    probe(PROBES - 1, false);
    expect(breaker.probesLeft()).toBe(1);
    probe(1, true);
    expect(changes).toEqual(['open', 'half_open', 'closed']);
  });

  test('when all probes are bad it opens again, and for longer each time, up to 4 s', async () => {
    const { clock, breaker, probe } = setUp();
    breaker.open();
    const rests: number[] = [];
    for (let round = 0; round < 6; round += 1) {
      let restMs = 0;
      for (; breaker.state() === 'open'; restMs += 50) await clock.advance(50);
      rests.push(restMs);
      probe(PROBES - 1, false);
      expect(breaker.state()).toBe('half_open');
      probe(1, false);
      expect(breaker.state()).toBe('open');
    }
    expect(rests).toEqual([500, 1000, 2000, 4000, 4000, 4000]);
  });

  test('a late result of an earlier state counts for nothing', async () => {
    const { clock, breaker, probe } = setUp();
    const early = breaker.generation();
    breaker.open();
    await clock.advance(600);
    const first = breaker.generation();
    probe(20, false, early);
    probe(20, true, early);
    expect(breaker.state()).toBe('half_open');
    probe(PROBES, false);
    await clock.advance(1100);
    probe(20, true, first);
    expect(breaker.state()).toBe('half_open');
    probe(1, true);
    probe(100, false, early);
    expect(breaker.state()).toBe('closed');
  });

  test('more probes than asked for, good and bad at once, leave one verdict and one timer', async () => {
    const { clock, breaker } = setUp();
    breaker.open();
    await clock.advance(600);
    const generation = breaker.generation();
    for (const ok of [false, false, false, true, true, false]) breaker.probed(generation, ok);
    await settled();
    expect(breaker.state()).toBe('open');
    expect(clock.sleepers()).toBe(1);
  });

  test('a wall clock that is set back does not hold it open', async () => {
    const { clock, breaker, probe } = setUp();
    const now = Date.now;
    try {
      breaker.open();
      Date.now = () => now() - 3_600_000;
      await clock.advance(600);
      probe(1, true);
      expect(breaker.state()).toBe('closed');
    } finally {
      Date.now = now;
    }
  });

  test('stopped, it leaves no timer behind', async () => {
    const { clock, breaker } = setUp();
    breaker.open();
    breaker.stop();
    await settled();
    expect(clock.sleepers()).toBe(0);
    expect(breaker.state()).toBe('open');
  });
});
