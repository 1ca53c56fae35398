/**
 * Drives events through the whole flow of a pod, with everybody else answering at once, and tells how much of what
 * they made has grown old although they have ended. Prints bytes an event. Its flags: `old-garbage.test.ts`.
 */
import { getHeapSpaceStatistics } from 'node:v8';
import { createRouterPool } from '../../../src/partners/coupon/router-pool.ts';
import { createPartitionShares } from '../../../src/stream/partition/partition-shares.ts';
import { createKeyRule } from '../../../src/stream/partition/event-keys.ts';
import { createFetchPump } from '../../../src/stream/pace/fetch-pump.ts';
import { createPartitionFlow, type PartitionFlow } from '../../../src/stream/partition/partition-flow.ts';
import { createRecordChunk } from '../../../src/stream/buffer/record-chunk.ts';
import type { Claims, CouponSource } from '../../../src/pipeline/ports.ts';
import { createEventHandler } from '../../../src/pipeline/edge.ts';
import { coordinates } from '../../../src/rules/distance.ts';
import { createByteSemaphore } from '../../../src/runtime/collections/byte-semaphore.ts';
import { createKeyedExecutor } from '../../../src/stream/execute/keyed-executor.ts';
import { createLedger } from '../../../src/telemetry/ledger.ts';
import { createMetrics } from '../../../src/telemetry/metrics.ts';
import { systemClock as clock } from '../../../src/runtime/clock.ts';
import { ruleset } from '../pipeline-fakes.ts';
import { silentLogger } from '../silent-logger.ts';

const PARTITIONS = 4;
const USERS = 300;
const ROUND = 500;
/** Compilers and caches settle meanwhile. */
const WARM_UP_ROUNDS = 20;
const ROUNDS = 120;

const collect: unknown = Reflect.get(globalThis, 'gc');
if (typeof collect !== 'function') throw new Error('start with --expose-gc');
const collectGarbage = (type: 'minor' | 'major'): unknown =>
  Reflect.apply(collect, undefined, [{ type }]) as unknown;

const rules = ruleset();
const claims: Claims = {
  recall: () => Promise.resolve({ kind: 'new' }),
  claim: () => Promise.reject(new Error('nothing to claim')),
};
// Through the real pool of slots, fewer than what runs: most wait for one.
const router = createRouterPool(16, clock);
router.shareBetween(PARTITIONS);
const coupons: CouponSource = {
  async find({ staleAtMs, partition }, hold) {
    if (!router.tryEnter(partition)) await router.wait(staleAtMs, hold, partition);
    await new Promise((resolve) => setImmediate(resolve));
    router.leave(partition);
    return { kind: 'coupons', coupons: [] };
  },
};
const handleEvent = createEventHandler({
  pod: 'pod',
  maxEventAgeMs: 86_400_000,
  documents: { rules: () => rules, findMerchant: () => undefined },
  claims,
  queue: { enqueue: () => Promise.resolve() },
  coupons,
  places: coordinates,
  meter: createLedger(createMetrics()),
  deadLetters: { publish: ({ error }) => Promise.reject(new Error(error)) },
  outcomes: undefined,
  waiting: { begin: () => ({ failed: () => undefined, end: () => undefined }) },
  clock,
  logger: silentLogger,
});

const fail = (error: unknown): never => {
  throw error;
};
const executor = createKeyedExecutor({ maxRunning: 64, onFault: fail });
executor.shareBetween(PARTITIONS);
const pump = createFetchPump({
  maxBytes: 2 ** 30,
  overshootBytes: 2 ** 20,
  fetchMs: 150,
  pause: () => undefined,
  resume: () => undefined,
});
const eventShares = createPartitionShares(5000, PARTITIONS);
const ownBytesShares = createPartitionShares(2 ** 24, PARTITIONS);
const unpackSemaphore = createByteSemaphore({ capacityBytes: 2 ** 20 });
let ended = 0;
let roundEnded = (): void => undefined;
const flows = Array.from({ length: PARTITIONS }, (_, partition): PartitionFlow =>
  createPartitionFlow({
    topic: 't',
    partition,
    startOffset: 0,
    committed: 0,
    inherited: undefined,
    highWaterMark: 0,
    maxRecordBytes: 2 ** 20,
    maxUncommittedEvents: Infinity,
    eventShares,
    ownBytesShares,
    unpackSemaphore,
    executor,
    readyAhead: 16,
    handleEvent,
    keyOf: createKeyRule('user'),
    pump,
    committer: {
      eventFinished: () => {
        ended += 1;
        if (ended === ROUND) roundEnded();
      },
      hurry: () => undefined,
    },
    meter: { passedOver: () => undefined },
    onFault: fail,
  }),
);
pump.serve(flows);

let event = 0;
async function playRound(): Promise<void> {
  ended = 0;
  const round = new Promise<void>((resolve) => {
    roundEnded = resolve;
  });
  for (const flow of flows) {
    const start = flow.fetchPosition;
    const messages = Array.from({ length: ROUND / PARTITIONS }, (_, index) => {
      event += 1;
      const value = {
        userId: `user-${String((event * 7919) % USERS)}`,
        eventId: `e-${String(event)}`,
        occurredAt: new Date().toISOString(),
        latitude: 52.4,
        longitude: 13.3,
      };
      return {
        key: Buffer.from(value.userId),
        value: Buffer.from(JSON.stringify(value)),
        offset: String(start + index),
        timestamp: '0',
        attributes: 0,
        headers: {},
      };
    });
    const chunk = createRecordChunk({ topic: 't', partition: flow.partition }, messages);
    flow.append([{ kind: 'records', chunk }], start + messages.length);
  }
  pump.wake();
  await round;
  await executor.whenIdle();
}

function oldBytes(): number {
  const old = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'old_space');
  return old?.space_used_size ?? NaN;
}

async function play(rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round += 1) {
    await playRound();
    collectGarbage('minor');
  }
}

await play(WARM_UP_ROUNDS);
// Makes everything old that is there now: what has changed since is old and dead then.
collectGarbage('major');
const before = oldBytes();
await play(ROUNDS);
const perEvent = (oldBytes() - before) / (ROUNDS * ROUND);
router.close();
process.stdout.write(`${perEvent.toFixed(0)}\n`);
process.exit(0);
