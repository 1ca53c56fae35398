/**
 * A consumer alone in its process, for measuring what large records cost: told over IPC where to read, it tells of a
 * record on partition 0 the longest turns of its event loop and by how much its memory grew. Warms up on small records
 * first, so that neither compiling nor connecting nor the heap's first growth counts. For a yardstick it tells of a turn
 * that parses such a record at once: on this machine, at this moment.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { HEAP_FLAGS } from '../../../src/runtime/heap-flags.ts';
import { createConsumer } from '../../../src/kafka/consumer.ts';
import { systemClock as clock } from '../../../src/runtime/clock.ts';
import { consumerDefaults } from '../kafka/consumer-defaults.ts';
import { silentLogger as logger } from '../silent-logger.ts';
import { largeRecordEvents } from './large-record-events.ts';
import { watchTurns, type TurnsSeen } from './turn-watch.ts';

export interface LargeRecordTask {
  readonly broker: string;
  readonly topic: string;
  readonly groupId: string;
  /** Events before the first measured one. */
  readonly warmUp: number;
  /** Of partition 0, after the warm-up: so many are measured. */
  readonly events: number;
}

/** What it is told after the record that was measured. */
export interface LargeRecordOrder {
  readonly kind: 'parse at once';
  readonly events: number;
}

export type LargeRecordAnswer =
  | { readonly kind: 'warm' }
  | {
      readonly kind: 'done';
      readonly turns: TurnsSeen;
      /** Resident memory's peak since the warm-up, beyond the peak of the warm-up. */
      readonly grownBytes: number;
      /** Memory outside the heap, where records lie: its peak likewise, beyond what it was after the warm-up. */
      readonly offHeapBytes: number;
      /** Events of other partitions that ended between the large record's first and last. */
      readonly between: number;
    }
  | { readonly kind: 'parsed at once'; readonly turns: TurnsSeen }
  | { readonly kind: 'fatal'; readonly error: string };

for (const flag of HEAP_FLAGS) setFlagsFromString(flag);

const say = (answer: LargeRecordAnswer): void => void process.send?.(answer);

/** The turns of parsing a large record at once, as the watch sees them: of three times the quickest. */
async function parseAtOnce(events: number): Promise<TurnsSeen> {
  const text = `[${largeRecordEvents(events).join(',')}]`;
  const seen: TurnsSeen[] = [];
  for (let round = 0; round < 3; round += 1) {
    watch.begin();
    await new Promise((resolve) => setImmediate(resolve));
    JSON.parse(text);
    seen.push(await watch.end());
  }
  return seen.reduce((least, turns) => (turns.longestOwnMs < least.longestOwnMs ? turns : least));
}

/** Resident memory's peak so far. */
function peakBytes(): number {
  const line = /VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'));
  return line === null ? process.resourceUsage().maxRSS * 1024 : Number(line[1]) * 1024;
}

/** Where the system can't, the peak is at least that of the warm-up. */
function forgetPeak(): void {
  try {
    writeFileSync('/proc/self/clear_refs', '5');
  } catch {
    return;
  }
}

const watch = watchTurns((turn) => {
  if (turn % 8 === 0) offHeapPeak = Math.max(offHeapPeak, process.memoryUsage().external);
});
let offHeapPeak = 0;

process.once('message', (task: LargeRecordTask) => {
  let ended = 0;
  let large = 0;
  let between = 0;
  let isMeasuring = false;
  let residentBefore = 0;
  let offHeapBefore = 0;

  async function tell(): Promise<void> {
    isMeasuring = false;
    const turns = await watch.end();
    const grownBytes = peakBytes() - residentBefore;
    say({ kind: 'done', turns, grownBytes, offHeapBytes: offHeapPeak - offHeapBefore, between });
  }

  function count(isLarge: boolean): void {
    ended += 1;
    if (ended === task.warmUp) {
      residentBefore = peakBytes();
      offHeapBefore = process.memoryUsage().external;
      large = between = offHeapPeak = 0;
      isMeasuring = true;
      forgetPeak();
      watch.begin();
      say({ kind: 'warm' });
    } else if (isMeasuring && isLarge) {
      large += 1;
      if (large === task.events) void tell();
    } else if (isMeasuring && large > 0) between += 1;
  }

  process.once('message', ({ events }: LargeRecordOrder) => {
    void parseAtOnce(events).then((turns) => {
      say({ kind: 'parsed at once', turns });
    });
  });

  createConsumer({
    connection: { brokers: [task.broker], clientId: 'large-record' },
    groupId: task.groupId,
    topic: task.topic,
    ...consumerDefaults,
    clock,
    logger,
    meter: {
      commit: () => undefined,
      rebalanced: () => undefined,
      passedOver: () => undefined,
      offsetsLost: () => undefined,
      positionReset: () => undefined,
    },
    onFatal: (error) => {
      say({ kind: 'fatal', error: error.message });
    },
    handleEvent: ({ content, source }) => ({
      key: content.kind === 'json' ? (content.value as { userId: string }).userId : undefined,
      run: async () => {
        // Out and back as to Redis: events of many users are in flight side by side.
        await new Promise((resolve) => setImmediate(resolve));
        count(source.partition === 0);
      },
      abandon: () => undefined,
    }),
  }).start();
});
