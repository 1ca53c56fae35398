/** What a load needs and what gives out first: by figures of the test's own, so that a new measurement changes nothing. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Figures } from '../../../../src/cli/capacity/figures.ts';
import { meanMs, placesFor } from '../../../../src/cli/capacity/model.ts';
import { planCapacity, type Part, type Plan, type Question } from '../../../../src/cli/capacity/plan.ts';

const FIGURES: Figures = {
  ...{ filteredCpu: 20, calledCpu: 80, couponCpu: 5, pushCpu: 1000, podCores: 1, poolReached: 0.9 },
  ...{ filteredRedis: 4, calledRedis: 5, pushRedis: 100, filteredCommands: 1, calledCommands: 1.5 },
  ...{ pushCommands: 60, outcomeBytes: 400, undeliveredBytes: 1400, jobBytes: 1000, decidedBytes: 1800 },
  ...{ historyBytes: 170, laterPushBytes: 50 },
};

const QUESTION: Question = {
  ...{ eventsPerSecond: 1000, eventBytes: 300, askedShare: 1, couponsPerAnswer: 2, pushShare: 0.02 },
  ...{ coupon: { p50Ms: 50, p99Ms: 200 }, push: { p50Ms: 100, p99Ms: 400 }, users: undefined },
  ...{ pushWaitSeconds: 5, headroom: 0.3, pods: undefined, partitions: undefined, poolSize: undefined },
  ...{ pushConcurrency: 32, speed: 1, couponCallsAtMost: undefined, pushesAtMost: undefined },
  ...{ redisMasters: 1, replicas: 3 },
};

const planOf = (changes: Partial<Question> = {}): Plan => planCapacity({ ...QUESTION, ...changes }, FIGURES);
const firstOf = (changes: Partial<Question>): Part | undefined => planOf(changes).limits[0]?.part;
/** Much Redis, so that it is the pods that are looked at. */
const ROOMY = { redisMasters: 1000 };

const questions = fc
  .record({
    eventsPerSecond: fc.integer({ min: 1, max: 1_000_000 }),
    asked: fc.integer({ min: 0, max: 100 }),
    pushed: fc.integer({ min: 0, max: 100 }),
    p50Ms: fc.integer({ min: 1, max: 2000 }),
    slower: fc.integer({ min: 1, max: 20 }),
    headroom: fc.integer({ min: 0, max: 95 }),
    partitions: fc.option(fc.integer({ min: 1, max: 500 }), { nil: undefined }),
    pods: fc.option(fc.integer({ min: 1, max: 500 }), { nil: undefined }),
    poolSize: fc.option(fc.integer({ min: 1, max: 10_000 }), { nil: undefined }),
  })
  .map(({ asked, pushed, p50Ms, slower, headroom, ...rest }): Question => ({
    ...QUESTION,
    ...rest,
    ...{ askedShare: asked / 100, pushShare: Math.min(pushed, asked) / 100, headroom: headroom / 100 },
    coupon: { p50Ms, p99Ms: p50Ms * slower },
  }));

describe('a plan', () => {
  it('grows with the load in everything that it asks for', () => {
    fc.assert(
      fc.property(questions, fc.integer({ min: 1, max: 100_000 }), (question, more) => {
        const small = planCapacity(question, FIGURES);
        const large = planCapacity(
          { ...question, eventsPerSecond: question.eventsPerSecond + more },
          FIGURES,
        );
        expect(large.pods).toBeGreaterThanOrEqual(small.pods);
        expect(large.partitions).toBeGreaterThanOrEqual(small.partitions);
        expect(large.cpu.cores).toBeGreaterThan(small.cpu.cores);
        expect(large.redis.commandsPerSecond).toBeGreaterThan(small.redis.commandsPerSecond);
        expect(large.redis.memory.after30Days).toBeGreaterThanOrEqual(small.redis.memory.after30Days);
        expect(large.kafka.writes).toBeGreaterThan(small.kafka.writes);
        if (large.holds) expect(small.holds).toBe(true);
      }),
    );
  });

  it('never asks for more pods than there are partitions, and never for none', () => {
    fc.assert(
      fc.property(questions, (question) => {
        const { pods, partitions } = planCapacity(question, FIGURES);
        expect(pods).toBeGreaterThanOrEqual(1);
        expect(pods).toBeLessThanOrEqual(partitions);
        if (question.partitions !== undefined) expect(partitions).toBe(question.partitions);
      }),
    );
  });

  it('leaves the headroom free where it may choose pods and pool', () => {
    fc.assert(
      fc.property(questions, (question) => {
        const free = { ...question, partitions: undefined, pods: undefined, poolSize: undefined };
        const plan = planCapacity({ ...free, ...ROOMY }, FIGURES);
        expect(plan.holds).toBe(true);
        expect(plan.cpu.share).toBeLessThanOrEqual(1 - question.headroom + 1e-9);
        expect(plan.inFlight.mean).toBeLessThanOrEqual(plan.poolSize * (1 - question.headroom) + 1e-9);
      }),
    );
  });

  it('names what gives out in its order, and holds just until the first', () => {
    fc.assert(
      fc.property(questions, (question) => {
        const { limits, holds } = planCapacity(question, FIGURES);
        const rates = limits.map(({ eventsPerSecond }) => eventsPerSecond);
        expect(rates).toEqual(rates.toSorted((a, b) => a - b));
        expect(holds).toBe((rates[0] ?? Infinity) >= question.eventsPerSecond);
      }),
    );
  });
});

describe('by hand', () => {
  it('CPU, calls and Redis of 1,000 events a second', () => {
    const plan = planOf();
    // 80 + 2 × 5 + 0.02 × 1000 µs.
    expect(plan.cpu.microsPerEvent).toBeCloseTo(110);
    expect(plan.cpu.cores).toBeCloseTo(0.11);
    // 5 + 0.02 × 100 µs of Redis' thread.
    expect(plan.redis.share).toBeCloseTo(0.007);
    // Two pods share 1,000 calls a second.
    expect(plan.inFlight.mean).toBeCloseTo(plan.couponMeanMs / 2);
    expect(plan).toMatchObject({ pods: 2, partitions: 12, poolSize: 128, pushesPerSecond: 20, holds: true });
  });

  it('a mean lies above the median by as much as the slow calls make it', () => {
    expect(meanMs({ p50Ms: 100, p99Ms: 100 })).toBe(100);
    // σ = ln 3 ÷ 2.326 = 0.4723; e^(σ² ÷ 2) = 1.118.
    expect(meanMs({ p50Ms: 100, p99Ms: 300 })).toBeCloseTo(111.8, 1);
  });

  it('places hold what comes and goes at random', () => {
    expect(placesFor(100)).toBeCloseTo(123.26);
    expect(placesFor(0)).toBe(0);
  });

  it('memory after 30 days: a day of records, a month of histories', () => {
    const { memory } = planOf({ users: 1000 }).redis;
    expect(memory.waiting).toBe(20 * 5 * 2400);
    expect(memory.afterDay).toBe(
      memory.waiting + 20 * 86_400 * 1800 + 1000 * 170 + (20 * 86_400 - 1000) * 50,
    );
    const pushes = 20 * 86_400 * 30;
    expect(memory.after30Days).toBe(
      memory.waiting + 20 * (86_400 + 900) * 1800 + 1000 * 170 + (pushes - 1000) * 50,
    );
  });

  it('bytes in Kafka: events, outcomes of decisions and pushes, copies of both', () => {
    expect(planOf().kafka).toEqual({
      events: 300_000,
      outcomes: 1000 * 1.02 * 400,
      writes: 3 * (300_000 + 408_000),
    });
  });
});

describe('what gives out first', () => {
  const cases: readonly (readonly [Part, Partial<Question>])[] = [
    ['a pod’s CPU', { pods: 2, coupon: { p50Ms: 1, p99Ms: 1 } }],
    ['a pod’s coupon calls', { pods: 2, poolSize: 32, coupon: { p50Ms: 200, p99Ms: 400 } }],
    ['a pod’s push calls', { pods: 2, pushShare: 0.1, push: { p50Ms: 2000, p99Ms: 4000 } }],
    ['the coupon API’s concurrency', { couponCallsAtMost: 80 }],
    ['the push API’s rate', { pushesAtMost: 21 }],
    ['partitions', { partitions: 2 }],
    ['Redis’ thread', { eventsPerSecond: 100_000, redisMasters: 1 }],
  ];
  it.each(cases)('%s', (part, changes) => {
    expect(firstOf({ ...ROOMY, ...changes })).toBe(part);
  });

  it('is what the load goes beyond: it does not hold then', () => {
    expect(planOf({ pushesAtMost: 19 })).toMatchObject({ holds: false });
    expect(planOf({ pushesAtMost: 21 })).toMatchObject({ holds: true });
    expect(planOf({ eventsPerSecond: 50_000, partitions: 3 })).toMatchObject({ pods: 3, holds: false });
  });

  it('with a pod for each partition nothing asks for more pods', () => {
    const { limits } = planOf({ partitions: 2, pods: 2 });
    expect(limits.map(({ part }) => part)).toEqual(['partitions', 'Redis’ thread']);
  });

  it('asks nothing of a partner that is not called', () => {
    const { limits } = planOf({ askedShare: 0, pushShare: 0, couponCallsAtMost: 1, pushesAtMost: 1 });
    expect(limits.map(({ part }) => part)).toEqual(['a pod’s CPU', 'Redis’ thread', 'partitions']);
  });

  it('a faster core moves the pods’ limit, and only that', () => {
    const [slow, fast] = [1, 2].map((speed) => planOf({ ...ROOMY, pods: 2, speed }));
    const of = (plan: Plan | undefined, part: Part): number =>
      plan?.limits.find((limit) => limit.part === part)?.eventsPerSecond ?? NaN;
    expect(of(fast, 'a pod’s CPU')).toBeCloseTo(2 * of(slow, 'a pod’s CPU'));
    expect(of(fast, 'a pod’s coupon calls')).toBeCloseTo(of(slow, 'a pod’s coupon calls'));
  });
});
