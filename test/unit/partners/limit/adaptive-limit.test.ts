/**
 * The limit that finds itself, against a simulated partner whose capacity it is not told: within a fifth of the
 * best fixed limit, also 10 s after every change. What "best" is, is found by trying: the least limit that brings
 * what can be had. Seconds here are simulated; figures are printed.
 */
import { describe, expect, test } from 'vitest';
import { createAdaptiveLimit } from '../../../../src/partners/limit/adaptive-limit.ts';
import type { ConcurrencyLimit } from '../../../../src/partners/limit/concurrency-limit.ts';
import {
  simulatePartner,
  type PartnerModel,
  type PartnerState,
  type Settled,
} from '../../../support/partners/simulated-partner.ts';

const AUTO = { min: 8, max: 512, initial: 32 };
const SETTLING_MS = 10_000;
const MEASURED_MS = 4000;
/** Every fixed limit is tried with about so many calls: enough for a hundredth, whatever the pace. */
const CALLS_A_TRY = 6000;

function holdAt(limit: number): ConcurrencyLimit {
  return { current: () => limit, settled: () => undefined, restart: () => undefined };
}

interface Best {
  readonly limit: number;
  readonly perSecond: number;
}

/** Of fixed limits around the capacity, the least that brings 97 % of the most. */
function sweep(model: PartnerModel, state: PartnerState): Best {
  const tried: Best[] = [];
  const tryMs = (CALLS_A_TRY * (state.meanMs ?? 20)) / state.capacity;
  for (let share = 0.6; share < 1.5; share += 0.1) {
    const limit = Math.min(AUTO.max, Math.round(share * state.capacity));
    const partner = simulatePartner(holdAt(limit), model, state);
    partner.run(tryMs / 5);
    tried.push({ limit, perSecond: partner.run(tryMs).perSecond });
  }
  const most = Math.max(...tried.map(({ perSecond }) => perSecond));
  return tried.find(({ perSecond }) => perSecond >= 0.97 * most)!;
}

function print(what: string, seen: Settled, best?: Best): void {
  const ratio = (part: number, whole?: number) =>
    whole === undefined ? '' : ` (×${(part / whole).toFixed(2)})`;
  console.log(
    `  ${what}: limit ${seen.limit.toFixed(0)}${ratio(seen.limit, best?.limit)} from ${seen.least} to ${seen.most}, ` +
      `${seen.perSecond.toFixed(0)}/s${ratio(seen.perSecond, best?.perSecond)}, ` +
      `${seen.latencyMs.toFixed(0)} ms, ${(100 * seen.failed).toFixed(1)} % failed`,
  );
}

const found = new Map<string, Best>();

/** As {@link sweep}, once for each. */
function bestOf(model: PartnerModel, state: PartnerState): Best {
  const key = JSON.stringify([model, state]);
  const best = found.get(key) ?? sweep(model, state);
  found.set(key, best);
  return best;
}

function isNearBest(model: PartnerModel, seen: Settled, best: Best): boolean {
  const share = seen.limit / best.limit;
  return seen.perSecond / best.perSecond > 0.8 && (model === 'slows' || (share > 0.8 && share < 1.2));
}

function expectNearBest(model: PartnerModel, seen: Settled, best: Best): void {
  expect(seen.perSecond / best.perSecond).toBeGreaterThan(0.8);
  if (model === 'slows') return;
  expect(seen.limit / best.limit).toBeGreaterThan(0.8);
  expect(seen.limit / best.limit).toBeLessThan(1.2);
}

// Where calls slow each other down, answers a second hardly depend on the limit around the best one: they are
// what is asked for there, and that the limit is no multiple.
describe.each(['queues', 'rejects', 'slows'] as const)('a partner that %s', (model) => {
  test.each([16, 64])('with room for %i: found, and found again after each change', (capacity) => {
    const changes: [string, PartnerState][] = [
      ['found', { capacity }],
      ['halved', { capacity: capacity / 2 }],
      ['doubled', { capacity }],
      ['fourfold', { capacity: 4 * capacity }],
      ['a quarter', { capacity }],
      ['three times as slow', { capacity, meanMs: 60 }],
      ['with a tenth failing', { capacity, failing: 0.1 }],
      ['with a hundredth straggling', { capacity, straggling: 0.01 }],
    ];
    const limit = createAdaptiveLimit(AUTO);
    const partner = simulatePartner(limit, model, { capacity }, capacity);
    for (const [what, state] of changes) {
      partner.become(state);
      partner.run(SETTLING_MS);
      const seen = partner.run(MEASURED_MS);
      const best = sweep(model, state);
      print(`${model} at ${state.capacity}, ${what}`, seen, best);
      expectNearBest(model, seen, best);
      expect(seen.most).toBeLessThanOrEqual(Math.max(2.5 * best.limit, 16));
    }
  });
});

// A round of calls takes so long here that 10 s are a hundred of them: chance has its part, so many are judged together.
test('of slow answers, too, 10 s are enough after all but a few changes', () => {
  const meanMs = 100;
  const faults: string[] = [];
  let judged = 0;
  for (const model of ['queues', 'rejects', 'slows'] as const) {
    for (const capacity of [16, 64]) {
      const changes: PartnerState[] = [
        { capacity, meanMs },
        { capacity: capacity / 2, meanMs },
        { capacity, meanMs },
        { capacity: 4 * capacity, meanMs },
        { capacity, meanMs },
      ];
      for (let seed = 1; seed <= 6; seed += 1) {
        const partner = simulatePartner(createAdaptiveLimit(AUTO), model, changes[0]!, seed);
        for (const [index, state] of changes.entries()) {
          partner.become(state);
          partner.run(SETTLING_MS);
          const seen = partner.run(MEASURED_MS);
          judged += 1;
          if (!isNearBest(model, seen, bestOf(model, state)))
            faults.push(
              `${model} at ${String(state.capacity)}, change ${String(index)}, seed ${String(seed)}`,
            );
        }
      }
    }
  }
  console.log(
    `  slow answers: ${String(faults.length)} of ${String(judged)} changes not settled in 10 s`,
    faults,
  );
  expect(faults.length / judged).toBeLessThan(0.04);
});

test('latency stays near what the partner takes by itself', () => {
  const partner = simulatePartner(createAdaptiveLimit(AUTO), 'queues', { capacity: 64 });
  partner.run(SETTLING_MS);
  expect(partner.run(MEASURED_MS).latencyMs).toBeLessThan(1.25 * 20);
});

test('few calls are wasted on a partner that rejects', () => {
  const partner = simulatePartner(createAdaptiveLimit(AUTO), 'rejects', { capacity: 64 });
  partner.run(SETTLING_MS);
  expect(partner.run(MEASURED_MS).failed).toBeLessThan(0.05);
});

test('a partner without limits gets what it may', () => {
  const partner = simulatePartner(createAdaptiveLimit(AUTO), 'queues', { capacity: 10_000 });
  partner.run(2000);
  const seen = partner.run(2000);
  print('without limits', seen);
  expect(seen.most).toBe(512);
  expect(seen.least).toBeGreaterThan(400);
});

describe('traffic below the limit', () => {
  test.each([1, 5, 20])('of %i at once does not raise it', (demand) => {
    const limit = createAdaptiveLimit(AUTO);
    const partner = simulatePartner(limit, 'queues', { capacity: 200, demand });
    const seen = partner.run(30_000);
    expect(seen.most).toBeLessThanOrEqual(Math.max(AUTO.initial, 2 * demand));
    expect(seen.least).toBe(AUTO.initial);
  });

  test('leaves a limit that was found where it is', () => {
    const limit = createAdaptiveLimit(AUTO);
    const partner = simulatePartner(limit, 'queues', { capacity: 64 });
    partner.run(20_000);
    partner.become({ capacity: 64, demand: 10 });
    partner.run(1000);
    const quiet = partner.run(60_000);
    print('in a quiet minute', quiet);
    expect(quiet.least).toBe(quiet.most);
    expect(quiet.least).toBeGreaterThan(0.6 * 64);
    expect(quiet.most).toBeLessThan(1.5 * 64);
    partner.become({ capacity: 64 });
    expect(partner.run(2000).perSecond).toBeGreaterThan(0.8 * 64 * 50);
  });

  test('every other moment teaches nothing', () => {
    const limit = createAdaptiveLimit(AUTO);
    const partner = simulatePartner(limit, 'queues', { capacity: 64 });
    partner.run(20_000);
    for (let moment = 0; moment < 2000; moment += 1) {
      partner.become({ capacity: 64, ...(moment % 2 === 0 ? { demand: 20 } : {}) });
      const seen = partner.run(50);
      expect(seen.least).toBeGreaterThan(0.5 * 64);
      expect(seen.most).toBeLessThan(2 * 64);
    }
  });

  test('none at all changes nothing', () => {
    const limit = createAdaptiveLimit(AUTO);
    const partner = simulatePartner(limit, 'queues', { capacity: 64 });
    partner.run(20_000);
    const before = limit.current();
    partner.become({ capacity: 64, demand: 0 });
    partner.run(1000);
    const drained = limit.current();
    expect(Math.abs(drained - before)).toBeLessThan(32);
    partner.run(3_600_000);
    expect(limit.current()).toBe(drained);
  });
});

test('after an outage it begins small and has found the level again within seconds', () => {
  const limit = createAdaptiveLimit(AUTO);
  const partner = simulatePartner(limit, 'queues', { capacity: 64 });
  partner.run(20_000);
  limit.restart();
  expect(limit.current()).toBe(4);
  const first = partner.run(100);
  expect(first.most).toBeLessThanOrEqual(16);
  partner.run(1900);
  expect(partner.run(2000).perSecond).toBeGreaterThan(0.8 * 64 * 50);
});
