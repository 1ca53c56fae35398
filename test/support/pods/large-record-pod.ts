/**
 * A consumer alone in its process, for measuring what one large record costs: told over IPC where to read, it tells
 * the longest turn of its event loop in CPU time (which no other process can disturb) and by how much its memory
 * grew. Warms up on small records first, so that neither compiling nor connecting nor the heap's first growth counts.
 */
import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { HEAP_FLAGS } from '../../../src/runtime/heap-flags.ts';
import { createConsumer } from '../../../src/kafka/consumer.ts';
import { systemClock as clock } from '../../../src/runtime/clock.ts';
import { consumerDefaults } from '../kafka/consumer-defaults.ts';
import { silentLogger as logger } from '../silent-logger.ts';

export interface LargeRecordTask {
  readonly broker: string;
  readonly topic: string;
  readonly groupId: string;
  /** Events before the large record. */
  readonly warmUp: number;
  readonly events: number;
}

export type LargeRecordAnswer =
  | { readonly kind: 'warm' }
  | {
      readonly kind: 'done';
      readonly longestTurnMs: number;
      readonly turns: number;
      /** Resident memory's peak, beyond the peak of before. */
      readonly grownBytes: number;
      /** Memory outside the heap, where records lie: its peak beyond what it was before. */
      readonly offHeapBytes: number;
      /** Events of other partitions that ended between the large record's first and last. */
      readonly between: number;
    }
  | { readonly kind: 'fatal'; readonly error: string };

for (const flag of HEAP_FLAGS) setFlagsFromString(flag);

const say = (answer: LargeRecordAnswer): void => void process.send?.(answer);

function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

/** Resident memory's peak so far. */
function peakBytes(): number {
  const line = /VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'));
  return line === null ? process.resourceUsage().maxRSS * 1024 : Number(line[1]) * 1024;
}

let longestTurnMs = 0;
let offHeapPeak = 0;
let turns = 0;
let lastMs = 0;
function tick(): void {
  const nowMs = cpuMs();
  longestTurnMs = Math.max(longestTurnMs, nowMs - lastMs);
  lastMs = nowMs;
  turns += 1;
  if (turns % 8 === 0) offHeapPeak = Math.max(offHeapPeak, process.memoryUsage().external);
  setImmediate(tick);
}

process.once('message', (task: LargeRecordTask) => {
  let ended = 0;
  let large = 0;
  let between = 0;
  let before = 0;
  let offHeapBefore = 0;
  const count = (isLarge: boolean): void => {
    ended += 1;
    if (isLarge) large += 1;
    else if (large > 0 && large < task.events) between += 1;
    if (ended === task.warmUp) {
      before = peakBytes();
      offHeapBefore = process.memoryUsage().external;
      lastMs = cpuMs();
      longestTurnMs = turns = 0;
      tick();
      say({ kind: 'warm' });
    }
    if (isLarge && large === task.events) {
      const offHeapBytes = offHeapPeak - offHeapBefore;
      say({ kind: 'done', longestTurnMs, turns, grownBytes: peakBytes() - before, offHeapBytes, between });
    }
  };
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
