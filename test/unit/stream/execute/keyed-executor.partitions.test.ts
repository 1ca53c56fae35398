/** How places go from one task to the next where partitions share them: a hot key goes on at once, nobody starves. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createKeyedExecutor } from '../../../../src/stream/execute/keyed-executor.ts';

function setUp(maxRunning: number, partitions: number) {
  const log: string[] = [];
  const ends = new Map<string, () => void>();
  const executor = createKeyedExecutor({
    maxRunning,
    onFault: (error) => {
      throw error;
    },
  });
  executor.shareBetween(partitions);
  return {
    log,
    hold(partition: number, key: string, name: string): void {
      const { promise, resolve } = Promise.withResolvers<undefined>();
      const run = (): Promise<undefined> => {
        log.push(name);
        ends.set(name, () => resolve(undefined));
        return promise;
      };
      executor.submit({ key, partition, run, drop: () => undefined });
    },
    /** Ends one that runs, and lets what comes of it start. */
    async end(name: string): Promise<void> {
      ends.get(name)?.();
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

it('a hot key goes on at once while its next task is the oldest, whoever waits elsewhere', async () => {
  const { log, hold, end } = setUp(4, 3);
  for (const name of ['hot 1', 'hot 2', 'hot 3']) hold(0, 'hot', name);
  for (const key of ['a', 'b', 'c', 'd', 'e']) hold(1 + (key.charCodeAt(0) % 2), key, key);
  expect(log).toEqual(['hot 1', 'a', 'b', 'c']);
  await end('hot 1');
  await end('hot 2');
  expect(log).toEqual(['hot 1', 'a', 'b', 'c', 'hot 2', 'hot 3']);
});

it('an older task goes before a hot key’s next, in its partition and in another', async () => {
  const { log, hold, end } = setUp(1, 1);
  hold(0, 'hot', 'hot 1');
  hold(0, 'older', 'older');
  hold(1, 'elsewhere', 'elsewhere');
  hold(0, 'hot', 'hot 2');
  await end('hot 1');
  await end('older');
  await end('elsewhere');
  expect(log).toEqual(['hot 1', 'older', 'elsewhere', 'hot 2']);
});

it('however many partitions share however few places, all goes on and none gets far ahead of another', async () => {
  const tasks = 12;
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 2, max: 6 }),
      async (room, partitions) => {
        const { log, hold, end } = setUp(room, partitions);
        const nameOf = (partition: number, task: number): string => `${String(partition)} ${String(task)}`;
        for (let task = 0; task < tasks; task += 1) {
          for (let partition = 0; partition < partitions; partition += 1)
            hold(partition, nameOf(partition, task), nameOf(partition, task));
        }
        // Grows as it goes.
        for (const name of log) await end(name);
        expect(log).toHaveLength(tasks * partitions);
        const begun = Array.from({ length: partitions }, () => 0);
        for (const name of log) {
          begun[Number(name.split(' ')[0])]! += 1;
          expect(Math.max(...begun) - Math.min(...begun)).toBeLessThanOrEqual(room + 1);
        }
      },
    ),
  );
});
