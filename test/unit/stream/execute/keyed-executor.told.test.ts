/** What the executor tells its tasks, whoever waits for it, and who asks how it is; and what of it is dropped. */
import { expect, it, vi } from 'vitest';
import { createKeyedExecutor, type KeyedTask } from '../../../../src/stream/execute/keyed-executor.ts';

function setUp(maxRunning: number) {
  const log: string[] = [];
  const executor = createKeyedExecutor({
    maxRunning,
    onFault: (error) => {
      throw error;
    },
  });
  /** A task that runs until it is told to end. */
  const hold = (key: string, name: string): { readonly end: () => void } => {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const run = (): Promise<undefined> => {
      log.push(name);
      return promise;
    };
    executor.submit({ key, run, drop: () => log.push(`-${name}`) });
    return { end: () => resolve(undefined) };
  };
  return { executor, log, hold };
}

/** Lets all promise reactions that are due run: they come before the next immediate. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

it('goes on where its own report of a fault fails, which is seen as a fault of the process', () => {
  const late: (() => void)[] = [];
  vi.stubGlobal('queueMicrotask', (run: () => void) => void late.push(run));
  const executor = createKeyedExecutor({
    maxRunning: 1,
    onFault: () => {
      throw new Error('a defect of the report');
    },
  });
  let ran = 0;
  const run = (): void => {
    ran += 1;
    throw new Error('a fault');
  };
  for (let count = 0; count < 2; count += 1) executor.submit({ key: 'a', run, drop: () => {} });
  vi.unstubAllGlobals();
  expect([ran, executor.running, executor.keys]).toEqual([2, 0, 0]);
  expect(late).toHaveLength(2);
  expect(late[0]).toThrow('a defect of the report');
});

it('drops nothing where nothing waits, or nothing of what waits is picked', () => {
  const { executor, hold, log } = setUp(1);
  expect(executor.dropWaiting()).toBe(0);
  hold('a', 'a1');
  hold('a', 'a2');
  expect(executor.dropWaiting(() => false)).toBe(0);
  expect([log, executor.waiting]).toEqual([['a1'], 1]);
});

it('drops in order of arrival, whatever the keys', () => {
  const { executor, hold, log } = setUp(1);
  executor.pause();
  for (const name of ['a1', 'b1', 'a2', 'c1', 'b2']) hold(name.slice(0, 1), name);
  executor.dropWaiting();
  expect(log).toEqual(['-a1', '-b1', '-a2', '-c1', '-b2']);
  expect(executor).toMatchObject({ waiting: 0, keys: 0, running: 0 });
});

it('tells a task that it is next of its key as soon as it is, once, and no other', async () => {
  const { executor, log, hold } = setUp(10);
  const first = hold('a', 'a1');
  const next = ['a2', 'a3'].map((name) => {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const run = (): Promise<undefined> => {
      log.push(name);
      return promise;
    };
    executor.submit({ key: 'a', run, drop: () => {}, ahead: () => void log.push(`ahead ${name}`) });
    return () => resolve(undefined);
  });
  expect(log).toEqual(['a1', 'ahead a2']);
  first.end();
  await settle();
  expect(log).toEqual(['a1', 'ahead a2', 'a2', 'ahead a3']);
  next[0]!();
  await settle();
  expect(log.slice(4)).toEqual(['a3']);
});

it('tells nothing to a task that the one before it drops as it starts', async () => {
  const { executor, log } = setUp(1);
  executor.pause();
  executor.submit({
    key: 'a',
    run: async () => {
      executor.dropWaiting();
      await settle();
    },
    drop: () => {},
  });
  executor.submit({
    key: 'a',
    run: () => {},
    drop: () => log.push('-a2'),
    ahead: () => void log.push('ahead a2'),
  });
  log.length = 0;
  executor.resume();
  await executor.whenIdle();
  expect(log).toEqual(['-a2']);
});

it('says how many keys of a partition could start, and what it may run', () => {
  const { executor } = setUp(1);
  const task = (key: string, partition: number | undefined): KeyedTask => ({
    ...{ key, partition, run: () => new Promise<void>(() => undefined), drop: () => undefined },
  });
  for (const key of ['a', 'b', 'b', 'c']) executor.submit(task(key, 1));
  executor.submit(task('d', undefined));
  expect([1, 2, undefined].map((partition) => executor.readyOf(partition))).toEqual([2, 0, 1]);
  expect([executor.maxRunning, executor.waiting, executor.keys]).toEqual([1, 4, 4]);
  executor.setMaxRunning(Infinity);
  expect([executor.maxRunning, executor.running, executor.waiting]).toEqual([Infinity, 4, 1]);
});

it('starts what a partition may have once fewer share the places', () => {
  const { executor } = setUp(4);
  executor.shareBetween(2);
  for (const key of ['a', 'b', 'c', 'd'])
    executor.submit({ key, partition: 0, run: () => new Promise(() => undefined), drop: () => {} });
  expect(executor.running).toBe(3);
  executor.shareBetween(1);
  expect(executor.running).toBe(4);
});

it('tells all who wait for it that it is idle, once it is', async () => {
  const { executor, hold } = setUp(1);
  await executor.whenIdle();
  const task = hold('a', 'a1');
  const told: number[] = [];
  for (const one of [1, 2]) void executor.whenIdle().then(() => told.push(one));
  await settle();
  expect(told).toEqual([]);
  task.end();
  await settle();
  expect(told).toEqual([1, 2]);
});

it('says what is wrong with a number of places', () => {
  expect(() => setUp(1.5)).toThrow('maxRunning: expected an integer ≥ 1 or Infinity, got 1.5');
});
