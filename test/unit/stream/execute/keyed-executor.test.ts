import { describe, expect, it } from 'vitest';
import { createKeyedExecutor, type KeyedTask } from '../../../../src/stream/execute/keyed-executor.ts';

interface Held extends KeyedTask {
  end(): void;
  fail(error: unknown): void;
}

function setUp(maxRunning: number) {
  const log: string[] = [];
  const faults: unknown[] = [];
  const executor = createKeyedExecutor({ maxRunning, onFault: (error) => faults.push(error) });
  const submit = (key: string, name: string, run: () => void | Promise<void> = () => {}) => {
    executor.submit({
      key,
      run: () => {
        log.push(name);
        return run();
      },
      drop: () => log.push(`-${name}`),
    });
  };
  /** A task that runs until it is told to end. */
  const hold = (key: string, name: string): Held => {
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    const task: Held = {
      key,
      run: () => {
        log.push(name);
        return promise;
      },
      drop: () => log.push(`-${name}`),
      end: () => resolve(undefined),
      fail: reject,
    };
    executor.submit(task);
    return task;
  };
  return { executor, log, faults, submit, hold };
}

/** Lets all promise reactions that are due run: they come before the next immediate. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('keyed executor', () => {
  it('starts a task at once where its key is idle and there is room', () => {
    const { log, submit, executor } = setUp(1);
    submit('a', 'a1');
    expect(log).toEqual(['a1']);
    expect(executor.keys).toBe(0);
  });

  it('counts what has run and finished, whatever came of it', async () => {
    const { executor, submit, hold } = setUp(1);
    submit('a', 'a1');
    submit('a', 'a2', () => {
      throw new Error('a fault');
    });
    const failing = hold('a', 'a3');
    submit('a', 'dropped');
    expect(executor.ended).toBe(2);
    executor.dropWaiting();
    failing.fail(new Error('another'));
    await settle();
    expect(executor.ended).toBe(3);
  });

  it('runs tasks of one key one at a time, in order', async () => {
    const { log, hold } = setUp(10);
    const a1 = hold('a', 'a1');
    const a2 = hold('a', 'a2');
    hold('a', 'a3');
    expect(log).toEqual(['a1']);
    a2.end();
    a1.end();
    await settle();
    expect(log).toEqual(['a1', 'a2', 'a3']);
  });

  it('lets no key wait behind another', () => {
    const { log, hold } = setUp(2);
    hold('slow', 's1');
    hold('slow', 's2');
    hold('other', 'o1');
    expect(log).toEqual(['s1', 'o1']);
  });

  it('runs no more than maxRunning at once', async () => {
    const { log, hold, executor } = setUp(2);
    const first = hold('a', 'a1');
    hold('b', 'b1');
    hold('c', 'c1');
    expect([log, executor.running, executor.waiting]).toEqual([['a1', 'b1'], 2, 1]);
    first.end();
    await settle();
    expect(log).toEqual(['a1', 'b1', 'c1']);
  });

  it('starts the key whose head arrived first', async () => {
    const { log, hold, submit } = setUp(1);
    const a1 = hold('a', 'a1');
    submit('b', 'b1');
    submit('a', 'a2');
    submit('c', 'c1');
    submit('b', 'b2');
    a1.end();
    await settle();
    expect(log).toEqual(['a1', 'b1', 'a2', 'c1', 'b2']);
  });

  it('counts a task that throws or rejects as finished, reports it and goes on with its key', async () => {
    const { log, hold, submit, faults, executor } = setUp(1);
    submit('a', 'a1', () => {
      throw new Error('thrown');
    });
    const a2 = hold('a', 'a2');
    submit('a', 'a3');
    a2.fail(new Error('rejected'));
    await executor.whenIdle();
    expect(log).toEqual(['a1', 'a2', 'a3']);
    expect(faults).toEqual([new Error('thrown'), new Error('rejected')]);
  });

  it('loses no wake-up when a task completes synchronously while others wait', async () => {
    const { log, hold, submit, executor } = setUp(1);
    const a1 = hold('a', 'a1');
    submit('b', 'b1');
    submit('c', 'c1');
    a1.end();
    await executor.whenIdle();
    expect(log).toEqual(['a1', 'b1', 'c1']);
  });

  it('takes submissions from inside a run, after that run has returned', () => {
    const { log, submit } = setUp(5);
    submit('a', 'a1', () => {
      submit('a', 'a2', () => submit('b', 'b1'));
      submit('c', 'c1');
      log.push('a1 returns');
    });
    expect(log).toEqual(['a1', 'a1 returns', 'a2', 'c1', 'b1']);
  });

  it('needs no stack for a million tasks that complete synchronously, nested or waiting', () => {
    const { executor } = setUp(3);
    let ran = 0;
    const again: KeyedTask = {
      key: 'a',
      run: () => {
        ran += 1;
        if (ran < 500_000) executor.submit(again);
      },
      drop: () => {},
    };
    executor.submit(again);
    executor.pause();
    const one: KeyedTask = { key: 'b', run: () => void (ran += 1), drop: () => {} };
    for (let count = 0; count < 500_000; count += 1) executor.submit(one);
    executor.resume();
    expect(ran).toBe(1_000_000);
  });

  it('starts nothing while paused and says it is idle once nothing runs', async () => {
    const { log, hold, executor } = setUp(2);
    const a1 = hold('a', 'a1');
    executor.pause();
    hold('b', 'b1');
    const idle = executor.whenIdle();
    a1.end();
    await idle;
    expect([log, executor.waiting]).toEqual([['a1'], 1]);
    executor.resume();
    expect(log).toEqual(['a1', 'b1']);
  });

  it('drops what waits, keeps the order of the rest and the key that it belongs to', async () => {
    const { log, hold, executor } = setUp(1);
    const a1 = hold('a', 'a1');
    const [a2, a3, a4, b1] = ['a2', 'a3', 'a4', 'b1'].map((name) => hold(name.slice(0, 1), name));
    a4!.end();
    const toDrop = new Set<KeyedTask>([a3!, b1!]);
    expect(executor.dropWaiting((task) => toDrop.has(task))).toBe(2);
    expect(log).toEqual(['a1', '-a3', '-b1']);
    const a5 = hold('a', 'a5');
    a1.end();
    await settle();
    expect([log.slice(3), executor.running]).toEqual([['a2'], 1]);
    executor.dropWaiting((task) => task === a5);
    a2!.end();
    await executor.whenIdle();
    expect(log.slice(4)).toEqual(['-a5', 'a4']);
    expect(executor.keys).toBe(0);
  });

  it('starts a key once after a drop, whatever was ready before', () => {
    const { executor, hold, log } = setUp(4);
    executor.pause();
    for (const name of ['a1', 'a2', 'b1']) hold(name.slice(0, 1), name);
    executor.dropWaiting((task) => task.key === 'b');
    executor.resume();
    expect(log).toEqual(['-b1', 'a1']);
  });

  it('is idle once the last waiting task is dropped', async () => {
    const { executor, submit, log } = setUp(1);
    executor.pause();
    submit('a', 'a1');
    executor.resume();
    executor.pause();
    submit('b', 'b1');
    expect(executor.dropWaiting()).toBe(1);
    executor.resume();
    await executor.whenIdle();
    expect(log).toEqual(['a1', '-b1']);
  });

  it('changes nothing when the picking of what to drop throws', () => {
    const { executor, submit, log } = setUp(1);
    executor.pause();
    submit('a', 'a1');
    submit('b', 'b1');
    const dropOrThrow = (task: KeyedTask) => {
      if (task.key === 'b') throw new Error('no');
      return true;
    };
    expect(() => executor.dropWaiting(dropOrThrow)).toThrow('no');
    executor.resume();
    expect(log).toEqual(['a1', 'b1']);
  });

  it('reports a drop that throws and drops the others', () => {
    const { executor, faults, submit, log } = setUp(1);
    executor.pause();
    const drop = () => {
      throw new Error('drop');
    };
    executor.submit({ key: 'a', run: () => {}, drop });
    submit('b', 'b1');
    expect(executor.dropWaiting()).toBe(2);
    expect([faults, log]).toEqual([[new Error('drop')], ['-b1']]);
  });

  it('makes room when maxRunning grows and lets running tasks end when it shrinks', async () => {
    const { executor, hold, log } = setUp(1);
    const held = ['a', 'b', 'c', 'd'].map((key) => hold(key, key));
    executor.setMaxRunning(3);
    expect(log).toEqual(['a', 'b', 'c']);
    executor.setMaxRunning(1);
    held[0]!.end();
    held[1]!.end();
    await settle();
    expect([log, executor.running]).toEqual([['a', 'b', 'c'], 1]);
    held[2]!.end();
    await settle();
    expect(log).toEqual(['a', 'b', 'c', 'd']);
  });

  it.each([0, -1, 1.5, NaN])('refuses %s as maxRunning', (maxRunning) => {
    expect(() => setUp(maxRunning)).toThrow(RangeError);
    expect(() => setUp(1).executor.setMaxRunning(maxRunning)).toThrow(RangeError);
  });

  it('forgets a key without work', async () => {
    const { executor, hold } = setUp(Infinity);
    const held = Array.from({ length: 1000 }, (_, index) => hold(`k${index}`, 'x'));
    expect(executor.keys).toBe(1000);
    for (const task of held) task.end();
    await executor.whenIdle();
    expect(executor.keys).toBe(0);
  });
});
