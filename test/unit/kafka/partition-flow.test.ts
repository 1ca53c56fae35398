/** How far one partition reads ahead of what is committed. */
import { expect, it } from 'vitest';
import { createFairRoom } from '../../../src/kafka/fair-room.ts';
import { createPartitionFlow } from '../../../src/kafka/partition-flow.ts';
import { createRecordChunk } from '../../../src/kafka/record-chunk.ts';
import { createKeyedExecutor } from '../../../src/stream/keyed-executor.ts';

const fail = (error: unknown): never => {
  throw error;
};

/** Each number is a record with so many events; nothing ends unless it is told to. */
function openFlow(
  { maxUncommittedEvents }: { readonly maxUncommittedEvents: number },
  records: readonly number[],
) {
  const ends = new Map<string, () => void>();
  let commitsDue = 0;
  const flow = createPartitionFlow({
    ...{ topic: 't', partition: 0, startOffset: 0, committed: 0, inherited: undefined, highWaterMark: 0 },
    ...{ maxRecordBytes: 2 ** 20, maxUncommittedEvents, readyAhead: Infinity },
    room: createFairRoom(10_000, 1),
    executor: createKeyedExecutor({ maxRunning: Infinity, onFault: fail }),
    intake: ({ source: { offset, index } }) => ({
      key: undefined,
      run: () => new Promise((resolve) => ends.set(`${offset}/${String(index)}`, resolve)),
      abandon: () => undefined,
    }),
    keyOf: () => Symbol('each its own'),
    onChange: () => undefined,
    onFinished: () => undefined,
    onPassedOver: () => undefined,
    onCommitDue: () => (commitsDue += 1),
    onFault: fail,
  });
  const messages = records.map((events, offset) => ({
    ...{ key: null, offset: String(offset), timestamp: '0', attributes: 0, headers: {} },
    value: Buffer.from(events === 1 ? '{}' : JSON.stringify(Array.from({ length: events }, () => ({})))),
  }));
  const chunk = createRecordChunk({ topic: 't', partition: 0 }, messages);
  flow.append([{ kind: 'records', chunk }], records.length);
  return {
    flow,
    commitsDue: () => commitsDue,
    /** Takes in what may be, and tells how many events that came to in all. */
    taken: () => {
      while (flow.admit());
      return ends.size;
    },
    end: async (...events: readonly string[]) => {
      for (const event of events) ends.get(event)?.();
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

it('reads as many events ahead of the last commit as it may, and goes on after one', async () => {
  const { flow, taken, end, commitsDue } = openFlow({ maxUncommittedEvents: 3 }, [1, 1, 1, 1, 1]);
  expect(taken()).toBe(3);
  expect(commitsDue()).toBe(0);
  await end('0/0', '1/0');
  expect(taken()).toBe(3);
  expect(commitsDue()).toBeGreaterThan(0);
  flow.committed = 2;
  expect(taken()).toBe(5);
});

it('counts every event of a record', async () => {
  const { flow, taken, end } = openFlow({ maxUncommittedEvents: 10 }, [4, 4, 4, 1, 1]);
  expect(taken()).toBe(10);
  await end('0/0', '0/1', '0/2', '0/3');
  flow.committed = 1;
  expect(taken()).toBe(14);
});

it('reads a record that has more events than it may read ahead, once all else is committed', async () => {
  const { flow, taken, end } = openFlow({ maxUncommittedEvents: 10 }, [1, 30, 1]);
  expect(taken()).toBe(10);
  await end('0/0');
  expect(taken()).toBe(10);
  flow.committed = 1;
  expect(taken()).toBe(31);
  await end(...Array.from({ length: 30 }, (_, index) => `1/${String(index)}`));
  expect(taken()).toBe(31);
  flow.committed = 2;
  expect(taken()).toBe(32);
});
