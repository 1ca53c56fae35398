/** The autoscaler's arithmetic, by hand: what the proof of deploy/kubernetes goes by. */
import { describe, expect, it } from 'vitest';
import { askedFor, type Autoscaler, type Reading } from '../../support/scaling/autoscaler.ts';
import { answerTo } from '../../support/scaling/kept-scaling.ts';
import { readScaledObject } from '../../support/scaling/read-scaled-object.ts';

const AT_ONCE: Autoscaler = {
  ...{ threshold: 100, min: 2, max: 12 },
  scaleUp: { stabilizationWindowSeconds: 0, policies: [{ type: 'Pods', value: 100, periodSeconds: 15 }] },
  scaleDown: { stabilizationWindowSeconds: 0, policies: [{ type: 'Pods', value: 100, periodSeconds: 15 }] },
};
const steady = (value: number): Reading[] => [{ atSeconds: 0, value }];

function replicasAt(
  readings: readonly Reading[],
  autoscaler: Partial<Autoscaler>,
  { from = 2, seconds = 15 } = {},
): number[] {
  const watching = { replicas: from, untilSeconds: seconds, syncSeconds: 15 };
  return askedFor(readings, { ...AT_ONCE, ...autoscaler }, watching).map(({ replicas }) => replicas);
}

describe('the formula', () => {
  it.each([
    ['the metric over the threshold, rounded up', 501, 2, 6],
    ['exactly so many', 600, 2, 6],
    ['within a tenth of the target it stays', 549, 5, 5],
    ['… also below', 451, 5, 5],
    ['beyond a tenth it goes', 551, 5, 6],
    ['no fewer than the least', 0, 5, 2],
    ['no more than the most', 99_999, 5, 12],
  ])('%s', (_, metric, from, expected) => {
    expect(replicasAt(steady(metric), {}, { from })).toEqual([expected]);
  });
});

describe('windows', () => {
  const policies = AT_ONCE.scaleUp.policies;

  it('up goes only what all of the window asked for', () => {
    const readings = [...steady(0), { atSeconds: 20, value: 600 }, { atSeconds: 40, value: 400 }];
    // At 30 it wants 6, at 45 it wants 4; what was wanted before, 2 and 0, is out of the window at 75.
    const scaleUp = { stabilizationWindowSeconds: 60, policies };
    expect(replicasAt(readings, { scaleUp }, { seconds: 90 })).toEqual([2, 2, 2, 2, 4, 4]);
  });

  it('down goes only to the most that the window asked for', () => {
    const readings = [...steady(600), { atSeconds: 20, value: 0 }];
    const scaleDown = { stabilizationWindowSeconds: 60, policies };
    expect(replicasAt(readings, { scaleDown }, { seconds: 90 })).toEqual([6, 6, 6, 6, 2, 2]);
  });
});

describe('policies', () => {
  it('so many pods more in a period, and the rest in the next', () => {
    const policies = [{ type: 'Pods', value: 4, periodSeconds: 60 }] as const;
    const scaleUp = { stabilizationWindowSeconds: 0, policies };
    expect(replicasAt(steady(1200), { scaleUp }, { seconds: 90 })).toEqual([6, 6, 6, 6, 10, 10]);
  });

  it('so many fewer', () => {
    const policies = [{ type: 'Pods', value: 1, periodSeconds: 30 }] as const;
    const scaleDown = { stabilizationWindowSeconds: 0, policies };
    expect(replicasAt(steady(0), { scaleDown }, { from: 5, seconds: 90 })).toEqual([4, 4, 3, 3, 2, 2]);
  });

  it('percent of what there was at the period’s begin; the most of several counts', () => {
    const policies = [
      { type: 'Percent', value: 100, periodSeconds: 60 },
      { type: 'Pods', value: 1, periodSeconds: 60 },
    ] as const;
    const scaleUp = { stabilizationWindowSeconds: 0, policies };
    expect(replicasAt(steady(1200), { scaleUp }, { from: 3, seconds: 75 })).toEqual([6, 6, 6, 6, 12]);
  });
});

it('a reading counts from its moment on', () => {
  const readings = [
    { atSeconds: 14, value: 300 },
    { atSeconds: 16, value: 900 },
  ];
  expect(replicasAt(readings, {}, { seconds: 30 })).toEqual([3, 9]);
});

it('a backlog that is there at once has its pods within a minute, whenever Prometheus scrapes', () => {
  const { autoscaler } = readScaledObject();
  const readings = steady(28_000);
  const answer = answerTo(readings.concat({ atSeconds: 90, value: 28_000 }), autoscaler, {
    podsAtBegin: 2,
    seconds: 90,
  });
  expect(answer).toMatchObject({ most: 28_000, podsAtMost: 6 });
  expect(answer.afterSeconds).toBeLessThanOrEqual(60);
});

it('what is curable for a moment alone adds no pod', () => {
  const { autoscaler } = readScaledObject();
  const readings = [...steady(0), { atSeconds: 40, value: 28_000 }, { atSeconds: 50, value: 0 }];
  readings.push({ atSeconds: 120, value: 0 });
  expect(answerTo(readings, autoscaler, { podsAtBegin: 3, seconds: 120 })).toMatchObject({
    ...{ podsAtMost: 3, afterSeconds: 0 },
  });
});

it('the file of the deployment has what it needs', () => {
  const { autoscaler, gauge } = readScaledObject();
  expect(gauge).toBe('curable_lag');
  expect(autoscaler.threshold).toBeGreaterThan(0);
  expect(autoscaler.max).toBeGreaterThan(autoscaler.min);
  expect(autoscaler.scaleUp.policies).not.toEqual([]);
});
