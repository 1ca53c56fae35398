/** Whatever a partner answers and a rule says, other work goes on meanwhile, and it comes to an end. */
import { describe, expect, it } from 'vitest';
import type { Coupon } from '../../../src/domain/coupon.ts';
import type { RankContext } from '../../../src/pipeline/ports.ts';
import { coordinates } from '../../../src/rules/distance.ts';
import { isSpent, workInTurns, type Budget } from '../../../src/rules/in-turns.ts';
import { coupon, NOW, rules } from './documents.ts';

const event = {
  eventId: 'e-1',
  userId: 'u-1',
  occurredAtMs: NOW,
  latitude: 52.52,
  longitude: 13.405,
  trigger: 'enter',
  pushConsent: true,
} as const;
const OUT_OF_TIME = 'the rules took more than a second for one event';
const context: RankContext = {
  nowMs: NOW,
  timeZone: undefined,
  findMerchant: () => undefined,
  places: coordinates,
};

/** Resolves with how often the loop has turned before the work was done. */
async function turnsDuring(work: Promise<unknown>): Promise<number> {
  let turns = 0;
  let isDone = false;
  const turn = (): void => {
    turns += 1;
    if (!isDone) setImmediate(turn);
  };
  setImmediate(turn);
  await work.finally(() => (isDone = true));
  return turns;
}

/** Takes a while of its own at each step. */
function* busySteps(count: number, ms: number, budget: Budget): Generator<undefined, number> {
  for (let done = 0; done < count; done += 1) {
    if (isSpent(budget)) return done;
    const endMs = performance.now() + ms;
    while (performance.now() < endMs);
    yield undefined;
  }
  return count;
}

describe('steps', () => {
  it('that are few are done at once', () => {
    const budget = { maxMs: 50, spentMs: 0 };
    expect(workInTurns(busySteps(1, 0, budget), budget)).toBe(1);
  });

  it('that are many let the loop turn, each one’s alone', async () => {
    const many = [1, 2, 3].map(() => {
      const budget = { maxMs: Infinity, spentMs: 0 };
      const work = workInTurns(busySteps(20, 1, budget), budget);
      return work instanceof Promise ? work : expect.fail('done at once');
    });
    // Three times 20 ms in slices of 4: no more than one slice lies between two turns.
    expect(await turnsDuring(Promise.all(many))).toBeGreaterThanOrEqual(10);
    expect(await Promise.all(many)).toEqual([20, 20, 20]);
  });

  it('that take next to no time share a turn', async () => {
    const budget = { maxMs: Infinity, spentMs: 0 };
    const steps = function* (): Generator<undefined, string> {
      const endMs = performance.now() + 3;
      while (performance.now() < endMs) yield undefined;
      for (let step = 0; step < 20_000; step += 1) yield undefined;
      return 'done';
    };
    const work = workInTurns(steps(), budget);
    expect(await turnsDuring(Promise.resolve(work))).toBeLessThan(2000);
    expect(await work).toBe('done');
  });

  it('may take the whole time that they have, and no more', () => {
    expect([49, 50, 51].map((spentMs) => isSpent({ maxMs: 50, spentMs }))).toEqual([false, false, true]);
  });

  it('that would never end are ended once their time is spent', async () => {
    const budget = { maxMs: 50, spentMs: 0 };
    const done = await workInTurns(busySteps(Infinity, 3, budget), budget);
    expect(done).toBeGreaterThan(1);
    expect(budget.spentMs).toBeGreaterThan(50);
  });
});

describe('ranking', () => {
  const hundred = rules(
    `rules:\n${Array.from(
      { length: 100 },
      (_, at) =>
        `  - { id: "r-${String(at)}", when: 'coupon.body.matches("x${String(at)}.*y$")', then: boost, by: 1 }\n`,
    ).join('')}`,
  );

  it('ten thousand coupons by a hundred rules go in turns, and come to what a few come to', async () => {
    const few = [coupon('c-1', { body: 'x7 y' }), coupon('c-2', { body: 'x9 z' })];
    const many: Coupon[] = Array.from({ length: 10_000 }, (_, at) => coupon(`m-${String(at)}`));
    const ranking = hundred.rank(event, [...few, ...many.slice(0, 3000)], context);
    expect(ranking).toBeInstanceOf(Promise);
    expect(await turnsDuring(Promise.resolve(ranking))).toBeGreaterThan(2);
    const { candidates, exclusions } = await ranking;
    expect(candidates.length + exclusions.length).toBe(3002);
    expect(candidates[0]).toMatchObject({ coupon: { couponId: 'c-1' }, score: 21 });
  });

  it.each([
    ['a rule', 'rules: [{ id: slow, when: "coupon.title == event.userId", then: exclude }]'],
    ['the built-in limits alone', ''],
  ])('coupons that nobody came to are excluded, and said to be: %s', async (_name, sections) => {
    const spent = rules(sections);
    const many = Array.from({ length: 50_000 }, (_, at) => coupon(`c-${String(at)}`));
    let isFirst = true;
    const slowly: RankContext = {
      ...context,
      findMerchant: () => {
        // As if each had taken a while.
        const endMs = performance.now() + (isFirst ? 3 : 0.2);
        isFirst = false;
        while (performance.now() < endMs);
        return undefined;
      },
    };
    const { candidates, exclusions } = await spent.rank(event, many, slowly);
    expect(candidates.length + exclusions.length).toBe(many.length);
    expect(candidates.length).toBeGreaterThan(0);
    expect(exclusions.at(-1)).toMatchObject({ rule: 'rules', error: OUT_OF_TIME });
  });

  describe('may let the loop turn', () => {
    /** Whether it does, where the coupon of merchant `slow` takes longer than what is done at once. */
    const turns = (sections: string, count: number, slowAt: number): boolean => {
      const coupons = Array.from({ length: count }, (_, at) =>
        coupon(`c-${String(at)}`, { merchantId: at === slowAt ? 'slow' : 'm-1' }),
      );
      const ranking = rules(sections).rank(event, coupons, {
        ...context,
        findMerchant: (merchantId) => {
          const endMs = performance.now() + (merchantId === 'slow' ? 3 : 0);
          while (performance.now() < endMs);
          return undefined;
        },
      });
      return ranking instanceof Promise;
    };
    const light = (count: number): string =>
      `rules:\n${Array.from({ length: count }, (_, at) => `  - { id: "r-${String(at)}", when: "event.locale == 'x'", then: exclude }\n`).join('')}`;
    const heavy = 'rules: [{ id: heavy, when: \'coupon.title.matches("free")\', then: exclude }]';

    it('at every 32nd coupon', () => {
      expect([63, 64].map((count) => turns('', count, 40))).toEqual([false, true]);
    });

    it('after 124 rules of a coupon', () => {
      expect([123, 124].map((count) => turns(light(count), 2, 1))).toEqual([false, true]);
    });

    it('before each rule that may take long', () => {
      expect([light(1), heavy].map((sections) => turns(sections, 2, 1))).toEqual([false, true]);
    });
  });

  it('fifteen bodies of 64 KiB searched for what stands at the ends of a line are searched at once', () => {
    const searching = rules(
      'rules: [{ id: shipping, when: \'coupon.body.matches(".*free.*shipping")\', then: exclude }]',
    );
    const coupons = Array.from({ length: 15 }, (_, at) =>
      coupon(`c-${String(at)}`, { body: 'free '.repeat(13_107) }),
    );
    const withIt = coupon('c-with', { body: 'now free of charge: shipping' });
    const ranking = searching.rank(event, [...coupons, withIt], context);
    return Promise.resolve(ranking).then(({ candidates, exclusions }) => {
      expect(candidates).toHaveLength(15);
      expect(exclusions).toEqual([{ couponId: 'c-with', rule: 'shipping' }]);
    });
  });
});
