import { describe, expect, test } from 'vitest';
import { createCircuitBreaker, PROBES, type BreakerState } from '../../../src/partners/circuit-breaker.ts';
import { createFakeClock, settled } from '../../support/partner-fakes.ts';

function setUp() {
  const clock = createFakeClock();
  const changes: BreakerState[] = [];
  const breaker = createCircuitBreaker({
    clock,
    random: () => 0.999,
    onChange: (state) => changes.push(state),
  });
  const settle = async (times: number, ok: boolean, ticket = breaker.ticket()): Promise<void> => {
    for (let n = 0; n < times; n += 1) void breaker.settle(ticket, ok);
    await settled();
  };
  return { clock, changes, breaker, settle };
}

describe('circuit breaker', () => {
  test('a few failures open nothing', async () => {
    const { breaker, settle } = setUp();
    await settle(15, false);
    expect(breaker.state()).toBe('closed');
  });

  test('opens when most of the last calls failed', async () => {
    const { breaker, settle, changes } = setUp();
    await settle(16, false);
    expect(breaker.state()).toBe('open');
    expect(changes).toEqual(['open']);
  });

  test('stays closed while a third fails', async () => {
    const { breaker, settle } = setUp();
    for (let n = 0; n < 200; n += 1) await settle(1, n % 3 !== 0);
    expect(breaker.state()).toBe('closed');
  });

  test('half opens after a rest, and closes after enough good probes', async () => {
    const { clock, breaker, settle, changes } = setUp();
    await settle(16, false);
    await clock.advance(450);
    expect(breaker.state()).toBe('open');
    await clock.advance(100);
    expect(breaker.state()).toBe('half_open');
    await settle(PROBES - 1, true);
    expect(breaker.state()).toBe('half_open');
    await settle(1, true);
    expect(changes).toEqual(['open', 'half_open', 'closed']);
  });

  test('one bad probe opens it again, and for longer each time, up to 4 s', async () => {
    const { clock, breaker, settle } = setUp();
    await settle(16, false);
    const rests: number[] = [];
    for (let round = 0; round < 6; round += 1) {
      let restMs = 0;
      for (; breaker.state() === 'open'; restMs += 50) await clock.advance(50);
      rests.push(restMs);
      await settle(1, false);
      expect(breaker.state()).toBe('open');
    }
    expect(rests).toEqual([500, 1000, 2000, 4000, 4000, 4000]);
  });

  test('a late result of an earlier state counts for nothing', async () => {
    const { clock, breaker, settle } = setUp();
    const early = breaker.ticket();
    await settle(16, false);
    await clock.advance(600);
    await settle(20, false, early);
    expect(breaker.state()).toBe('half_open');
    await settle(PROBES, true);
    await settle(100, false, early);
    expect(breaker.state()).toBe('closed');
  });

  test('more probes than asked for, good and bad at once, leave one verdict and one timer', async () => {
    const { clock, breaker } = setUp();
    for (let n = 0; n < 16; n += 1) void breaker.settle(0, false);
    await clock.advance(600);
    const ticket = breaker.ticket();
    for (const ok of [true, false, true, true, false]) void breaker.settle(ticket, ok);
    await settled();
    expect(breaker.state()).toBe('open');
    expect(clock.sleepers()).toBe(1);
    await clock.advance(1000);
    await (async () => {
      const probes = breaker.ticket();
      for (let n = 0; n < PROBES; n += 1) void breaker.settle(probes, true);
      await settled();
    })();
    expect(breaker.state()).toBe('closed');
  });

  test('a wall clock that is set back does not hold it open', async () => {
    const { clock, breaker, settle } = setUp();
    const now = Date.now;
    try {
      await settle(16, false);
      Date.now = () => now() - 3_600_000;
      await clock.advance(600);
      await settle(PROBES, true);
      expect(breaker.state()).toBe('closed');
    } finally {
      Date.now = now;
    }
  });

  test('stopped, it leaves no timer behind', async () => {
    const { clock, breaker, settle } = setUp();
    await settle(16, false);
    breaker.stop();
    await settled();
    expect(clock.sleepers()).toBe(0);
    expect(breaker.state()).toBe('open');
  });
});
