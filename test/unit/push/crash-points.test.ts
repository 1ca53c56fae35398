import { beforeEach, describe, expect, it } from 'vitest';
import { away, createBench, type DeliveryBench, type Step } from '../../support/claims/delivery-bench.ts';

let bench: DeliveryBench;
beforeEach(async () => {
  bench = createBench();
  await bench.claim(10 * 60_000);
});

/** Where a pod dies; how many calls the partner has then had; how the next run ends the delivery. */
const deaths: readonly (readonly [Step, 'before' | 'after', number, 'sent' | 'unknown'])[] = [
  ['killSwitch', 'before', 1, 'sent'],
  ['killSwitch', 'after', 1, 'sent'],
  ['checkPending', 'after', 1, 'sent'],
  ['permit', 'before', 1, 'sent'],
  ['permit', 'after', 0, 'unknown'],
  ['send', 'before', 0, 'unknown'],
  ['send', 'after', 1, 'unknown'],
  ['settle', 'before', 1, 'unknown'],
  ['settle', 'after', 1, 'sent'],
  ['record', 'before', 1, 'sent'],
  ['record', 'after', 1, 'sent'],
  ['reported', 'before', 1, 'sent'],
];

describe('a pod that is killed', () => {
  it.each(deaths)('at %s, %s: %i calls in all, ends as %s', async (step, when, calls, outcome) => {
    bench.script.faults.push({ step, when, error: 'kill -9' });
    await bench.runToDeath();
    expect(bench.script.faults).toEqual([]);
    expect(bench.counted).toEqual([]);
    await bench.runToEnd();
    expect(bench.calls).toHaveLength(calls);
    expect(bench.memory.state(bench.ref)).toBe(outcome);
    expect(new Set(bench.records.map((record) => record.outcome))).toEqual(new Set([outcome]));
    expect(bench.counted).toEqual([outcome]);
  });

  it('between the mark and the count: counted by nobody, never twice', async () => {
    bench.script.faults.push({ step: 'reported', when: 'after', error: 'kill -9' });
    await bench.runToDeath();
    await bench.runToEnd();
    expect(bench.records).toHaveLength(1);
    expect(bench.counted).toEqual([]);
  });

  it.each(['send', 'settle'] as const)('at %s, API idempotent: the same key again', async (step) => {
    bench.script.faults.push({ step, when: 'before', error: 'kill -9' });
    await bench.runToDeath();
    await bench.runToEnd({ apiIsIdempotent: true });
    expect(bench.memory.state(bench.ref)).toBe('sent');
    expect(new Set(bench.calls.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(1);
  });

  it('whose job never runs again: the sweep ends it', async () => {
    bench.script.faults.push({ step: 'settle', when: 'before', error: 'kill -9' });
    await bench.runToDeath();
    bench.advance(20 * 60_000);
    expect(bench.memory.sweep()).toMatchObject([{ outcome: 'unknown' }]);
  });
});

describe('a pod that freezes and comes back', () => {
  it('after another one ran its job: its answer changes nothing, the outcome stays', async () => {
    const frozen = Promise.withResolvers<{ kind: 'sent' }>();
    bench.script.answers = [() => frozen.promise];
    const first = bench.run();
    await new Promise((resolve) => setTimeout(resolve, 1));
    await bench.runToEnd();
    expect(bench.memory.state(bench.ref)).toBe('unknown');
    frozen.resolve({ kind: 'sent' });
    expect(await first).toEqual({ kind: 'ended' });
    expect(bench.memory.state(bench.ref)).toBe('unknown');
    expect(bench.calls).toHaveLength(1);
    expect(bench.counted).toEqual(['unknown']);
  });
});

describe('Redis', () => {
  it.each(['killSwitch', 'checkPending', 'permit', 'settle', 'reported'] as const)(
    'whose replies to %s are lost is asked again',
    async (step) => {
      for (let times = 0; times < 3; times += 1) {
        bench.script.faults.push({ step, when: 'after', error: away() });
      }
      expect(await bench.run()).toEqual({ kind: 'ended' });
      expect(bench.memory.state(bench.ref)).toBe('sent');
      expect(bench.calls).toHaveLength(1);
      expect(bench.counted).toEqual(['sent']);
    },
  );

  it.each(['retreat', 'release'] as const)('whose reply to %s is lost is asked again', async (step) => {
    bench.script.answers = [
      step === 'retreat' ? { kind: 'not_sent', error: '429' } : { kind: 'rejected', error: '400' },
    ];
    bench.script.faults.push({ step, when: 'after', error: away() });
    await bench.runToEnd();
    expect(bench.counted).toEqual([step === 'retreat' ? 'sent' : 'rejected']);
  });

  it('away when the pod stops: the run rejects, and nothing was sent', async () => {
    for (let times = 0; times < 3; times += 1) {
      bench.script.faults.push({ step: 'permit', when: 'before', error: away() });
    }
    bench.stop.abort();
    await expect(bench.run()).rejects.toThrow('not available');
    expect(bench.calls).toHaveLength(0);
  });
});

describe('the outcome topic', () => {
  it('away: the delivery is not repeated, its outcome is', async () => {
    for (let times = 0; times < 3; times += 1) {
      bench.script.faults.push({ step: 'record', when: 'before', error: away() });
    }
    await bench.runToEnd();
    expect(bench.calls).toHaveLength(1);
    expect(bench.records.map(({ outcome }) => outcome)).toEqual(['sent']);
    expect(bench.counted).toEqual(['sent']);
  });
});
