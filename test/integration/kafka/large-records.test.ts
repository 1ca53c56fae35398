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
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { COMMAND_LINE_HEAP_FLAG } from '../../../src/runtime/heap-flags.ts';
import { largeRecordEvents } from '../../support/pods/large-record-events.ts';
import type {
  LargeRecordAnswer,
  LargeRecordTask,
  LargeRecordYardstick,
} from '../../support/pods/large-record-pod.ts';
import type { TurnsSeen } from '../../support/pods/turn-watch.ts';
import { type Bench, eventOf, openBench } from './harness.ts';

const { CompressionTypes } = kafkajs;
const EVENTS = 100_000;
/** So often is each measured. */
const ROUNDS = 2;
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
  /** The next answer is how long a turn is that parses the whole array: after the last record. */
  measureYardstick(): void;
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
  child.send(task);
  return {
    next: () => {
      const ready = answers.shift();
      if (ready !== undefined) return Promise.resolve(ready);
      return new Promise((resolve) => (waiting = resolve));
    },
    measureYardstick: () => void child.send({ events: EVENTS } satisfies LargeRecordYardstick),
    end: () => void child.kill('SIGKILL'),
  };
}

/**
 * Of the CPU of a turn that parses the whole array at once, measured in the same process right after: a quarter of it
 * is usual, the half is too much. With V8's collections in it a turn may be as long as that one.
 */
const MOST_OF_YARDSTICK = { own: 0.45, withCollections: 1.15 };

/**
 * What the machine did to one turn of many thousands is not the code's: of the same work done several times the one
 * whose longest turn is the shortest counts. What is long by its code is long each time.
 */
function shortest(rounds: readonly TurnsSeen[]): { ownMs: number; withCollectionsMs: number } {
  return {
    ownMs: Math.min(...rounds.map((turns) => turns.longestOwnMs)),
    withCollectionsMs: Math.min(...rounds.map((turns) => turns.longestMs)),
  };
}

function showTurns({ turns, longestMs, longestOwnMs, collections, collectingMs }: TurnsSeen): string {
  return (
    `${String(turns)} turns, the longest ${longestMs.toFixed(1)} ms, ${longestOwnMs.toFixed(1)} ms without ` +
    `collections, which were ${String(collections)} in ${collectingMs.toFixed(0)} ms`
  );
}

async function expectShortTurns(reader: Watched, rounds: readonly TurnsSeen[]): Promise<void> {
  reader.measureYardstick();
  const answer = await reader.next();
  if (answer.kind !== 'yardstick') throw new Error(JSON.stringify(answer));
  const whole = answer.turns;
  console.log(`  parsed at once: ${showTurns(whole)}`);
  const { ownMs, withCollectionsMs } = shortest(rounds);
  expect(ownMs / whole.longestOwnMs).toBeLessThan(MOST_OF_YARDSTICK.own);
  expect(withCollectionsMs / whole.longestMs).toBeLessThan(MOST_OF_YARDSTICK.withCollections);
}

const lines = Buffer.from(events.join('\n'));
const array = Buffer.from(`[${events.join(',')}]`);
const packed = { 'content-encoding': 'gzip' };

describe('20 MB and 100,000 events', () => {
  test.each<[string, Omit<Message, 'key'>, kafkajs.CompressionTypes]>([
    ['lines', { value: lines }, CompressionTypes.None],
    ['an array', { value: array }, CompressionTypes.None],
    ['an array in gzip', { value: gzipSync(array), headers: packed }, CompressionTypes.None],
    ['lines in a batch of zstd', { value: lines }, CompressionTypes.ZSTD],
    ['lines in a batch of lz4', { value: lines }, CompressionTypes.LZ4],
  ])('%s', async (name, record, compression) => {
    const topic = await bench.createTopic(3);
    const small = (count: number): Message[] =>
      Array.from({ length: count }, (_, n) => ({
        ...eventOf(`s${String(n % 500)}`, n),
        partition: 1 + (n % 2),
      }));
    await bench.send(topic, small(BACKLOG));
    const groupId = randomUUID();
    const reader = startReader({
      broker: bench.brokers[0] ?? '',
      ...{ topic, groupId, warmUp: BACKLOG + LIVE, events: EVENTS },
    });
    try {
      // On a line of their own: what comes on one connection may wait behind 20 MB.
      const others = bench.kafka.producer();
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
      const rounds: TurnsSeen[] = [];
      for (let round = 0; round < ROUNDS; round += 1) {
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
        // Of the first: later ones come before the memory of those before them is given back.
        if (round === 0) {
          expect(times).toBeLessThan(4);
          expect(offHeapTimes).toBeLessThan(4);
        }
        expect(answer.between).toBeGreaterThan(0);
        rounds.push(answer.turns);
      }
      await others.disconnect();
      await expectShortTurns(reader, rounds);
    } finally {
      reader.end();
    }
  });
});

test('a backlog of 100,000 small records: no turn of the loop is long', async () => {
  const topic = await bench.createTopic(3);
  const small = (partition: number, count: number): Message[] =>
    Array.from({ length: count }, (_, n) => ({ partition, value: events[n] ?? '' }));
  await bench.send(topic, small(1, 20_000));
  await bench.send(topic, small(0, EVENTS));
  const reader = startReader({
    broker: bench.brokers[0] ?? '',
    ...{ topic, groupId: randomUUID(), warmUp: 20_000, events: EVENTS / (ROUNDS + 1) },
  });
  try {
    expect(await reader.next()).toEqual({ kind: 'warm' });
    const rounds: TurnsSeen[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const answer = await reader.next();
      if (answer.kind !== 'done') throw new Error(JSON.stringify(answer));
      console.log(`  small records: ${showTurns(answer.turns)}`);
      rounds.push(answer.turns);
    }
    await expectShortTurns(reader, rounds);
  } finally {
    reader.end();
  }
});
