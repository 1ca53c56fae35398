import { describe, expect, it } from 'vitest';
import {
  createFunnelCounter,
  measureLatency,
  percentilesOf,
  pushesPerUser,
} from '../../simulation/verify/funnel.ts';
import { filtered, good, outcome, push, queued } from './evidence-of-a-good-run.ts';

describe('the run in numbers', () => {
  it('counts an event once, and as queued where it ever was', () => {
    const records = [...good.outcomes, outcome(queued, { outcome: 'filtered', reason: 'stale' })];
    const counter = createFunnelCounter();
    for (const record of records) counter.add(record);
    expect(counter.funnel()).toEqual({
      events: 4,
      queued: 1,
      filtered: { no_coupons: 1 },
      deadLettered: { invalid: 1, coupon_api_rejected: 1 },
      repeated: 1,
    });
    expect(counter.deliveries()).toEqual({ sent: 1 });
  });

  it('measures from the broker’s acknowledgement', () => {
    const { toOutcome, toPush } = measureLatency(good.produced, good.outcomes, good.ledger.pushes);
    expect(toOutcome).toEqual({ p50: 50, p95: 50, p99: 50, max: 50 });
    expect(toPush.max).toBe(100);
    expect(percentilesOf([])).toEqual({ p50: 0, p95: 0, p99: 0, max: 0 });
    expect(percentilesOf(Array.from({ length: 100 }, (_, at) => at + 1))).toEqual({
      p50: 51,
      p95: 96,
      p99: 100,
      max: 100,
    });
  });

  it('counts pushes a user', () => {
    expect(pushesPerUser([push(queued), push(filtered), push(filtered)])).toEqual({ '1': 1, '2': 1 });
  });
});
