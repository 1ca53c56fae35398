/** First calls and tries again are two classes: neither keeps the other out. */
import { describe, expect, test } from 'vitest';
import { createRouterPool } from '../../../../src/partners/coupon/router-pool.ts';
import { ownershipOf } from '../../../support/kafka/ownership-of.ts';
import { createFakeClock, settled } from '../../../support/partners/partner-fakes.ts';

const NEVER = Number.POSITIVE_INFINITY;

describe('first calls and tries again', () => {
  /** Who gets in is noted; nobody leaves but by `leave`. */
  function classes(limit: number) {
    const clock = createFakeClock();
    const pool = createRouterPool(limit, clock);
    const parked: string[] = [];
    const inside: string[] = [];
    const enter = (name: string, isAgain: boolean, isOver = (): boolean => false, share?: number): void => {
      if (pool.tryEnter(share, isAgain)) {
        inside.push(name);
        return;
      }
      const hold = { ...ownershipOf(new AbortController().signal), park: () => void parked.push(name) };
      void pool.wait(NEVER, hold, share, isAgain ? { isOver } : undefined).then((admission) => {
        inside.push(admission === 'admitted' ? name : `${name} ${admission}`);
      });
    };
    const many = (count: number, prefix: string, isAgain: boolean): void => {
      for (let n = 0; n < count; n += 1) enter(`${prefix}${String(n)}`, isAgain);
    };
    const leave = async (name: string, isAgain: boolean): Promise<void> => {
      inside.splice(inside.indexOf(name), 1);
      pool.leave(undefined, isAgain);
      await settled();
    };
    const agains = (): number => inside.filter((name) => name.startsWith('again')).length;
    return { clock, pool, parked, inside, enter, many, leave, agains };
  }

  test('tries again that hang never hold more than a quarter while first calls wait', async () => {
    const { pool, inside, many, leave, agains } = classes(16);
    many(16, 'first', false);
    many(100, 'again', true);
    many(200, 'wait', false);
    let served = 0;
    for (
      let left = inside.find((name) => !name.startsWith('again'));
      left !== undefined && served < 200;
      served += 1
    ) {
      await leave(left, false);
      expect(agains()).toBeLessThanOrEqual(4);
      expect(pool.inFlight()).toBe(16);
      left = inside.find((name) => !name.startsWith('again'));
    }
    expect(served).toBe(200);
    expect(agains()).toBe(4);
  });

  test('they have their quarter, too, however many first calls come', async () => {
    const { inside, many, leave, agains } = classes(16);
    many(16, 'first', false);
    many(400, 'wait', false);
    many(4, 'again', true);
    for (let n = 0; n < 4; n += 1) await leave(inside[0] ?? '', false);
    expect(agains()).toBe(4);
  });

  test('while no first call waits they have half, and leave the rest for those that come', () => {
    const { many, agains, inside } = classes(16);
    many(100, 'again', true);
    expect(agains()).toBe(8);
    many(8, 'first', false);
    expect(inside).toHaveLength(16);
  });

  test.each([1, 2, 3])('with %i slots a try again goes after every third first call', async (limit) => {
    const { inside, many, leave, enter } = classes(limit);
    many(limit, 'first', false);
    many(60, 'wait', false);
    many(60, 'again', true);
    const order: string[] = [];
    for (let n = 0; n < 40; n += 1) {
      const name = inside[0] ?? '';
      order.push(name.startsWith('again') ? 'again' : 'first');
      await leave(name, name.startsWith('again'));
    }
    const share = order.filter((one) => one === 'again').length / order.length;
    expect(share).toBeGreaterThan(0.15);
    expect(share).toBeLessThanOrEqual(0.3);
    enter('last', false);
  });

  test.each([
    [5, ['first0', 'first1', 'first2']],
    [2, ['again0', 'first0', 'first1']],
  ])('probes are first calls where there are any: of %i', async (firsts, probes) => {
    const { pool, inside, many } = classes(0);
    many(10, 'again', true);
    many(firsts, 'first', false);
    pool.setLimit(3, true);
    await settled();
    expect(inside.toSorted()).toEqual(probes);
  });

  test('a limit of 0 parks who waits', () => {
    const { pool, parked, many } = classes(1);
    many(3, 'first', false);
    many(2, 'again', true);
    expect(parked).toEqual([]);
    pool.setLimit(0);
    expect(parked).toEqual(['first1', 'first2', 'again0', 'again1']);
  });

  test('a try again whose time is up leaves, others stay', async () => {
    const { clock, inside, enter, pool } = classes(0);
    let isUp = false;
    enter('again up', true, () => isUp);
    enter('again', true);
    await clock.advance(1000);
    isUp = true;
    await clock.advance(100);
    expect(inside).toEqual(['again up stale']);
    expect(pool.waiting()).toBe(1);
  });

  test('partitions take turns in both', async () => {
    const { inside, enter, leave, many } = classes(8);
    many(8, 'first', false);
    for (let n = 0; n < 6; n += 1) enter(`again a${String(n)}`, true, undefined, 0);
    for (let n = 0; n < 6; n += 1) enter(`again b${String(n)}`, true, undefined, 1);
    for (let n = 0; n < 4; n += 1) await leave(`first${String(n)}`, false);
    expect(inside.filter((name) => name.startsWith('again'))).toEqual([
      'again a0',
      'again b0',
      'again a1',
      'again b1',
    ]);
  });
});
