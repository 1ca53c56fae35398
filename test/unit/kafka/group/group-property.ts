/** Generated schedules for the consumer's rooms, calm ones and rough ones. Takes the rooms to be judged. */
import fc from 'fast-check';
import { vi } from 'vitest';
import type { LogEntry, FakePartition } from '../../../support/kafka/fake-group.ts';
import type { Rooms } from '../../../support/kafka/fake-pod.ts';
import { play, type Schedule, type Step } from '../../../support/kafka/group-schedule.ts';
import type { Runs } from '../../../tools/planted-fault.ts';
import { examples } from './group-examples.ts';

const entry = fc.record({
  /** Offsets without a record before this one: compacted away. */
  gap: fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, fc.integer({ min: 1, max: 4 })),
  control: fc.oneof({ weight: 3, arbitrary: fc.constant(false) }, fc.constant(true)),
  large: fc.oneof({ weight: 20, arbitrary: fc.constant(false) }, fc.constant(true)),
  users: fc.oneof(
    { weight: 4, arbitrary: fc.tuple(fc.nat(3)) },
    { weight: 1, arbitrary: fc.array(fc.nat(3), { minLength: 2, maxLength: 4 }) },
  ),
});
const log = fc.array(entry, { minLength: 1, maxLength: 14, size: 'max' });
const partitions = fc.array(log, { minLength: 2, maxLength: 3 }).map((logs) => logs.map(partitionOf));

function partitionOf(
  entries: readonly (typeof entry extends fc.Arbitrary<infer T> ? T : never)[],
  partition: number,
): FakePartition {
  const made: LogEntry[] = [];
  let end = 0;
  for (const { gap, control, large, users } of entries) {
    const offset = end + gap;
    // Producers key by user: a user's events lie in one partition.
    const names = users.map((user) => `user-${partition}-${user}`);
    made.push(control ? { kind: 'control', offset } : { kind: 'record', offset, users: names, large });
    end = offset + 1;
  }
  return { entries: made, end };
}

const fetchStep = fc.record({
  do: fc.constant('fetch' as const),
  pod: fc.nat(2),
  partition: fc.nat(2),
  count: fc.constantFrom(1, 1, 2, 4, 8),
});
const usual: fc.WeightedArbitrary<Step>[] = [
  { weight: 8, arbitrary: fetchStep },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('deliver' as const), pod: fc.nat(2) }) },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('end' as const),
      picks: fc.array(fc.nat(9), { minLength: 1, maxLength: 3 }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(50, 100, 200) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('rebalance' as const),
      pods: fc.integer({ min: 1, max: 3 }),
      endsAfter: fc.constantFrom(0, 5, 12, 99),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('stop' as const),
      pod: fc.nat(2),
      endsAfter: fc.constantFrom(0, 5, 12, 99),
    }),
  },
];
const rough: fc.WeightedArbitrary<Step>[] = [
  ...usual,
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('commits' as const),
      release: fc.boolean(),
      fate: fc.constantFrom('ok' as const, 'fail' as const, 'lost' as const, 'hang' as const),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('lose' as const), pod: fc.nat(2) }) },
];
const stepsOf = (steps: fc.WeightedArbitrary<Step>[]) =>
  fc.array(fc.oneof(...steps), { maxLength: 50, size: 'max' });

const schedule: fc.Arbitrary<Schedule> = fc.boolean().chain((calm) =>
  fc.record({
    calm: fc.constant(calm),
    partitions,
    steps: stepsOf(calm ? usual : rough),
    maxInFlight: fc.constantFrom(3, 20),
  }),
);

/** Rejects with the first promise that is broken. */
export async function checkGroup(rooms: Rooms, runs: Runs): Promise<void> {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  try {
    const property = fc.asyncProperty(schedule, async (one) => {
      const [broken] = await play(rooms, one);
      if (broken !== undefined) throw new Error(broken);
    });
    await fc.assert(property, { ...runs, examples: examples.map((one) => [one]) });
  } finally {
    vi.useRealTimers();
  }
}
