/** Partitions merged by time: nothing is lost, what is nearly in order comes out in order, and little is held. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { mergeByTime, type TimedLine } from '../../../../src/cli/rules/merge-by-time.ts';

async function* from(
  lines: readonly TimedLine[],
  onRead: () => void = () => undefined,
): AsyncGenerator<TimedLine> {
  for (const line of lines) {
    await Promise.resolve();
    onRead();
    yield line;
  }
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

const line = (atMs: number, name = ''): TimedLine => ({ atMs, line: name });

it('what comes out of order by less than is held comes out in order, and all of it', async () => {
  const partition = fc
    .array(fc.record({ atMs: fc.nat(1000), late: fc.nat(40) }), { maxLength: 60 })
    .map((records) =>
      records.toSorted((a, b) => a.atMs + a.late - (b.atMs + b.late)).map(({ atMs }) => line(atMs)),
    );
  await fc.assert(
    fc.asyncProperty(fc.array(partition, { maxLength: 4 }), async (partitions) => {
      const merged = await all(
        mergeByTime(
          partitions.map((lines) => from(lines)),
          { lines: 240 },
        ),
      );
      expect(merged.map(({ atMs }) => atMs)).toEqual(
        partitions
          .flat()
          .map(({ atMs }) => atMs)
          .toSorted((a, b) => a - b),
      );
    }),
  );
});

it('lines of one moment keep their order', async () => {
  const lines = Array.from({ length: 100 }, (_, at) => line(5, String(at)));
  const merged = await all(mergeByTime([from(lines)]));
  expect(merged).toEqual(lines);
});

it.each([
  ['lines', { lines: 20 }],
  ['characters', { characters: 20 * 1000 }],
])('holds no more than so many %s', async (_what, bounds) => {
  let read = 0;
  const lines = Array.from({ length: 500 }, (_, at) => line(at, 'x'.repeat(1000)));
  const merged = mergeByTime([from(lines, () => (read += 1)), from([])], bounds);
  let taken = 0;
  for await (const _line of merged) {
    taken += 1;
    expect(read - taken).toBeLessThanOrEqual(22);
  }
  expect(taken).toBe(500);
});
