/** What a partition counts as held: its records until their events no longer need them, and what events copied. */
import { setImmediate as turn } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { createPartitionShares } from '../../../../src/stream/partition/partition-shares.ts';
import { createPartitionFlow } from '../../../../src/stream/partition/partition-flow.ts';
import { createRecordChunk } from '../../../../src/stream/buffer/record-chunk.ts';
import { createByteSemaphore } from '../../../../src/runtime/collections/byte-semaphore.ts';
import { createKeyedExecutor } from '../../../../src/stream/execute/keyed-executor.ts';

const MIB = 1024 * 1024;
const fail = (error: unknown): never => {
  throw error;
};
const event = (n: number, pad = 0): string =>
  JSON.stringify({ userId: `u-${String(n)}`, pad: 'x'.repeat(pad) });

function openFlow(value: Buffer, { headers = {}, ownBytes = MIB, maxBytes = 8 * MIB } = {}) {
  const ends = new Map<number, () => void>();
  const ownBytesShares = createPartitionShares(ownBytes, 1);
  const unpackSemaphore = createByteSemaphore({ capacityBytes: maxBytes });
  const flow = createPartitionFlow({
    ...{ topic: 't', partition: 0, startOffset: 0, committed: 0, inherited: undefined, highWaterMark: 0 },
    ...{ maxRecordBytes: maxBytes, maxUncommittedEvents: Infinity, readyAhead: Infinity },
    eventShares: createPartitionShares(10_000, 1),
    ownBytesShares,
    unpackSemaphore,
    executor: createKeyedExecutor({ maxRunning: Infinity, onFault: fail }),
    handleEvent: ({ source: { index } }) => ({
      key: undefined,
      run: () => new Promise((resolve) => ends.set(index, resolve)),
      abandon: () => undefined,
    }),
    keyOf: () => Symbol('each its own'),
    pump: { wake: () => undefined },
    committer: { eventFinished: () => undefined, hurry: () => undefined },
    meter: { passedOver: () => undefined },
    onFault: fail,
  });
  const message = { key: null, offset: '0', timestamp: '0', attributes: 0, headers, value };
  flow.append([{ kind: 'records', chunk: createRecordChunk({ topic: 't', partition: 0 }, [message]) }], 1);
  return {
    flow,
    unpackSemaphore,
    ownBytesShares,
    taken: async (count: number) => {
      // What is unpacked comes from another thread.
      for (const giveUpAt = Date.now() + 10_000; ends.size < count && Date.now() < giveUpAt;) {
        while (flow.admit());
        await turn();
      }
      for (let turns = 0; turns < 50; turns += 1) {
        while (flow.admit());
        await turn();
      }
      return ends.size;
    },
    end: async (...indexes: readonly number[]) => {
      for (const index of indexes) ends.get(index)?.();
      await turn();
    },
  };
}

const small = event(0).length;
const GZIP = { 'content-encoding': 'gzip' };

it('a large record counts until it is cut, then only what its events have copied', async () => {
  const value = Buffer.from(
    [
      event(0),
      event(1),
      `{"bad":${'9'.repeat(12_000)}`,
      ...Array.from({ length: 300 }, () => event(1, 1000)),
    ].join('\n'),
  );
  const { flow, taken, end } = openFlow(value);
  expect(flow.heldBytes).toBeGreaterThan(value.length);
  expect(await taken(303)).toBe(303);
  expect(flow.heldBytes).toBeLessThan(value.length + 1000);
  await end(...Array.from({ length: 301 }, (_, n) => n + 2));
  expect(flow.heldBytes).toBeLessThan(2 * small + 1000);
  expect(flow.heldBytes).toBeGreaterThan(2 * small);
  await end(0, 1);
  expect(flow.heldBytes).toBe(0);
});

it('one large event that needs its record’s bytes keeps it counted', async () => {
  const value = Buffer.from(`${event(0)}\n${event(1, MIB)}`);
  const { flow, taken, end } = openFlow(value);
  expect(await taken(2)).toBe(2);
  await end(0);
  expect(flow.heldBytes).toBeGreaterThan(value.length);
  await end(1);
  expect(flow.heldBytes).toBe(0);
});

it('a packed record counts packed for what can be cut again, and is unpacked no longer than it is cut', async () => {
  const value = gzipSync(`${event(0)}\n${event(1, 4 * MIB)}`);
  const { flow, taken, end, unpackSemaphore } = openFlow(value, { headers: GZIP });
  expect(await taken(2)).toBe(2);
  expect(unpackSemaphore.heldBytes()).toBe(0);
  expect(flow.heldBytes).toBeLessThan(value.length + small + 1000);
  await end(1);
  expect(flow.heldBytes).toBeLessThan(small + 1000);
  await end(0);
  expect(flow.heldBytes).toBe(0);
});

it('no more events are taken in than may hold bytes of their own', async () => {
  const value = gzipSync(Array.from({ length: 500 }, (_, n) => event(n, 1000)).join('\n'));
  const { taken, end, ownBytesShares } = openFlow(value, { headers: GZIP, ownBytes: 100_000 });
  const first = await taken(90);
  expect(first).toBeGreaterThan(90);
  expect(first).toBeLessThan(105);
  await end(...Array.from({ length: first }, (_, n) => n));
  expect(ownBytesShares.total()).toBe(0);
  expect(await taken(190)).toBeGreaterThan(190);
});

it('a partition that is closed in the middle of a record counts what its events still hold', async () => {
  const value = gzipSync(Array.from({ length: 500 }, (_, n) => event(n, 1000)).join('\n'));
  const { flow, taken, end, unpackSemaphore } = openFlow(value, { headers: GZIP, ownBytes: 50_000 });
  const first = await taken(45);
  expect(unpackSemaphore.heldBytes()).toBeGreaterThan(0);
  flow.close();
  await turn();
  expect(unpackSemaphore.heldBytes()).toBe(0);
  await end(...Array.from({ length: first }, (_, n) => n));
  expect(flow.heldBytes).toBe(0);
});
