/**
 * A large record lets the event loop turn while it is decoded. What it costs is printed, never asserted: the
 * machine's pace is not the code's.
 */
import { describe, expect, it } from 'vitest';
import { gzipSync } from 'node:zlib';
import { createKeyedExecutor, type KeyedTask } from '../../../../src/stream/execute/keyed-executor.ts';
import { createPacer, slicedMs, takeLoopTurn } from '../../../../src/runtime/loop-turns.ts';
import { decodeRecord } from '../../../../src/stream/decode/record-decoder.ts';
import { MAX_RECORD_BYTES, recordOf } from './raw-record.ts';

const EVENTS = 100_000;
const event = (index: number) =>
  `{"userId":"user-${index}","occurredAt":"2026-11-22T10:00:00.000Z","latitude":52.52,"longitude":13.405,` +
  `"merchantId":"m-1","eventId":"e-${index}","trigger":"enter","accuracyMeters":12,"note":"padding, padding"}`;

/** This thread's time on the CPU: other processes' share of the machine is not the loop's delay. */
function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

/** Runs `work` and tells how often the loop turned meanwhile, and the longest turn's CPU time. */
async function watchLoop(work: () => Promise<void>): Promise<{ turns: number; longestMs: number }> {
  let turns = 0;
  let longestMs = 0;
  let lastMs = cpuMs();
  let watching = true;
  const tick = () => {
    const nowMs = cpuMs();
    longestMs = Math.max(longestMs, nowMs - lastMs);
    lastMs = nowMs;
    turns += 1;
    if (watching) setImmediate(tick);
  };
  setImmediate(tick);
  await work();
  watching = false;
  return { turns, longestMs };
}

describe('a large record', { timeout: 120_000 }, () => {
  const events = Array.from({ length: EVENTS }, (_, index) => event(index));
  const array = Buffer.from(`[${events.join(',')}]`);
  const lines = Buffer.from(events.join('\n'));
  it.each<[string, Buffer, number, Record<string, string>]>([
    ['an array', array, EVENTS, {}],
    ['lines', lines, EVENTS, {}],
    ['lines, packed', gzipSync(lines), EVENTS, { 'content-encoding': 'gzip' }],
    ['one event', Buffer.from(`{"userId":"u","all":[${events.slice(0, EVENTS / 4).join(',')}]}`), 1, {}],
    ['brackets that never close', Buffer.alloc(5_000_000, '[{'), 1, {}],
    [
      'white space',
      Buffer.concat([Buffer.from('[1'), Buffer.alloc(20_000_000, ' '), Buffer.from(']')]),
      1,
      {},
    ],
  ])('lets the loop turn: %s', async (name, value, pieces, headers) => {
    let count = 0;
    const { turns, longestMs } = await watchLoop(async () => {
      for await (const _ of decodeRecord(recordOf(value, headers), { maxRecordBytes: MAX_RECORD_BYTES }))
        count += 1;
    });
    console.log(`  ${name}: ${turns} turns, the longest ${longestMs.toFixed(1)} ms`);
    expect(count).toBe(pieces);
    expect(turns).toBeGreaterThan(4);
  });
});

it('admits one waiting decoder a turn, first come first served', async () => {
  const log: string[] = [];
  const wait = async (name: string) => {
    await takeLoopTurn();
    log.push(name);
  };
  const waits = ['a', 'b', 'c'].map(wait);
  const seenAtTurns: string[] = [];
  for (let turn = 0; turn < 3; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    seenAtTurns.push(log.join(''));
  }
  await Promise.all(waits);
  expect(seenAtTurns).toEqual(['a', 'ab', 'abc']);
});

it('counts what slices took of the loop, and no wait for something else', async () => {
  const pacer = createPacer();
  await pacer.turn();
  const atStart = slicedMs();
  while (!pacer.isDue());
  await pacer.turn();
  expect(slicedMs()).toBeGreaterThanOrEqual(atStart + 4);
  const afterSlice = slicedMs();
  // Two turns: a timer alone may still run in the turn that the slice began in.
  for (let turn = 0; turn < 2; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  await pacer.turn();
  expect(slicedMs()).toBe(afterSlice);
});

it('runs a million tasks of 100,000 keys', { timeout: 60_000 }, () => {
  const executor = createKeyedExecutor({ maxRunning: 128, onFault: () => {} });
  let ran = 0;
  const tasks = Array.from({ length: 100_000 }, (_, index): KeyedTask => {
    return { key: `user-${index}`, run: () => void (ran += 1), drop: () => {} };
  });
  const submitAll = () => {
    for (let round = 0; round < 10; round += 1) for (const task of tasks) executor.submit(task);
  };
  const queueAll = () => {
    executor.pause();
    submitAll();
    executor.resume();
  };
  const times = [submitAll, queueAll].map((run) => {
    const startMs = cpuMs();
    run();
    return (cpuMs() - startMs) / 1000;
  });
  const [direct, queued] = times.map((perEventUs) => perEventUs.toFixed(2));
  console.log(`  an event: ${direct ?? ''} µs started at once, ${queued ?? ''} µs all queued first`);
  expect([ran, executor.keys]).toEqual([2_000_000, 0]);
});
