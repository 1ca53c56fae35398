/**
 * Any schedule of submissions, completions (at once, later, failing), drops, pauses and changes of room keeps
 * the executor's promises, checked after every step and at the end.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createKeyedExecutor, type KeyedTask } from '../../../src/stream/keyed-executor.ts';

type Way = 'sync' | 'throw' | 'held' | 'nested';
type Step =
  | { readonly do: 'submit'; readonly key: number; readonly way: Way }
  | { readonly do: 'end'; readonly pick: number; readonly fail: boolean }
  | { readonly do: 'drop'; readonly every: number }
  | { readonly do: 'room'; readonly max: number }
  | { readonly do: 'pause' | 'resume' | 'turn' };

const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('submit' as const), key: fc.nat(3), way: anyWay() }) },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('end' as const), pick: fc.nat(), fail: fc.boolean() }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('drop' as const), every: fc.integer({ min: 1, max: 3 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('room' as const), max: fc.integer({ min: 1, max: 4 }) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('pause' as const, 'resume' as const) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('turn' as const) }) },
);

function anyWay(): fc.Arbitrary<Way> {
  return fc.constantFrom('sync', 'throw', 'held', 'nested');
}

const THROWN = new Error('thrown by a task');

interface Seen extends KeyedTask {
  readonly id: number;
  starts: number;
  drops: number;
  ends: number;
}

function play(room: number) {
  const all: Seen[] = [];
  const held: { readonly task: Seen; readonly settle: (fail: boolean) => void }[] = [];
  const runningKeys = new Set<string>();
  let maxRunning = room;
  const violations: unknown[] = [];
  let faults = 0;
  let expectedFaults = 0;
  const executor = createKeyedExecutor({
    maxRunning,
    onFault: (error) => {
      // A failed expectation inside a run ends up here too.
      if (error === THROWN) faults += 1;
      else violations.push(error);
    },
  });
  let paused = false;

  function end(task: Seen): void {
    task.ends += 1;
    runningKeys.delete(task.key);
  }

  function submit(key: number, way: Way): void {
    const task: Seen = {
      id: all.length,
      key: `k${key}`,
      starts: 0,
      drops: 0,
      ends: 0,
      drop: () => void (task.drops += 1),
      run: () => {
        task.starts += 1;
        expect(paused, 'nothing starts while paused').toBe(false);
        expect(runningKeys.has(task.key), 'one at a time for each key').toBe(false);
        runningKeys.add(task.key);
        expect(runningKeys.size, 'room').toBeLessThanOrEqual(maxRunning);
        const older = all.filter((one) => one.key === task.key && one.id < task.id);
        expect(
          older.every((one) => one.ends + one.drops === 1),
          'order in a key',
        ).toBe(true);
        if (way === 'held') {
          return new Promise<void>((resolve, reject) => {
            held.push({
              task,
              settle: (fail) => {
                end(task);
                expectedFaults += fail ? 1 : 0;
                if (fail) reject(THROWN);
                else resolve();
              },
            });
          });
        }
        if (way === 'nested') submit((key + 1) % 4, 'sync');
        end(task);
        if (way !== 'throw') return;
        expectedFaults += 1;
        throw THROWN;
      },
    };
    all.push(task);
    executor.submit(task);
  }

  const turn = () => new Promise((resolve) => setImmediate(resolve));

  async function take(one: Step): Promise<void> {
    if (one.do === 'submit') submit(one.key, one.way);
    else if (one.do === 'end') held.splice(one.pick % Math.max(1, held.length), 1)[0]?.settle(one.fail);
    else if (one.do === 'drop') {
      const waiting = all.filter((task) => task.starts + task.drops === 0);
      const doomed = new Set<KeyedTask>(waiting.filter((task) => task.id % one.every === 0));
      expect(executor.dropWaiting((task) => doomed.has(task))).toBe(doomed.size);
    } else if (one.do === 'room') {
      // What runs may end first: until then fewer may start, none need stop.
      maxRunning = Math.max(one.max, runningKeys.size);
      executor.setMaxRunning(one.max);
    } else if (one.do === 'turn') await turn();
    else {
      paused = one.do === 'pause';
      executor[one.do]();
    }
  }

  /** After every promise reaction is through: no task that could run is waiting. */
  function checkNothingIsForgotten(): void {
    const waiting = all.filter((task) => task.starts + task.drops === 0);
    const running = all.filter((task) => task.starts > task.ends);
    expect(executor.waiting).toBe(waiting.length);
    expect(executor.running).toBe(running.length);
    expect(executor.keys).toBe(new Set([...waiting, ...running].map((task) => task.key)).size);
    const couldRun = waiting.filter((task) => !runningKeys.has(task.key));
    if (!paused && executor.running < executor.maxRunning) expect(couldRun, 'lost wake-up').toEqual([]);
  }

  async function finishAll(): Promise<void> {
    paused = false;
    executor.resume();
    const idle = executor.whenIdle();
    for (let left = held.pop(); left !== undefined; left = held.pop()) {
      left.settle(false);
      await turn();
    }
    await idle;
    for (const task of all) expect(task.starts + task.drops, 'started or dropped, once').toBe(1);
    for (const task of all) expect(task.ends).toBe(task.starts);
    expect([executor.running, executor.waiting, executor.keys]).toEqual([0, 0, 0]);
    expect(faults).toBe(expectedFaults);
    expect(violations).toEqual([]);
  }

  return { take, turn, checkNothingIsForgotten, finishAll };
}

it('keeps its promises under any schedule', { timeout: 60_000 }, async () => {
  const schedule = fc.asyncProperty(
    fc.integer({ min: 1, max: 4 }),
    fc.array(step, { maxLength: 60, size: 'max' }),
    async (room, steps) => {
      const game = play(room);
      for (const one of steps) {
        await game.take(one);
        if (one.do === 'turn') game.checkNothingIsForgotten();
      }
      await game.turn();
      game.checkNothingIsForgotten();
      await game.finishAll();
    },
  );
  await fc.assert(schedule, { numRuns: 500 });
});

it('starts ready keys in the order in which their heads arrived', () => {
  const waves = fc.array(fc.nat(5), { minLength: 1, maxLength: 40, size: 'max' });
  fc.assert(
    fc.property(waves, (keys) => {
      const started: number[] = [];
      const executor = createKeyedExecutor({ maxRunning: 1, onFault: () => {} });
      executor.pause();
      keys.forEach((key, id) => {
        executor.submit({ key: `k${key}`, run: () => void started.push(id), drop: () => {} });
      });
      executor.resume();
      // With room for one and tasks that complete at once, the oldest is always the next.
      expect(started).toEqual(keys.map((_, id) => id));
    }),
  );
});
