/**
 * A log with transactions of several producers that overlap, and what a reader of it must see, known from the making
 * of the log. Read as a consumer reads: from anywhere, some batches a fetch, up to the last stable offset, with the
 * list of aborted transactions as a broker makes it.
 */
import fc from 'fast-check';
import type { AbortedTransaction } from '../../../../src/kafka/fetch/aborted-transactions.ts';
import type * as FetchedRecordsFile from '../../../../src/kafka/fetch/fetched-records.ts';
import type { Runs } from '../../../tools/planted-fault.ts';
import { writeBatch, writeMarker } from '../../../support/kafka/record-batches.ts';

type Step =
  | {
      readonly do: 'send';
      readonly producer: number;
      readonly records: number;
      readonly gzip: boolean;
      readonly zeros: boolean;
    }
  | { readonly do: 'end'; readonly producer: number; readonly how: 'abort' | 'commit' }
  /** The log's cleaner takes records out of the last batch: some, or all. */
  | { readonly do: 'compact'; readonly keep: number };

/** Producer 0 writes without transactions. */
const producer = fc.integer({ min: 0, max: 3 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('send' as const),
      producer,
      records: fc.integer({ min: 1, max: 4 }),
      gzip: fc.boolean(),
      zeros: fc.boolean(),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('end' as const),
      producer,
      how: fc.constantFrom('abort' as const, 'commit' as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('compact' as const), keep: fc.integer({ min: 0, max: 2 }) }),
  },
);

interface Log {
  /** In order, each with the offsets it covers. */
  readonly batches: { readonly bytes: Buffer; readonly firstOffset: number; readonly lastOffset: number }[];
  /** In the order of their ends. */
  readonly aborted: (AbortedTransaction & { readonly markerOffset: number })[];
  /** Of every record that must be seen. */
  readonly visible: readonly number[];
  readonly lastStableOffset: number;
}

function makeLog(steps: readonly Step[]): Log {
  const batches: Log['batches'] = [];
  const aborted: Log['aborted'] = [];
  /** By producer: where the open transaction began, and its records. */
  const open = new Map<number, { first: number; records: number[] }>();
  const visible: number[] = [];
  let last: { step: Extract<Step, { do: 'send' }>; firstOffset: number; offsets: number[] } | undefined;
  let end = 0;

  const write = (sent: NonNullable<typeof last>, kept: readonly number[]): Buffer => {
    const { producer: id, gzip, zeros } = sent.step;
    const key = zeros ? Buffer.alloc(4) : Buffer.from('key');
    return writeBatch({
      ...{ firstOffset: sent.firstOffset, lastOffset: sent.offsets.at(-1)! },
      ...{ producerId: id === 0 ? -1 : id, isTransactional: id !== 0, codec: gzip ? 1 : 0 },
      records: kept.map((offset) => ({ offset, key, value: Buffer.from(String(offset)) })),
    });
  };

  for (const one of steps) {
    if (one.do === 'send') {
      const offsets = Array.from({ length: one.records }, (_, n) => end + n);
      last = { step: one, firstOffset: end, offsets };
      batches.push({ bytes: write(last, offsets), firstOffset: end, lastOffset: offsets.at(-1)! });
      if (one.producer === 0) visible.push(...offsets);
      else if (open.has(one.producer)) open.get(one.producer)!.records.push(...offsets);
      else open.set(one.producer, { first: end, records: offsets });
      end += one.records;
    } else if (one.do === 'end') {
      const transaction = open.get(one.producer);
      if (transaction === undefined) continue;
      open.delete(one.producer);
      batches.push({ bytes: writeMarker(end, one.producer, one.how), firstOffset: end, lastOffset: end });
      if (one.how === 'commit') visible.push(...transaction.records);
      else
        aborted.push({ producerId: BigInt(one.producer), firstOffset: transaction.first, markerOffset: end });
      end += 1;
      last = undefined;
    } else if (last !== undefined) {
      const kept = last.offsets.slice(0, one.keep);
      const gone = last.offsets.slice(one.keep);
      batches[batches.length - 1] = { ...batches.at(-1)!, bytes: write(last, kept) };
      for (const list of [visible, ...[...open.values()].map(({ records }) => records)]) {
        for (const offset of gone) if (list.includes(offset)) list.splice(list.indexOf(offset), 1);
      }
      last = undefined;
    }
  }
  const lastStableOffset = Math.min(end, ...[...open.values()].map(({ first }) => first));
  return { batches, aborted, visible: visible.sort((a, b) => a - b), lastStableOffset };
}

/** As a broker answers: whole batches below the last stable offset, and who of them was aborted, in the order of ends. */
function fetch(log: Log, from: number, most: number): { bytes: Buffer; aborted: AbortedTransaction[] } {
  const stable = log.batches.filter(
    ({ lastOffset }) => lastOffset >= from && lastOffset < log.lastStableOffset,
  );
  const given = stable.slice(0, most);
  const until = (given.at(-1)?.lastOffset ?? from) + 1;
  const aborted = log.aborted.filter(
    ({ firstOffset, markerOffset }) => markerOffset >= from && firstOffset < until,
  );
  return { bytes: Buffer.concat(given.map(({ bytes }) => bytes)), aborted };
}

/** @throws Error where a reader sees what it must not, misses what it must see, or does not come to the end. */
export async function checkFetched(
  { readFetched }: typeof FetchedRecordsFile,
  runs: Runs = {},
): Promise<void> {
  const sizes = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 5 });
  const start = fc.integer({ min: 0, max: 200 });
  // All transactions but one of one producer, or none, come to their ends.
  const ends = [1, 2, 3].map((one): Step => ({
    do: 'end',
    producer: one,
    how: one === 2 ? 'commit' : 'abort',
  }));
  const log = fc
    .tuple(fc.array(step, { minLength: 5, maxLength: 40 }), fc.integer({ min: 0, max: 6 }))
    .map(([steps, open]) => [...steps, ...ends.filter((_, index) => index + 1 !== open)]);
  await fc.assert(
    fc.asyncProperty(log, sizes, start, async (steps, mosts, begin) => {
      const written = makeLog(steps);
      let from = begin % (written.lastStableOffset + 1);
      const wanted = written.visible.filter((offset) => offset >= from && offset < written.lastStableOffset);
      const seen: number[] = [];
      for (let round = 0; from < written.lastStableOffset; round += 1) {
        const answer = fetch(written, from, mosts[round % mosts.length]!);
        const { messages } = await readFetched({ ...answer, from });
        const records = messages.filter(({ isControlRecord }) => !isControlRecord);
        for (const { offset, value } of records) {
          if (String(value) !== offset) throw new Error(`another record's value at ${offset}`);
          seen.push(Number(offset));
        }
        if (records.length === 0 && Number(messages[0]?.offset) !== from) {
          throw new Error(`nothing tells that this fetch began at ${from}`);
        }
        const next = Number(messages.at(-1)?.offset ?? NaN) + 1;
        if (!(next > from)) throw new Error(`stuck at ${from}`);
        from = next;
      }
      if (seen.join() !== wanted.join()) throw new Error(`seen ${seen.join()}, wanted ${wanted.join()}`);
    }),
    runs,
  );
}
