import { describe, expect, test } from 'vitest';
import '../../../tools/property-seed.ts';
import { crc32c } from '../../../../src/kafka/fetch/crc32c.ts';
import { ensureCodecs } from '../../../../src/kafka/codecs/codecs.ts';
import {
  readFetched,
  UnreadableBatch,
  type FetchedBytes,
} from '../../../../src/kafka/fetch/fetched-records.ts';
import { FEW_RUNS, fromSource, withFault, type Fault } from '../../../tools/planted-fault.ts';
import {
  writeBatch,
  writeMarker,
  writeMessage,
  type WrittenBatch,
} from '../../../support/kafka/record-batches.ts';
import { checkFetched } from './fetched-property.ts';
import type * as FetchedRecordsFile from '../../../../src/kafka/fetch/fetched-records.ts';

ensureCodecs();

const load = async (from: (path: string) => Promise<unknown>) => {
  const codecs = (await from('kafka/codecs/codecs.ts')) as { ensureCodecs(): void };
  codecs.ensureCodecs();
  return (await from('kafka/fetch/fetched-records.ts')) as typeof FetchedRecordsFile;
};

function batchOf(offsets: readonly number[], changes: Partial<WrittenBatch> = {}): Buffer {
  return writeBatch({
    ...{ firstOffset: offsets[0]!, lastOffset: offsets.at(-1)! },
    records: offsets.map((offset) => ({ offset, value: Buffer.from(`v${offset}`) })),
    ...changes,
  });
}

async function read(bytes: readonly Buffer[], more: Partial<FetchedBytes> = {}) {
  const { messages } = await readFetched({ bytes: Buffer.concat(bytes), from: 0, aborted: null, ...more });
  return messages;
}

async function seen(bytes: readonly Buffer[], more: Partial<FetchedBytes> = {}): Promise<number[]> {
  const messages = await read(bytes, more);
  return messages.filter(({ isControlRecord }) => !isControlRecord).map(({ offset }) => Number(offset));
}

describe('read committed', () => {
  test('however transactions overlap and wherever fetches begin, what was committed is seen and nothing else', async () => {
    await checkFetched(await load(fromSource));
  });

  test('A begins and sends, B begins and sends, B aborts, A sends and aborts, a plain record: one is seen', async () => {
    const [a, b] = [1, 2].map((producerId) => ({ producerId, isTransactional: true }));
    const log = [batchOf([0], a), batchOf([1], b), writeMarker(2, 2, 'abort'), batchOf([3], a)];
    const rest = [writeMarker(4, 1, 'abort'), batchOf([5])];
    // In the order of their ends, as the broker has them.
    const aborted = [
      { producerId: 2n, firstOffset: 1 },
      { producerId: 1n, firstOffset: 0 },
    ];
    expect(await seen([...log, ...rest], { aborted })).toEqual([5]);
  });

  test('a key of four zero bytes is a key', async () => {
    const own = { producerId: 1, isTransactional: true };
    const records = [0, 1].map((offset) => ({ offset, key: Buffer.alloc(4), value: Buffer.from('x') }));
    const log = [batchOf([0, 1], { ...own, records }), batchOf([2], own), writeMarker(3, 1, 'abort')];
    expect(
      await seen([...log, batchOf([4], { records: [{ offset: 4, key: Buffer.alloc(4) }] })], {
        aborted: [{ producerId: 1n, firstOffset: 0 }],
      }),
    ).toEqual([4]);
  });

  const faults: Fault[] = [
    {
      name: 'the broker’s order taken for the order of first offsets',
      file: 'kafka/fetch/aborted-transactions.ts',
      find: '.sort((a, b) => a.firstOffset - b.firstOffset)',
      replace: '',
    },
    {
      name: 'one transaction begun a batch',
      file: 'kafka/fetch/aborted-transactions.ts',
      find: 'for (let one = due[next]; one !== undefined && one.firstOffset <= lastOffset; one = due[next]) {',
      replace: 'const one = due[next];\n      if (one !== undefined && one.firstOffset <= lastOffset) {',
    },
    {
      name: 'a transaction that does not end',
      file: 'kafka/fetch/aborted-transactions.ts',
      find: "if (control === 'abort') aborted.delete(producerId);",
      replace: '',
    },
    {
      name: 'a commit marker taken for an abort marker',
      file: 'kafka/fetch/record-batch.ts',
      find: "return type === 0 ? 'abort' : type === 1 ? 'commit' : 'other';",
      replace: "return type === 1 ? 'abort' : 'other';",
    },
    {
      name: 'offsets that compaction emptied not told of',
      file: 'kafka/fetch/fetched-records.ts',
      find: 'passTo(header.lastOffset + 1);',
      replace: 'if (isHidden) passTo(header.lastOffset + 1);',
    },
  ];
  test.each(faults)('the property finds $name', async (fault) => {
    await withFault(fault, async (from) => {
      await expect(checkFetched(await load(from), { ...FEW_RUNS, numRuns: 1000 })).rejects.toThrow(
        /seen|stuck|nothing tells/,
      );
    });
  });
});

describe('odd content', () => {
  test('null keys and values, headers without a value, named twice or like a member of every object', async () => {
    const [x, y] = [Buffer.from('x'), Buffer.from('y')];
    const headers = [
      ['a', x],
      ['__proto__', y],
      ['a', null],
      ['constructor', x],
      ['constructor', y],
    ] as const;
    const [record] = await read([batchOf([7], { records: [{ offset: 7, headers }] })], { from: 7 });
    expect(record).toMatchObject({ offset: '7', timestamp: -1, key: null, value: null });
    expect(Object.entries(record?.headers ?? {})).toEqual([
      ['a', [x, null]],
      ['__proto__', y],
      ['constructor', [x, y]],
    ]);
  });

  // By the square of their number this would take minutes.
  test('a record of 50,000 headers is read', async () => {
    const headers = Array.from({ length: 50_000 }, (_, n) => [`h${n}`, Buffer.alloc(0)] as const);
    const bytes = batchOf([0], { records: [{ offset: 0, headers }] });
    const [record] = await read([bytes]);
    expect(Object.keys(record?.headers ?? {})).toHaveLength(50_000);
  });

  test('messages of before 0.11, packed ones too, and record batches behind them', async () => {
    const inner = [0, 1].map((n) => writeMessage(1, n, Buffer.from(`i${n}`)));
    const { gzipSync } = await import('node:zlib');
    const log = [
      writeMessage(0, 3, Buffer.from('old')),
      writeMessage(1, 4, Buffer.from('newer')),
      writeMessage(1, 6, gzipSync(Buffer.concat(inner)), 1),
      batchOf([7, 8]),
    ];
    const messages = await read(log, { from: 4 });
    expect(messages.map(({ offset, value }) => [offset, String(value)])).toEqual([
      ['4', 'newer'],
      ['5', 'i0'],
      ['6', 'i1'],
      ['7', 'v7'],
      ['8', 'v8'],
    ]);
  });

  test('the last batch may be cut off: it is left for the next fetch', async () => {
    const log = Buffer.concat([batchOf([0, 1]), batchOf([2, 3])]);
    expect(await seen([log.subarray(0, -1)])).toEqual([0, 1]);
  });
});

describe('a batch of 32 MiB', () => {
  const large = writeBatch({
    ...{ firstOffset: 0, lastOffset: 0 },
    records: [{ offset: 0, value: Buffer.alloc(32 * 1024 * 1024, 'large ') }],
  });

  test('is read while the event loop turns', async () => {
    let isRead = false;
    let turns = 0;
    const count = (): void => {
      turns += 1;
      if (!isRead) setImmediate(count);
    };
    setImmediate(count);
    expect(await seen([large])).toEqual([0]);
    isRead = true;
    expect(turns).toBeGreaterThan(2);
  });

  test.each([100, 20_000_000, 32 * 1024 * 1024])('is checked at byte %i, too', async (at) => {
    const broken = Buffer.from(large);
    broken.writeUInt8(broken.readUInt8(at) ^ 1, at);
    await expect(read([broken])).rejects.toThrow('whose checksum is not');
  });
});

describe('a batch that can not be read', () => {
  const broken = batchOf([2, 3]);
  broken.writeUInt8(broken.at(-1)! ^ 1, broken.length - 1);
  const short = batchOf([2, 3]);
  short.writeInt32BE(0x7fffffff, 8);
  const endless = batchOf([2, 3], { records: [{ offset: 2, value: Buffer.from('x') }] });
  const cases = [
    ['whose checksum is another', broken, 'whose checksum is not'],
    ['in a codec that nobody knows', batchOf([2, 3], { codec: 6 }), 'unknown compression codec 6'],
    ['that can not be unpacked', batchOf([2, 3], { codec: 3 }), 'lz4'],
    ['that is longer than the answer', short, 'not as long as it says'],
    [
      'of a format that nobody knows',
      Buffer.concat([endless.subarray(0, 16), Buffer.from([9]), endless.subarray(17)]),
      'unknown format 9',
    ],
  ] as const;

  test.each(cases)('%s is named with its offset', async (_, batch, message) => {
    const reading = read([batch], { from: 2 });
    await expect(reading).rejects.toThrow(UnreadableBatch);
    await expect(reading).rejects.toThrow(/at offset 2 /);
    await expect(reading).rejects.toThrow(message);
  });

  test.each(cases.slice(0, 3))('%s does not hold back what lies before it', async (_, batch) => {
    expect(await seen([batchOf([0, 1]), batch])).toEqual([0, 1]);
  });
});

test('a few bytes that say they unpack to gigabytes are refused, whoever reads them', async () => {
  const header = batchOf([0]).subarray(0, 61);
  const bomb = Buffer.concat([header, Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f])]);
  bomb.writeInt32BE(bomb.length - 12, 8);
  bomb.writeInt16BE(2, 21);
  bomb.writeUInt32BE(crc32c(bomb.subarray(21)), 17);
  await expect(read([bomb])).rejects.toThrow(
    /a snappy record batch .*\(at most 268435456 bytes\): it unpacks to 4294967295 bytes/,
  );
});
