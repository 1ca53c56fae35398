/**
 * The engine with the flow on top, its ports scripted: events that wait for something hold back their own offset and
 * their own user, and nothing else.
 */
import { expect, it } from 'vitest';
import { UnavailableError } from '../../../../src/runtime/errors.ts';
import { createKeyRule } from '../../../../src/stream/partition/event-keys.ts';
import { createPartitionShares } from '../../../../src/stream/partition/partition-shares.ts';
import { createPartitionFlow } from '../../../../src/stream/partition/partition-flow.ts';
import { createRecordChunk } from '../../../../src/stream/buffer/record-chunk.ts';
import { createWaits } from '../../../../src/ops/health/waits.ts';
import { type EdgePorts, createEventHandler } from '../../../../src/pipeline/edge.ts';
import { createKeyedExecutor } from '../../../../src/stream/execute/keyed-executor.ts';
import { createFakeClock, settled } from '../../../support/partners/partner-fakes.ts';
import { bench, NOW, rawEvent } from '../../../support/pipeline-fakes.ts';

const PLACES = 4;
const MOST_IN_FLIGHT = 100;
const never = new Promise<never>(() => undefined);
const fail = (error: unknown): never => {
  throw error;
};

type Changes = (b: ReturnType<typeof bench>) => Partial<EdgePorts>;

/** Each record is one event's JSON, or a text that is none. */
function setUp(changes: Changes) {
  const clock = createFakeClock(NOW);
  const b = bench();
  const waits = createWaits();
  const ports: EdgePorts = { ...b.ports, clock, waiting: waits, ...changes(b) };
  const executor = createKeyedExecutor({ maxRunning: PLACES, onFault: fail });
  const flow = createPartitionFlow({
    ...{ topic: 't', partition: 0, startOffset: 0, committed: 0, inherited: undefined, highWaterMark: 0 },
    ...{ maxRecordBytes: 2 ** 20, maxUncommittedEvents: 10_000, readyAhead: Infinity },
    eventShares: createPartitionShares(MOST_IN_FLIGHT, 1),
    executor,
    handleEvent: createEventHandler(ports),
    keyOf: createKeyRule('user'),
    pump: { wake: () => undefined },
    committer: { eventFinished: () => undefined, hurry: () => undefined },
    meter: { passedOver: () => undefined },
    onFault: fail,
  });
  let offset = 0;
  /** Takes in what may be, and lets it come as far as it does without time. */
  const move = async (): Promise<void> => {
    for (let idle = 0; idle < 20; idle += 1) {
      while (flow.admit()) idle = 0;
      await settled();
    }
  };
  return {
    ...{ b, clock, waits, executor, flow, move },
    send: async (...values: readonly (string | Record<string, unknown>)[]): Promise<void> => {
      const messages = values.map((value, at) => ({
        ...{ key: null, offset: String(offset + at), timestamp: '0', attributes: 0, headers: {} },
        value: Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)),
      }));
      offset += values.length;
      const chunk = createRecordChunk({ topic: 't', partition: 0 }, messages);
      flow.append([{ kind: 'records', chunk }], offset);
      await move();
    },
    ended: (kind: string): number => b.ended.filter((outcome) => outcome.kind === kind).length,
  };
}

const goodEvents = (count: number, of = 'good'): Record<string, unknown>[] =>
  Array.from({ length: count }, (_, n) =>
    rawEvent({ userId: `${of}-${String(n)}`, eventId: `${of}-e-${String(n)}` }),
  );

const poison = (count: number): string[] => Array.from({ length: count }, () => 'not json');

it.each<[string, () => Promise<void>]>([
  ['refuses', () => Promise.reject(new UnavailableError('kafka', 'NOT_LEADER_OR_FOLLOWER'))],
  ['never answers', () => never],
])(
  'a burst of poison beside a dead-letter topic that %s: good events flow, until the bounds are full',
  async (_how, publish) => {
    const { send, ended, waits, clock, flow, executor } = setUp(() => ({ deadLetters: { publish } }));
    await send(...poison(40), ...goodEvents(30));
    expect(ended('queued')).toBe(30);
    expect(executor).toMatchObject({ running: 0, parked: 40 });
    // Their offsets are held back: nothing of them is lost.
    expect(flow.watermark).toBe(0);
    await clock.advance(20_000);
    await send(...goodEvents(20, 'later'));
    expect(ended('queued')).toBe(50);
    expect(waits.list(performance.now() + 5000)).toMatchObject([{ for: 'dead-letter topic', events: 40 }]);
    // In flight is what is bounded: then the partition waits.
    await send(...poison(2 * MOST_IN_FLIGHT), ...goodEvents(10, 'last'));
    expect(ended('queued')).toBe(50);
    expect(flow.inFlight).toBe(MOST_IN_FLIGHT);
  },
);

it('once the dead-letter topic takes them, all are written, in order of their offsets committed', async () => {
  let away = true;
  const { send, ended, waits, clock, flow, move, b } = setUp(({ ports }) => ({
    deadLetters: {
      publish: (letter) =>
        away ? Promise.reject(new UnavailableError('kafka', 'away')) : ports.deadLetters.publish(letter),
    },
  }));
  await send(...poison(150), ...goodEvents(5));
  expect(flow.inFlight).toBe(MOST_IN_FLIGHT);
  away = false;
  await clock.advance(10_000);
  await move();
  expect(b.letters).toHaveLength(150);
  expect(ended('queued')).toBe(5);
  expect(flow.watermark).toBe(155);
  expect(waits.list()).toEqual([]);
});

it('an outcome topic that takes no outcome of some users holds back those alone', async () => {
  const { send, b, executor } = setUp(() => ({
    outcomes: {
      record: ({ userId = '' }) => (userId.startsWith('held') ? never : Promise.resolve()),
    },
  }));
  await send(...goodEvents(30, 'held'), ...goodEvents(30));
  expect(b.ended).toHaveLength(30);
  expect(executor).toMatchObject({ running: 0, parked: 30 });
});

it('a Redis that refuses some users’ commands stalls those users alone, and they keep their order', async () => {
  let refuses = true;
  const { send, b, clock, executor, move, ended, waits } = setUp(({ ports }) => ({
    claims: {
      ...ports.claims,
      recall: (ref, caps) =>
        refuses && ref.userId.startsWith('held')
          ? Promise.reject(new UnavailableError('redis', 'NOPERM'))
          : ports.claims.recall(ref, caps),
    },
  }));
  const second = goodEvents(20, 'held').map((event) => ({
    ...event,
    eventId: `second-${String(event['eventId'])}`,
  }));
  await send(...goodEvents(20, 'held'), ...second, ...goodEvents(30));
  for (let seconds = 0; seconds < 20; seconds += 1) await clock.advance(1000);
  await send(...goodEvents(10, 'later'));
  expect(ended('queued')).toBe(40);
  expect(executor).toMatchObject({ parked: 20, waiting: 20 });
  expect(waits.list()).toMatchObject([{ for: 'redis', events: 20 }]);
  refuses = false;
  await clock.advance(10_000);
  await move();
  expect(ended('queued')).toBe(80);
  const ofUser = b.outcomes.filter(({ userId }) => userId === 'held-7').map(({ eventId }) => eventId);
  expect(ofUser).toEqual(['held-e-7', 'second-held-e-7']);
  expect(executor).toMatchObject({ running: 0, parked: 0 });
});

it('an event that fails by a fault of ours waits for its next try without a place', async () => {
  const { send, b, clock, ended, executor } = setUp(({ ports }) => ({
    claims: {
      ...ports.claims,
      recall: (ref, caps) =>
        ref.userId.startsWith('odd') ? Promise.reject(new TypeError('odd')) : ports.claims.recall(ref, caps),
    },
  }));
  await send(...goodEvents(20, 'odd'), ...goodEvents(20));
  expect(ended('queued')).toBe(20);
  expect(executor).toMatchObject({ running: 0, parked: 20 });
  await clock.advance(1000);
  expect(b.letters.map(({ reason }) => reason)).toEqual(Array(20).fill('internal_error'));
});

it('all that wait are given up with their partition, and leave nothing behind', async () => {
  const { send, b, flow, executor, waits, clock } = setUp(() => ({
    deadLetters: { publish: () => Promise.reject(new UnavailableError('kafka', 'away')) },
    claims: {
      recall: () => Promise.reject(new UnavailableError('redis', 'away')),
      claim: () => never,
    },
  }));
  await send(...poison(30), ...goodEvents(30));
  expect(executor.parked).toBe(60);
  executor.pause();
  const idle = executor.whenIdle();
  flow.lose();
  await clock.advance(0);
  await idle;
  expect(b.counts).toEqual({ received: 60, abandoned: 60 });
  expect(executor).toMatchObject({ running: 0, parked: 0, waiting: 0, keys: 0 });
  expect(waits.list()).toEqual([]);
  expect(flow.watermark).toBe(0);
});
