/**
 * A record of 20 MB and 100,000 events, in both forms, plain and packed, read from a real broker by a process of its own:
 * no turn of its event loop is long, its memory grows by less than four times the unpacked record, and
 * events of other partitions go on meanwhile.
 */
import { fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import kafkajs, { type Message } from 'kafkajs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { COMMAND_LINE_HEAP_FLAG } from '../../../src/runtime/heap-flags.ts';
import { largeRecordEvents } from '../../support/pods/large-record-events.ts';
import type {
  LargeRecordAnswer,
  LargeRecordOrder,
  LargeRecordTask,
} from '../../support/pods/large-record-pod.ts';
import type { TurnsSeen } from '../../support/pods/turn-watch.ts';
import { type Bench, eventOf, openBench } from './harness.ts';

const { CompressionTypes } = kafkajs;
const EVENTS = 100_000;
/** Processes that read the same, at most. */
const ATTEMPTS = 3;
/** Of all attempts; one takes 10 s on a machine at rest. */
const TIMEOUT_MS = 300_000;
/** Small records: a backlog first, … */
const BACKLOG = 150_000;
/** … then as they come, as they do beside the large one: the heap has its size for that before anything is measured. */
const LIVE = 150_000;
/** Until it is warm: no faster than they are read. */
const WARM_UP = { atOnce: 50, pauseMs: 0 };
/** Beside a large record: 4,000 a second. */
const BESIDE = { atOnce: 20, pauseMs: 5 };

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

const events = largeRecordEvents(EVENTS);

interface Watched {
  next(): Promise<LargeRecordAnswer>;
  /** How long a turn is that parses the whole array. */
  parseAtOnce(): Promise<TurnsSeen>;
  end(): void;
}

function startReader(task: LargeRecordTask): Watched {
  const child = fork(join(import.meta.dirname, '../../support/pods/large-record-pod.ts'), {
    execArgv: ['--disable-warning=TimeoutNegativeWarning', COMMAND_LINE_HEAP_FLAG],
  });
  const answers: LargeRecordAnswer[] = [];
  let waiting: ((answer: LargeRecordAnswer) => void) | undefined;
  child.on('message', (answer: LargeRecordAnswer) => {
    if (waiting === undefined) answers.push(answer);
    else waiting(answer);
    waiting = undefined;
  });
  const next = (): Promise<LargeRecordAnswer> => {
    const ready = answers.shift();
    if (ready !== undefined) return Promise.resolve(ready);
    return new Promise((resolve) => (waiting = resolve));
  };
  child.send(task);
  return {
    next,
    async parseAtOnce() {
      child.send({ kind: 'parse at once', events: EVENTS } satisfies LargeRecordOrder);
      const answer = await next();
      if (answer.kind !== 'parsed at once') throw new Error(JSON.stringify(answer));
      return answer.turns;
    },
    end: () => void child.kill('SIGKILL'),
  };
}

/**
 * Of the CPU of a turn that parses the whole array at once, measured in the same process right after: a quarter of it
 * is usual, slices without an end take a half. With V8's collections in it a turn may be as long as that one.
 */
const MOST_OF_YARDSTICK = { own: 0.35, withCollections: 1.15 };

function areShort(turns: TurnsSeen, whole: TurnsSeen): boolean {
  return (
    turns.longestOwnMs < whole.longestOwnMs * MOST_OF_YARDSTICK.own &&
    turns.longestMs < whole.longestMs * MOST_OF_YARDSTICK.withCollections
  );
}

function showTurns({ turns, longestMs, longestOwnMs, collections, collectingMs }: TurnsSeen): string {
  return (
    `${String(turns)} turns, the longest ${longestMs.toFixed(1)} ms, ${longestOwnMs.toFixed(1)} ms without ` +
    `collections, which were ${String(collections)} in ${collectingMs.toFixed(0)} ms`
  );
}

interface Measured {
  readonly turns: TurnsSeen;
  /** The yardstick. */
  readonly whole: TurnsSeen;
}

/**
 * What the machine did to one turn of many thousands is not the code's; what is long by its code is long each time. So
 * the same is read by up to {@link ATTEMPTS} processes, until no turn of one is long.
 */
async function expectShortTurns(read: () => Promise<Measured>): Promise<void> {
  const told: string[] = [];
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const { turns, whole } = await read();
    if (areShort(turns, whole)) return;
    told.push(`${showTurns(turns)}; parsed at once: ${showTurns(whole)}`);
  }
  expect.fail(told.join('\n'));
}

const lines = Buffer.from(events.join('\n'));
const array = Buffer.from(`[${events.join(',')}]`);
const packed = { 'content-encoding': 'gzip' };

async function readLargeRecord(
  name: string,
  record: Omit<Message, 'key'>,
  compression: kafkajs.CompressionTypes,
): Promise<Measured> {
  const topic = await bench.createTopic(3);
  const small = (count: number): Message[] =>
    Array.from({ length: count }, (_, n) => ({
      ...eventOf(`s${String(n % 500)}`, n),
      partition: 1 + (n % 2),
    }));
  await bench.send(topic, small(BACKLOG));
  const reader = startReader({
    broker: bench.brokers[0] ?? '',
    ...{ topic, groupId: randomUUID(), warmUp: BACKLOG + LIVE, events: EVENTS },
  });
  // On a line of their own: what comes on one connection may wait behind 20 MB.
  const others = bench.kafka.producer();
  try {
    await others.connect();
    const sendUntil = async <T>(reached: Promise<T>, { atOnce, pauseMs }: typeof BESIDE): Promise<T> => {
      const over = new AbortController();
      void reached.finally(() => {
        over.abort();
      });
      while (!over.signal.aborted)
        await Promise.all([others.send({ topic, messages: small(atOnce) }), sleep(pauseMs)]);
      return reached;
    };
    expect(await sendUntil(reader.next(), WARM_UP)).toEqual({ kind: 'warm' });
    const sending = bench.producer.send({ topic, messages: [{ ...record, partition: 0 }], compression });
    const answer = await sendUntil(reader.next(), BESIDE);
    await sending;
    if (answer.kind !== 'done') throw new Error(JSON.stringify(answer));
    const times = answer.grownBytes / lines.length;
    const offHeapTimes = answer.offHeapBytes / lines.length;
    console.log(
      `  ${name}: ${showTurns(answer.turns)}; resident memory grew by × ${times.toFixed(2)}, ` +
        `buffers by × ${offHeapTimes.toFixed(2)}; ${String(answer.between)} others between`,
    );
    expect(times).toBeLessThan(4);
    expect(offHeapTimes).toBeLessThan(4);
    expect(answer.between).toBeGreaterThan(0);
    return { turns: answer.turns, whole: await reader.parseAtOnce() };
  } finally {
    reader.end();
    await others.disconnect();
  }
}

async function readSmallRecords(): Promise<Measured> {
  const topic = await bench.createTopic(3);
  const small = (partition: number, count: number): Message[] =>
    Array.from({ length: count }, (_, n) => ({ partition, value: events[n] ?? '' }));
  await bench.send(topic, small(1, 20_000));
  await bench.send(topic, small(0, EVENTS));
  const reader = startReader({
    broker: bench.brokers[0] ?? '',
    ...{ topic, groupId: randomUUID(), warmUp: 20_000, events: EVENTS / 2 },
  });
  try {
    expect(await reader.next()).toEqual({ kind: 'warm' });
    const answer = await reader.next();
    if (answer.kind !== 'done') throw new Error(JSON.stringify(answer));
    console.log(`  small records: ${showTurns(answer.turns)}`);
    return { turns: answer.turns, whole: await reader.parseAtOnce() };
  } finally {
    reader.end();
  }
}

test.each<[string, Omit<Message, 'key'>, kafkajs.CompressionTypes]>([
  ['lines', { value: lines }, CompressionTypes.None],
  ['an array', { value: array }, CompressionTypes.None],
  ['an array in gzip', { value: gzipSync(array), headers: packed }, CompressionTypes.None],
  ['lines in a batch of zstd', { value: lines }, CompressionTypes.ZSTD],
  ['lines in a batch of lz4', { value: lines }, CompressionTypes.LZ4],
])(
  '20 MB and 100,000 events: %s',
  async (name, record, compression) => {
    await expectShortTurns(() => readLargeRecord(name, record, compression));
  },
  TIMEOUT_MS,
);

test(
  'a backlog of 100,000 small records: no turn of the loop is long',
  () => expectShortTurns(readSmallRecords),
  TIMEOUT_MS,
);
