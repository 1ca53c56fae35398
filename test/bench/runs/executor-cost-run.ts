/** One million events of many users through the executor alone: what an event costs, and what is left behind. */
import { createKeyedExecutor } from '../../../src/stream/execute/keyed-executor.ts';
import { report } from '../child.ts';
import { collectGarbage } from '../../support/pods/collect-garbage.ts';

const EVENTS = 1_000_000;
const USERS = 100_000;
const AT_ONCE = 10_000;

const keys = Array.from({ length: USERS }, (_, user) => `user user-${String(user)}`);

function fail(error: unknown): void {
  throw error;
}

function ignore(): void {
  // Nothing is dropped here.
}

/** Every task completes within its run. */
function synchronous(): void {
  const executor = createKeyedExecutor({ maxRunning: 128, onFault: fail });
  let done = 0;
  for (let event = 0; event < EVENTS; event += 1) {
    executor.submit({ key: keys[(event * 7919) % USERS] ?? '', run: () => void (done += 1), drop: ignore });
  }
  if (done !== EVENTS || executor.keys !== 0) throw new Error('not everything ran');
}

/** The executor is full all the time: each completion picks the oldest of thousands that are ready. */
async function full(): Promise<void> {
  const executor = createKeyedExecutor({ maxRunning: 128, onFault: fail });
  let done = 0;
  for (let from = 0; from < EVENTS; from += AT_ONCE) {
    for (let event = from; event < from + AT_ONCE; event += 1) {
      const run = (): Promise<void> => Promise.resolve().then(() => void (done += 1));
      executor.submit({ key: keys[(event * 7919) % USERS] ?? '', run, drop: ignore });
    }
    await executor.whenIdle();
  }
  if (done !== EVENTS || executor.keys !== 0) throw new Error('not everything ran');
}

async function cost(work: () => void | Promise<void>): Promise<{ micros: number; leftKib: number }> {
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  const startedMs = performance.now();
  await work();
  const micros = ((performance.now() - startedMs) * 1000) / EVENTS;
  collectGarbage();
  return { micros, leftKib: (process.memoryUsage().heapUsed - before) / 1024 };
}

synchronous();
await full();
report({ synchronous: await cost(synchronous), full: await cost(full) });
