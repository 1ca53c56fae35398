/**
 * What the executor promises under any schedule of submissions, completions (at once, later, failing), drops, pauses,
 * changes of room, and tasks that wait without a place and come back (at once, or when there is room); checked after every step and at the end. Takes the executor to be judged, so that
 * a faulty one can be judged, too.
 */
import fc from 'fast-check';
import { expect } from 'vitest';
import type { Runs } from '../../../tools/planted-fault.ts';
import type { createKeyedExecutor, KeyedTask } from '../../../../src/stream/execute/keyed-executor.ts';
import type { Seat } from '../../../../src/stream/execute/places.ts';

type Way = 'sync' | 'throw' | 'held' | 'nested';
type Step =
  | { readonly do: 'submit'; readonly key: number; readonly way: Way }
  | { readonly do: 'end'; readonly pick: number; readonly fail: boolean }
  | { readonly do: 'park' | 'unpark' | 'ask'; readonly pick: number }
  | { readonly do: 'drop'; readonly every: number }
  | { readonly do: 'room'; readonly max: number }
  | { readonly do: 'pause' | 'resume' | 'turn' };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('submit' as const), key: fc.nat(3), way: anyWay() }) },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('end' as const), pick: fc.nat(), fail: fc.boolean() }),
  },
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constantFrom('park' as const, 'unpark', 'ask'), pick: fc.nat() }),
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
  return fc.constantFrom('sync', 'throw', 'held', 'held', 'held', 'nested');
}

const THROWN = new Error('thrown by a task');

interface Seen extends KeyedTask {
  readonly id: number;
  looks: number;
  starts: number;
  drops: number;
  ends: number;
}

/** A task that goes on until it is told to end. */
interface Held {
  readonly task: Seen;
  readonly seat: Seat;
  readonly settle: (fail: boolean) => void;
  is: 'at work' | 'parked' | 'asking';
}

/** Rejects with the first promise that is broken. */
export async function checkExecutor(create: typeof createKeyedExecutor, runs: Runs): Promise<void> {
  const rooms = fc.integer({ min: 1, max: 4 });
  const steps = fc.array(step, { maxLength: 60, size: 'max' });
  const schedule = fc.asyncProperty(rooms, steps, async (room, taken) => {
    const game = play(create, room);
    for (const one of taken) {
      await game.take(one);
      if (one.do === 'turn') game.checkNothingIsForgotten();
    }
    await game.turn();
    game.checkNothingIsForgotten();
    await game.finishAll();
  });
  await fc.assert(schedule, runs);
}

function play(create: typeof createKeyedExecutor, room: number) {
  const all: Seen[] = [];
  const held: Held[] = [];
  /** Of tasks that have a place, parked ones that were let back in only once they know. */
  const working = new Set<Seen>();
  const runningKeys = new Set<string | symbol>();
  let maxRunning = room;
  const violations: unknown[] = [];
  let faults = 0;
  let expectedFaults = 0;
  const executor = create({
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
    working.delete(task);
  }

  function note(holds: boolean, promise: string): void {
    if (!holds) violations.push(new Error(promise));
  }

  function submit(key: number, way: Way): void {
    const task: Seen = {
      id: all.length,
      key: `k${key}`,
      looks: 0,
      starts: 0,
      drops: 0,
      ends: 0,
      drop: () => void (task.drops += 1),
      ahead: () => {
        task.looks += 1;
        note(task.looks === 1, 'told once that it is next');
        note(task.starts + task.drops === 0, 'told before it starts');
        const older = all.filter((one) => one.key === task.key && one.id < task.id);
        const unended = older.filter((one) => one.ends + one.drops === 0);
        note(unended.length <= 1, 'next of its key');
      },
      run: (seat) => {
        task.starts += 1;
        expect(paused, 'nothing starts while paused').toBe(false);
        expect(runningKeys.has(task.key), 'one at a time for each key').toBe(false);
        runningKeys.add(task.key);
        working.add(task);
        expect(working.size, 'room').toBeLessThanOrEqual(maxRunning);
        const older = all.filter((one) => one.key === task.key && one.id < task.id);
        expect(
          older.every((one) => one.ends + one.drops === 1),
          'order in a key',
        ).toBe(true);
        if (way === 'held') {
          return new Promise<void>((resolve, reject) => {
            held.push({
              ...{ task, seat, is: 'at work' },
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

  function endOne(chosen: Held | undefined, fail: boolean): void {
    if (chosen === undefined) return;
    held.splice(held.indexOf(chosen), 1);
    chosen.settle(fail);
  }

  function move(chosen: Held, to: 'park' | 'unpark' | 'ask'): void {
    const atWork = (): void => {
      chosen.is = 'at work';
      working.add(chosen.task);
    };
    if (to === 'park') {
      chosen.is = 'parked';
      // Before it is told, as others may start at once.
      working.delete(chosen.task);
      executor.park(chosen.seat);
    } else if (to === 'unpark') {
      atWork();
      executor.unpark(chosen.seat);
    } else {
      // Most ask for room as soon as they have given theirs back.
      if (chosen.is === 'at work' && chosen.task.id % 4 > 0) move(chosen, 'park');
      const isParked = chosen.is === 'parked';
      const before = executor.running;
      const room = executor.whenRoom(chosen.seat);
      const { running } = executor;
      note(running <= Math.max(before, executor.maxRunning), 'room for who comes back');
      note((room !== undefined) === isParked, 'asks for room, parked');
      if (room === undefined) return;
      chosen.is = 'asking';
      void room.then(atWork);
    }
  }

  async function take(one: Step): Promise<void> {
    const endable = held.filter(({ is }) => is !== 'asking');
    if (one.do === 'submit') submit(one.key, one.way);
    else if (one.do === 'end') endOne(endable[one.pick % endable.length], one.fail);
    else if (one.do === 'park' || one.do === 'unpark' || one.do === 'ask') {
      const chosen = endable[one.pick % endable.length];
      if (chosen !== undefined) move(chosen, one.do);
    } else if (one.do === 'drop') {
      const waiting = all.filter((task) => task.starts + task.drops === 0);
      const toDrop = new Set<KeyedTask>(waiting.filter((task) => task.id % one.every === 0));
      expect(executor.dropWaiting((task) => toDrop.has(task))).toBe(toDrop.size);
    } else if (one.do === 'room') {
      // What runs may end first: until then fewer may start, none need stop.
      maxRunning = Math.max(one.max, working.size);
      executor.setMaxRunning(one.max);
    } else if (one.do === 'turn') await turn();
    else {
      paused = one.do === 'pause';
      executor[one.do]();
    }
  }

  /** After every promise reaction is through: no task that could run is waiting. */
  function checkNothingIsForgotten(): void {
    const [violation] = violations;
    if (violation !== undefined) throw violation as Error;
    const waiting = all.filter((task) => task.starts + task.drops === 0);
    const running = all.filter((task) => task.starts > task.ends);
    const asking = held.filter(({ is }) => is === 'asking');
    const parked = held.filter(({ is }) => is !== 'at work').length;
    const couldRun = waiting.filter((task) => !runningKeys.has(task.key));
    if (!paused && executor.running < executor.maxRunning) expect(couldRun, 'lost wake-up').toEqual([]);
    if (executor.running < executor.maxRunning) expect(asking, 'lost return').toEqual([]);
    expect(executor.waiting, 'tasks waiting').toBe(waiting.length);
    expect(executor.running, 'tasks running').toBe(running.length - parked);
    expect(executor.parked, 'tasks parked').toBe(parked);
    expect(executor.keys, 'keys with work').toBe(
      new Set([...waiting, ...running].map(({ key }) => key)).size,
    );
  }

  async function finishAll(): Promise<void> {
    paused = false;
    executor.resume();
    let toldIdle = false;
    void executor.whenIdle().then(() => {
      toldIdle = true;
      note(held.length === 0, 'idle only when all have ended');
    });
    while (held.length > 0) {
      const next = held.findLast(({ is }) => is !== 'asking');
      expect(next, 'whoever asks comes back').toBeDefined();
      endOne(next, false);
      await turn();
    }
    await turn();
    checkNothingIsForgotten();
    for (const task of all) expect(task.starts + task.drops, 'started or dropped, once').toBe(1);
    for (const task of all) expect(task.ends).toBe(task.starts);
    expect([executor.running, executor.parked, executor.waiting, executor.keys]).toEqual([0, 0, 0, 0]);
    expect(toldIdle, 'told that it is idle').toBe(true);
    expect(faults).toBe(expectedFaults);
  }

  return { take, turn, checkNothingIsForgotten, finishAll };
}
