/** What is done where the broker says that the log has no such offset as is to be read next. */
import { beforeEach, expect, it, vi } from 'vitest';
import { createAssignment, type Assignment } from '../../../src/stream/partition/assignment.ts';
import { createBatchReceiver } from '../../../src/kafka/batch-receiver.ts';
import type { PartitionPositions } from '../../../src/kafka/group/partition-positions.ts';
import type { PartitionRange } from '../../../src/kafka/offsets/offset-reader.ts';
import type { Partitions } from '../../../src/stream/partitions.ts';
import type { PartitionFlow } from '../../../src/stream/partition/partition-flow.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { silentLogger } from '../../support/silent-logger.ts';

const unasked = (): never => {
  throw new Error('not to be asked for');
};
const flowAt = (fetchPosition: number) => ({ partition: 0, fetchPosition }) as PartitionFlow;

let assignment: Assignment;
let current: Assignment;
let asked: string[];
/** What comes to pass while the partition's range, or the topic, is looked up. */
let inRange: () => void;
let meanwhile: () => void;

beforeEach(() => {
  assignment = createAssignment('m', [0]);
  assignment.state = 'open';
  assignment.flows.set(0, flowAt(50));
  current = assignment;
  asked = [];
  inRange = meanwhile = () => undefined;
});

/** Tells the receiver that 50, where we are, is no offset of the log, and waits until that is dealt with. */
async function outOfRange(range: PartitionRange): Promise<string[]> {
  const partitions: Partial<Partitions> = {
    get current() {
      return current;
    },
    pump: { serve: unasked, regulate: unasked, wake: () => undefined },
  };
  const positions: Partial<PartitionPositions> = {
    passDeleted: (partition, low) => void asked.push(`deleted ${String(partition)} before ${String(low)}`),
    restart: (partition, { low }) => void asked.push(`restart ${String(partition)} at ${String(low)}`),
    seek: (partition) => void asked.push(`seek ${String(partition)}`),
    checkTopic: async () => {
      asked.push('check');
      meanwhile();
    },
  };
  const ranges = vi.fn(() => {
    inRange();
    return Promise.resolve(new Map([[0, range]]));
  });
  const receiver = createBatchReceiver({
    partitions: partitions as Partitions,
    positions: positions as PartitionPositions,
    reader: {
      ...{ committed: unasked, partitions: unasked, topicExists: unasked, topicId: unasked, close: unasked },
      ranges,
    },
    lane: { lane: 'all', thresholdBytes: 1 },
    ...{ clock: systemClock, logger: silentLogger },
  });
  receiver.outOfRange(0, 50);
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  expect(ranges).toHaveBeenCalledOnce();
  return asked;
}

it('passes over what was deleted ahead of the reading', async () => {
  expect(await outOfRange({ low: 60, high: 90 })).toEqual(['deleted 0 before 60', 'seek 0']);
});

it('begins anew where the log’s end was cut off', async () => {
  expect(await outOfRange({ low: 7, high: 20 })).toEqual(['check', 'restart 0 at 7', 'seek 0']);
});

it('begins anew also where the log has grown past our position since: what it has below is another', async () => {
  expect(await outOfRange({ low: 7, high: 90 })).toEqual(['check', 'restart 0 at 7', 'seek 0']);
});

it.each([
  ['the next join', () => void (current = createAssignment('m', []))],
  ['a handover', () => void (assignment.state = 'draining')],
  ['a new flow', () => void assignment.flows.set(0, flowAt(0))],
])('%s while the topic is looked up: nothing is begun anew by what was known before', async (_, comes) => {
  meanwhile = comes;
  expect(await outOfRange({ low: 7, high: 20 })).toEqual(['check']);
});

it('begins anew also where the next batch was taken meanwhile', async () => {
  inRange = () => void Object.assign(assignment.flows.get(0)!, { fetchPosition: 90 });
  expect(await outOfRange({ low: 7, high: 90 })).toEqual(['check', 'restart 0 at 7', 'seek 0']);
});

it('leaves it to the next assignment where that comes while the range is looked up', async () => {
  inRange = () => void (current = createAssignment('m', []));
  expect(await outOfRange({ low: 60, high: 90 })).toEqual([]);
});
