import { setImmediate } from 'node:timers/promises';
import { afterEach, expect, it, vi } from 'vitest';
import { limitByLoopLoad, type LoopLoad } from '../../../../src/stream/execute/loop-load.ts';
import { createKeyedExecutor, type KeyedExecutor } from '../../../../src/stream/execute/keyed-executor.ts';
import { createPacer } from '../../../../src/runtime/loop-turns.ts';

let load: LoopLoad | undefined;

afterEach(() => load?.stop());

function setUp() {
  const executor = createKeyedExecutor({
    maxRunning: 64,
    onFault: (error) => {
      throw error;
    },
  });
  load = limitByLoopLoad(executor);
  return executor;
}

/** Turns of 20 ms with so many tasks each, one after the other, until it is true or that took too long. */
async function keepBusy(executor: KeyedExecutor, tasksATurn: number, until: () => boolean): Promise<void> {
  const giveUpAt = performance.now() + 20_000;
  while (!until() && performance.now() < giveUpAt) {
    const turnEndsAt = performance.now() + 20;
    for (let task = 0; task < tasksATurn; task += 1)
      executor.submit({ key: `quick-${String(task)}`, run: () => undefined, drop: () => undefined });
    while (performance.now() < turnEndsAt);
    await setImmediate();
  }
}

it('the executor’s room shrinks while the event loop is short of time, and comes back when it rests', async () => {
  const executor = setUp();
  await keepBusy(executor, 100, () => executor.maxRunning <= 16);
  expect(executor.maxRunning).toBe(16);
  await vi.waitFor(
    () => {
      expect(executor.maxRunning).toBe(64);
    },
    { timeout: 20_000, interval: 20 },
  );
});

it('a loop that is kept busy by few tasks a turn keeps its room', async () => {
  const executor = setUp();
  let turns = 0;
  await keepBusy(executor, 10, () => (turns += 1) > 20);
  expect(executor.maxRunning).toBe(64);
});

it('slow tasks leave the others the room of a busy loop, and what they take comes on top', async () => {
  const executor = setUp();
  const slow = Promise.withResolvers<undefined>();
  for (let key = 0; key < 40; key += 1)
    executor.submit({ key: `slow-${String(key)}`, run: () => slow.promise, drop: () => undefined });
  // At first nobody can tell that they are slow; then the room settles at both together.
  await keepBusy(executor, 100, () => executor.longRunning === 40 && executor.maxRunning === 40 + 16);
  expect(executor.maxRunning).toBe(40 + 16);
  slow.resolve(undefined);
});

it('decoding in slices takes no room away, however long it keeps the event loop busy', async () => {
  const executor = setUp();
  const pacer = createPacer();
  for (let slice = 0; slice < 250; slice += 1) {
    await pacer.turn();
    while (!pacer.isDue());
  }
  // What another process took of this one's time between two slices is forgotten in a moment, decoding would not be.
  expect(executor.maxRunning).toBeGreaterThan(32);
});

it('a stopped consumer’s executor is left alone', async () => {
  const executor = setUp();
  load?.stop();
  let turns = 0;
  await keepBusy(executor, 100, () => (turns += 1) > 20);
  expect(executor.maxRunning).toBe(64);
});
