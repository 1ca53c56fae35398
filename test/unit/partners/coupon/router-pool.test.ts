import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRouterPool, type Admission } from '../../../../src/partners/coupon/router-pool.ts';
import { ownershipOf } from '../../../support/kafka/ownership-of.ts';
import { createFakeClock, settled } from '../../../support/partners/partner-fakes.ts';

const NEVER = Number.POSITIVE_INFINITY;

function setUp(limit: number) {
  const clock = createFakeClock();
  const pool = createRouterPool(limit, clock);
  const ended: (readonly [string, Admission])[] = [];
  const wait = (name: string, staleAtMs = NEVER, signal = new AbortController().signal): void => {
    void pool.wait(staleAtMs, ownershipOf(signal)).then((admission) => ended.push([name, admission]));
  };
  return { clock, pool, ended, wait };
}

describe('router pool', () => {
  test('lets no more in than its limit', () => {
    const { pool } = setUp(2);
    expect([pool.tryEnter(), pool.tryEnter(), pool.tryEnter()]).toEqual([true, true, false]);
    expect(pool.inFlight()).toBe(2);
    pool.leave();
    expect(pool.tryEnter()).toBe(true);
  });

  test('first come, first served', async () => {
    const { pool, ended, wait } = setUp(1);
    pool.tryEnter();
    for (const name of ['a', 'b', 'c']) wait(name);
    for (let slot = 0; slot < 3; slot += 1) {
      pool.leave();
      await settled();
    }
    expect(ended.map(([name]) => name)).toEqual(['a', 'b', 'c']);
    expect(pool.inFlight()).toBe(1);
  });

  test('nobody overtakes those who wait', () => {
    const { pool, wait } = setUp(1);
    pool.tryEnter();
    wait('a');
    pool.setLimit(2);
    expect(pool.inFlight()).toBe(2);
    wait('b');
    expect(pool.tryEnter()).toBe(false);
  });

  test('a lost hold ends the wait at once and takes no slot', async () => {
    const { pool, ended, wait } = setUp(1);
    const hold = new AbortController();
    pool.tryEnter();
    wait('a', NEVER, hold.signal);
    wait('b');
    hold.abort();
    await settled();
    expect(ended).toEqual([['a', 'abandoned']]);
    pool.leave();
    await settled();
    expect(ended).toEqual([
      ['a', 'abandoned'],
      ['b', 'admitted'],
    ]);
    expect(pool.waiting()).toBe(0);
  });

  test('one lost hold ends the waits of all its events, and leaves one listener behind, not thousands', async () => {
    const { pool, ended, wait } = setUp(0);
    const hold = new AbortController();
    let listeners = 0;
    const add = hold.signal.addEventListener.bind(hold.signal);
    hold.signal.addEventListener = (...given: Parameters<typeof add>) => {
      listeners += 1;
      add(...given);
    };
    for (let n = 0; n < 5000; n += 1) wait(String(n), NEVER, hold.signal);
    expect(listeners).toBe(1);
    hold.abort();
    await settled();
    expect(ended).toHaveLength(5000);
    expect(pool.waiting()).toBe(0);
  });

  test('a wait ends as stale while nobody is let in', async () => {
    const { clock, pool, ended, wait } = setUp(0);
    wait('soon', clock.now() + 1000);
    wait('later', clock.now() + 5000);
    await clock.advance(900);
    expect(ended).toEqual([]);
    await clock.advance(200);
    expect(ended).toEqual([['soon', 'stale']]);
    expect(pool.waiting()).toBe(1);
    await clock.advance(5000);
    expect(clock.sleepers()).toBe(0);
  });

  test('who became stale just before the slot was free does not take it', async () => {
    const { clock, pool, ended, wait } = setUp(1);
    pool.tryEnter();
    wait('a', clock.now() + 10);
    wait('b');
    await clock.advance(50);
    pool.leave();
    await settled();
    expect(ended).toEqual([
      ['a', 'stale'],
      ['b', 'admitted'],
    ]);
  });

  test('a smaller limit takes effect as calls return, a larger one at once', async () => {
    const { pool, ended, wait } = setUp(3);
    for (let n = 0; n < 3; n += 1) pool.tryEnter();
    wait('a');
    pool.setLimit(1);
    pool.leave();
    pool.leave();
    await settled();
    expect(ended).toEqual([]);
    pool.setLimit(2);
    await settled();
    expect(ended).toEqual([['a', 'admitted']]);
  });

  test('closed, it abandons all', async () => {
    const { pool, ended, wait } = setUp(0);
    wait('a');
    pool.close();
    wait('b');
    await settled();
    expect(ended.map(([, admission]) => admission)).toEqual(['abandoned', 'abandoned']);
    expect(pool.tryEnter()).toBe(false);
  });

  test('keeps its limit, its order and its count through anything', async () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('enter' as const) }),
      fc.record({ do: fc.constant('leave' as const) }),
      fc.record({ do: fc.constant('limit' as const), to: fc.nat(4) }),
      fc.record({ do: fc.constant('abort' as const), which: fc.nat(30) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const { pool, ended, wait } = setUp(2);
        const holds: AbortController[] = [];
        let inside = 0;
        let limit = 2;
        let counted = 0;
        for (const move of steps) {
          if (move.do === 'enter' && !pool.tryEnter()) {
            const hold = new AbortController();
            wait(String(holds.push(hold) - 1), NEVER, hold.signal);
          } else if (move.do === 'enter') inside += 1;
          else if (move.do === 'leave' && inside > 0) {
            inside -= 1;
            pool.leave();
          } else if (move.do === 'limit') pool.setLimit((limit = move.to));
          else if (move.do === 'abort') holds[move.which]?.abort();
          const before = inside;
          await settled();
          inside += ended.slice(counted).filter(([, admission]) => admission === 'admitted').length;
          counted = ended.length;
          expect(pool.inFlight()).toBe(inside);
          if (inside > before) expect(inside).toBeLessThanOrEqual(limit);
          expect(pool.waiting()).toBe(holds.length - ended.length);
          if (pool.waiting() > 0) expect(inside).toBeGreaterThanOrEqual(limit);
        }
        const admitted = ended
          .filter(([, admission]) => admission === 'admitted')
          .map(([name]) => Number(name));
        expect(admitted).toEqual([...admitted].sort((a, b) => a - b));
      }),
    );
  });
});
