/** The schedule of faults: repeated by its seed, within reason at every moment, and over before the end. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeFault } from '../../../simulation/chaos/describe.ts';
import {
  claimsOf,
  FAULT_KINDS,
  takesPodAway,
  type PlannedFault,
} from '../../../simulation/chaos/fault-kinds.ts';
import { readOptions } from '../../../simulation/chaos/options.ts';
import { planFaults } from '../../../simulation/chaos/schedule.ts';

const endOf = ({ atMs, lastsMs }: PlannedFault): number => atMs + lastsMs;
const runs = fc.record({
  seed: fc.nat(),
  minutes: fc.integer({ min: 1, max: 30 }),
  pods: fc.integer({ min: 1, max: 6 }),
});

describe('a schedule', () => {
  it('is a function of seed, minutes and pods alone', () => {
    const wanted = { seed: 7, minutes: 3, pods: 3 };
    const plan = planFaults(wanted);
    expect(planFaults(wanted)).toEqual(plan);
    for (const other of [{ seed: 8 }, { minutes: 4 }, { pods: 4 }])
      expect(planFaults({ ...wanted, ...other })).not.toEqual(plan);
  });

  it('never has two faults with one claim, more than three at once, or no pod left', () => {
    fc.assert(
      fc.property(runs, (run) => {
        const plan = planFaults(run);
        for (const fault of plan) {
          const running = plan.filter((other) => other.atMs <= fault.atMs && endOf(other) > fault.atMs);
          const claims = running.flatMap(claimsOf);
          expect(new Set(claims).size).toBe(claims.length);
          expect(running.length).toBeLessThanOrEqual(3);
          expect(running.filter(takesPodAway).length).toBeLessThanOrEqual(Math.max(1, run.pods - 1));
          expect(endOf(fault)).toBeLessThanOrEqual(run.minutes * 60_000);
          if (fault.pod !== undefined) expect(fault.pod).toBeLessThan(run.pods);
        }
      }),
    );
  });

  it('ends with a death that nothing else is near', () => {
    fc.assert(
      fc.property(runs, (run) => {
        const plan = planFaults(run);
        for (const death of plan.filter(({ watched }) => watched)) {
          const near = plan.filter(
            (other) =>
              other !== death && other.atMs < death.atMs + 20_000 && endOf(other) > death.atMs - 5000,
          );
          expect(near).toEqual([]);
        }
        expect(plan.at(-1)).toMatchObject({ kind: 'pod-kill', watched: true });
      }),
    );
  });

  it('deals every kind in ten minutes with three brokers', () => {
    for (const seed of [1, 2, 3]) {
      const kinds = new Set(planFaults({ seed, minutes: 10, pods: 3, brokers: 3 }).map(({ kind }) => kind));
      expect([...kinds].sort()).toEqual([...FAULT_KINDS].sort());
    }
  });

  it('hits one broker of three only where there are three', () => {
    const only = ['leader-kill', 'leader-freeze', 'broker-unreachable', 'redis-kill'] as const;
    const run = { seed: 1, minutes: 5, pods: 3, only };
    expect(new Set(planFaults(run).map(({ kind }) => kind))).toEqual(new Set(['redis-kill']));
    const plan = planFaults({ ...run, brokers: 3 });
    expect(new Set(plan.map(({ kind }) => kind))).toEqual(new Set(only));
    for (const { kind, amount } of plan) {
      if (kind !== 'redis-kill') expect([1, 2, 3]).toContain(amount);
    }
  });

  it('keeps to the kinds that were asked for', () => {
    const plan = planFaults({ seed: 1, minutes: 3, pods: 3, only: ['redis-kill', 'link-hole'] });
    expect(new Set(plan.map(({ kind }) => kind))).toEqual(new Set(['redis-kill', 'link-hole']));
  });

  it('loses writes once and does nothing else where that is asked for', () => {
    expect(planFaults({ seed: 1, minutes: 2, pods: 3, losesWrites: true })).toEqual([
      { kind: 'redis-host-death', atMs: 60_000, lastsMs: 1000 },
    ]);
  });
});

describe('the timeline', () => {
  it('says what, on whom and for how long', () => {
    const fault = { kind: 'clock-step', atMs: 0, lastsMs: 12_340, pod: 1, amount: -90_000 } as const;
    expect(describeFault(fault, 'pod-2')).toBe('pod-2: its clock is set 90.0 s back for 12.3 s');
    expect(describeFault({ kind: 'link-cut', atMs: 0, lastsMs: 5000, pod: 0, link: 'redis' }, 'pod-1')).toBe(
      'pod-1: cut off from Redis for 5.0 s',
    );
  });
});

describe('the command line', () => {
  it('has the promised defaults', () => {
    expect(readOptions([])).toEqual({
      minutes: 10,
      pods: 3,
      brokers: 3,
      seed: 1,
      rate: 120,
      only: undefined,
      redis: 'always',
      soak: false,
      json: undefined,
      record: undefined,
    });
  });

  it('names what is no fault', () => {
    expect(() => readOptions(['--only', 'pod-kill,pod-hug'])).toThrow(/pod-hug is none of pod-kill/);
    expect(readOptions(['--only', 'redis-kill, pod-kill'])?.only).toEqual(['pod-kill', 'redis-kill']);
    expect(() => readOptions(['--redis', 'never'])).toThrow('expected always or everysec');
  });

  it('kills nothing where that is asked for, at the end neither', () => {
    const only = readOptions(['--no-kills'])?.only;
    expect(only).toEqual(FAULT_KINDS.filter((kind) => !kind.endsWith('-kill')));
    const plan = planFaults({ seed: 1, minutes: 10, pods: 3, brokers: 3, only });
    expect(plan.length).toBeGreaterThan(30);
    expect(plan.filter(({ kind }) => kind.endsWith('kill'))).toEqual([]);
    expect(readOptions(['--no-kills', '--only', 'pod-kill,pod-freeze'])?.only).toEqual(['pod-freeze']);
  });
});
