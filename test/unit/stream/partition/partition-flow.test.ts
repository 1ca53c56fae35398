/** How far one partition reads ahead of what is committed. */
import { expect, it } from 'vitest';
import { createPartitionShares } from '../../../../src/stream/partition/partition-shares.ts';
import { createPartitionFlow } from '../../../../src/stream/partition/partition-flow.ts';
import { createRecordChunk } from '../../../../src/stream/buffer/record-chunk.ts';
import { createByteSemaphore } from '../../../../src/runtime/collections/byte-semaphore.ts';
import { createKeyedExecutor } from '../../../../src/stream/execute/keyed-executor.ts';

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const fail = (error: unknown): never => {
  throw error;
};

interface Case {
  readonly maxUncommittedEvents: number;
  /** Default 0: the start is committed. */
  readonly committed?: number | undefined;
  readonly isCommittedFirst?: boolean;
  /** Of the records; default: from 0 on, without a gap. */
  readonly offsets?: readonly number[];
}

/** Each number is a record with so many events; nothing ends unless it is told to. */
function openFlow({ maxUncommittedEvents, offsets, ...given }: Case, records: readonly number[]) {
  const committed = 'committed' in given ? given.committed : 0;
  const ends = new Map<string, () => void>();
  let commitsDue = 0;
  const flow = createPartitionFlow({
    ...{ topic: 't', partition: 0, startOffset: 0, committed, inherited: undefined, highWaterMark: 0 },
    isCommittedFirst: given.isCommittedFirst === true,
    ...{ maxRecordBytes: 2 ** 20, maxUncommittedEvents, readyAhead: Infinity },
    eventShares: createPartitionShares(10_000, 1),
    ownBytesShares: createPartitionShares(10_000_000, 1),
    unpackSemaphore: createByteSemaphore({ capacityBytes: 2 ** 20 }),
    executor: createKeyedExecutor({ maxRunning: Infinity, onFault: fail }),
    handleEvent: ({ source: { offset, index } }) => ({
      key: undefined,
      run: () => new Promise((resolve) => ends.set(`${offset}/${String(index)}`, resolve)),
      abandon: () => undefined,
    }),
    keyOf: () => Symbol('each its own'),
    pump: { wake: () => undefined },
    committer: { eventFinished: () => undefined, hurry: () => (commitsDue += 1) },
    meter: { passedOver: () => undefined },
    onFault: fail,
  });
  const messages = records.map((events, at) => ({
    ...{ key: null, offset: String(offsets?.[at] ?? at), timestamp: '0', attributes: 0, headers: {} },
    value: Buffer.from(events === 1 ? '{}' : JSON.stringify(Array.from({ length: events }, () => ({})))),
  }));
  const chunk = createRecordChunk({ topic: 't', partition: 0 }, messages);
  const next = (offsets?.at(-1) ?? records.length - 1) + 1;
  flow.append(
    [
      { kind: 'records', chunk },
      { kind: 'skip', next: next + 100, passedOver: 0 },
    ],
    next + 100,
  );
  return {
    flow,
    commitsDue: () => commitsDue,
    /** Takes in what may be, and tells how many events that came to in all. */
    taken: async () => {
      // What is cut piece by piece comes in later turns of the loop.
      for (let idle = 0; idle < 20; idle += 1) {
        while (flow.admit()) idle = 0;
        await nextTurn();
      }
      return ends.size;
    },
    end: async (...events: readonly string[]) => {
      for (const event of events) ends.get(event)?.();
      await nextTurn();
    },
  };
}

it('reads as many events ahead of the last commit as it may, and goes on after one', async () => {
  const { flow, taken, end, commitsDue } = openFlow({ maxUncommittedEvents: 3 }, [1, 1, 1, 1, 1]);
  expect(await taken()).toBe(3);
  expect(commitsDue()).toBe(0);
  await end('0/0', '1/0');
  expect(await taken()).toBe(3);
  expect(commitsDue()).toBeGreaterThan(0);
  flow.committed = 2;
  expect(await taken()).toBe(5);
});

it('counts every event of a record', async () => {
  const { flow, taken, end } = openFlow({ maxUncommittedEvents: 10 }, [4, 4, 4, 1, 1]);
  expect(await taken()).toBe(10);
  await end('0/0', '0/1', '0/2', '0/3');
  flow.committed = 1;
  expect(await taken()).toBe(14);
});

it('reads a record that has more events than it may read ahead, once all else is committed', async () => {
  const { flow, taken, end } = openFlow({ maxUncommittedEvents: 10 }, [1, 30, 1]);
  expect(await taken()).toBe(10);
  await end('0/0');
  expect(await taken()).toBe(10);
  flow.committed = 1;
  expect(await taken()).toBe(31);
  await end(...Array.from({ length: 30 }, (_, index) => `1/${String(index)}`));
  expect(await taken()).toBe(31);
  flow.committed = 2;
  expect(await taken()).toBe(32);
});

it('reads such a record to its end where it is cut piece by piece, too', async () => {
  const { flow, taken, end } = openFlow({ maxUncommittedEvents: 10 }, [1, 1000, 1]);
  expect(await taken()).toBe(10);
  await end('0/0');
  expect(await taken()).toBe(10);
  flow.committed = 1;
  expect(await taken()).toBe(1001);
  await end(...Array.from({ length: 1000 }, (_, index) => `1/${String(index)}`));
  expect(await taken()).toBe(1001);
  expect(flow.watermark).toBe(2);
  flow.committed = 2;
  expect(await taken()).toBe(1002);
});

it('is stopped by that between any two pieces, and ends the record after its last one', async () => {
  const { flow, taken, end } = openFlow({ maxUncommittedEvents: 600 }, [1, 599, 1]);
  expect(await taken()).toBe(600);
  await end('0/0', ...Array.from({ length: 599 }, (_, index) => `1/${String(index)}`));
  await taken();
  flow.committed = flow.watermark;
  await taken();
  expect(flow.watermark).toBe(2);
  flow.committed = 2;
  expect(await taken()).toBe(601);
});

it('does not count offsets that hold no event', async () => {
  const { flow, taken, end } = openFlow(
    { maxUncommittedEvents: 3, offsets: [0, 1000, 2000, 3000] },
    [1, 1, 1, 1],
  );
  expect(await taken()).toBe(3);
  await end('0/0');
  flow.committed = flow.watermark;
  expect(await taken()).toBe(4);
  await end('1000/0', '2000/0', '3000/0');
  await taken();
  expect(flow.watermark).toBe(3101);
});

it('begins far behind a start that is not committed yet', async () => {
  const { flow, taken, end } = openFlow(
    { maxUncommittedEvents: 2, committed: undefined, offsets: [500, 501, 502] },
    [1, 1, 1],
  );
  expect(await taken()).toBe(2);
  await end('500/0');
  flow.committed = flow.watermark;
  expect(await taken()).toBe(3);
});

it('forgets what thousands of records had with one commit', async () => {
  const { flow, taken, end } = openFlow(
    { maxUncommittedEvents: 4000 },
    Array.from({ length: 3000 }, () => 2),
  );
  expect(await taken()).toBe(4000);
  const all = (from: number, to: number): string[] =>
    Array.from({ length: to - from }, (_, at) => from + at).flatMap((at) => [
      `${String(at)}/0`,
      `${String(at)}/1`,
    ]);
  await end(...all(0, 2000));
  flow.committed = flow.watermark;
  expect(await taken()).toBe(6000);
});

it('takes in nothing before the start is committed where a later pod would find another, and asks for it', async () => {
  const given = { maxUncommittedEvents: 3, committed: undefined, isCommittedFirst: true };
  const { flow, taken, commitsDue } = openFlow(given, [1, 1]);
  expect(await taken()).toBe(0);
  expect(flow.watermark).toBe(0);
  expect(commitsDue()).toBeGreaterThan(0);
  flow.committed = 0;
  expect(await taken()).toBe(2);
});
