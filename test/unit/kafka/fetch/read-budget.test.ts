/** A record batch that unpacks to more than there is room for is read in parts, and none of it twice or not at all. */
import { expect, it } from 'vitest';
import { readFetched, type ReadBudget } from '../../../../src/kafka/fetch/fetched-records.ts';
import { writeBatch } from '../../../support/kafka/record-batches.ts';

const RECORDS = 500;
const VALUE_BYTES = 10_000;

const batchAt = (firstOffset: number, codec: number, valueBytes = VALUE_BYTES): Buffer =>
  writeBatch({
    firstOffset,
    // The log has emptied one offset behind the last.
    lastOffset: firstOffset + RECORDS,
    records: Array.from({ length: RECORDS }, (_, n) => ({
      offset: firstOffset + n,
      value: Buffer.alloc(valueBytes, n),
    })),
    codec,
  });

/** Fetch after fetch from where the one before ended, until there is nothing more. */
async function readAll(
  log: Buffer,
  bytes: number,
): Promise<{ offsets: number[]; most: number; end: number }> {
  const offsets: number[] = [];
  let most = 0;
  let from = 0;
  for (;;) {
    const budget: ReadBudget = { left: bytes };
    const { messages } = await readFetched({ bytes: log, from, aborted: null, budget });
    const last = messages.at(-1);
    if (last === undefined) return { offsets, most, end: from };
    const seen = messages.filter(({ isControlRecord }) => !isControlRecord);
    most = Math.max(most, seen.length);
    for (const { offset, value } of seen) {
      expect(value?.[0]).toBe((Number(offset) % (RECORDS + 1)) % 256);
      offsets.push(Number(offset));
    }
    from = Number(last.offset) + 1;
  }
}

it.each([
  ['plain', 0],
  ['gzip', 1],
])('%s', async (_name, codec) => {
  const log = Buffer.concat([batchAt(0, codec), batchAt(RECORDS + 1, codec)]);
  const { offsets, most, end } = await readAll(log, 1_000_000);
  expect(offsets).toEqual([
    ...Array.from({ length: RECORDS }, (_, n) => n),
    ...Array.from({ length: RECORDS }, (_, n) => RECORDS + 1 + n),
  ]);
  expect(most).toBeLessThanOrEqual(100);
  expect(end).toBe(2 * (RECORDS + 1));
});

it('one record is read however small the budget, and none without any', async () => {
  // Each fetch unpacks the whole batch again.
  expect((await readAll(batchAt(0, 1, 100), 1)).most).toBe(1);
  const budget: ReadBudget = { left: 0 };
  expect(await readFetched({ bytes: batchAt(0, 1), from: 0, aborted: null, budget })).toMatchObject({
    messages: [],
  });
});

it('small records and headers count for what they are in memory', async () => {
  const tiny = writeBatch({
    ...{ firstOffset: 0, lastOffset: 9999 },
    records: Array.from({ length: 10_000 }, (_, offset) => ({ offset })),
  });
  const budget: ReadBudget = { left: 100_000 };
  const { messages } = await readFetched({ bytes: tiny, from: 0, aborted: null, budget });
  expect(messages.length).toBeLessThan(1000);
  const headers = Array.from({ length: 500 }, (_, n) => [`h${String(n)}`, null] as const);
  const headed = writeBatch({
    ...{ firstOffset: 0, lastOffset: 1 },
    records: [0, 1].map((offset) => ({ offset, headers })),
  });
  const small: ReadBudget = { left: 50_000 };
  expect((await readFetched({ bytes: headed, from: 0, aborted: null, budget: small })).messages).toHaveLength(
    1,
  );
});
