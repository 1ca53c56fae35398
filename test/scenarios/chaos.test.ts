/**
 * A short run of `npm run chaos` by a fixed seed: pods, services, partners and the network between them fail for a
 * minute, and every promise holds as seen from outside.
 */
import { expect, it } from 'vitest';
import { buildChaosWorld } from '../simulation/chaos/chaos-world.ts';
import type { ChaosOptions } from '../simulation/chaos/options.ts';
import { run } from '../simulation/chaos/run.ts';
import { planFaults } from '../simulation/chaos/schedule.ts';
import { findLocalObstacle } from '../support/services/local-obstacle.ts';

const OPTIONS: ChaosOptions = {
  minutes: 1,
  pods: 2,
  brokers: 1,
  seed: 8,
  rate: 80,
  only: undefined,
  redis: 'always',
  soak: false,
  json: undefined,
  record: undefined,
};

it('every promise holds through a minute of faults on everything', { timeout: 300_000 }, async ({ skip }) => {
  for (const kind of ['kafka', 'redis', 's3'] as const) {
    const obstacle = await findLocalObstacle(kind);
    skip(obstacle !== undefined, obstacle);
  }
  const timeline: string[] = [];
  const control = { say: (line: string) => void timeline.push(line), signal: new AbortController().signal };
  const before = { ...process.env };
  const world = await buildChaosWorld(OPTIONS, control);
  try {
    const plan = planFaults(OPTIONS);
    const report = await run(world, OPTIONS, plan, control);
    const broken = report?.checks.filter(({ holds }) => !holds);
    expect(broken, timeline.join('\n')).toEqual([]);
    // It really was a run under faults, with work enough to break something.
    expect(new Set(report?.faults.map(({ fault }) => fault))).toEqual(new Set(plan));
    expect(report?.pushesSent).toBeGreaterThan(100);
    // A death had something to lose. What it redoes may be nothing: a pod commits as soon as it is quiet.
    const death = report?.faults.find(({ fault }) => fault.kind === 'pod-kill');
    expect(death?.partitions.length).toBeGreaterThan(0);
    expect(report?.funnel.events).toBeGreaterThan(2000);
  } finally {
    await world.stop();
    // It has made its own services everybody's.
    process.env = before;
  }
});
