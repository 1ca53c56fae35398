/** Tasks that only wait hold nothing but their key, and come back in order without crowding out what is new. */
import { describe, expect, it } from 'vitest';
import { createKeyedExecutor } from '../../../../src/stream/execute/keyed-executor.ts';
import type { Seat } from '../../../../src/stream/execute/places.ts';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function setUp(maxRunning: number, partitions = 1) {
  const log: string[] = [];
  const seats = new Map<string, Seat>();
  const ends = new Map<string, () => void>();
  const executor = createKeyedExecutor({
    maxRunning,
    onFault: (error) => {
      throw error;
    },
  });
  executor.shareBetween(partitions);
  const seatOf = (name: string): Seat => {
    const seat = seats.get(name);
    if (seat === undefined) throw new Error(`${name} has not been started`);
    return seat;
  };
  return {
    executor,
    log,
    submit(name: string, key = name, partition = 0): void {
      const run = (seat: Seat): Promise<void> => {
        log.push(name);
        seats.set(name, seat);
        return new Promise((resolve) => ends.set(name, resolve));
      };
      executor.submit({ key, partition, run, drop: () => log.push(`${name} dropped`) });
    },
    park: (...names: string[]) => {
      for (const name of names) executor.park(seatOf(name));
    },
    unpark: (name: string) => executor.unpark(seatOf(name)),
    comeBack: (...names: string[]) => {
      for (const name of names) void executor.whenRoom(seatOf(name))?.then(() => log.push(`${name} is back`));
    },
    async end(...names: string[]): Promise<void> {
      for (const name of names) ends.get(name)?.();
      await turn();
    },
  };
}

const names = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, n) => `${prefix}${String(n)}`);

describe('a task that is parked', () => {
  it('leaves its room to others, however many are parked, and keeps its key', async () => {
    const { executor, log, submit, park, end } = setUp(2);
    for (const name of names('w', 500)) {
      submit(name);
      submit(`${name} next`, name);
      park(name);
    }
    submit('good');
    expect(log.at(-1)).toBe('good');
    expect(executor).toMatchObject({ running: 1, parked: 500, waiting: 500, keys: 501 });
    await end('w7');
    // Its user's next event, and nobody else's.
    expect(log.slice(501)).toEqual(['w7 next']);
  });

  it('may end as it is', async () => {
    const { executor, submit, park, end } = setUp(1);
    submit('a');
    park('a');
    park('a');
    await end('a');
    expect(executor).toMatchObject({ running: 0, parked: 0, keys: 0, ended: 1 });
  });

  it('is not idle, and is nothing to be dropped', async () => {
    const { executor, log, submit, park, end } = setUp(1);
    submit('a');
    submit('a next', 'a');
    park('a');
    executor.pause();
    expect(executor.dropWaiting()).toBe(1);
    let idle = false;
    void executor.whenIdle().then(() => (idle = true));
    await turn();
    expect(idle).toBe(false);
    await end('a');
    expect(idle).toBe(true);
    expect(log).toEqual(['a', 'a next dropped']);
  });

  it('waits for something slow no more than one that has ended: it takes no room that is lent to slow ones', () => {
    const { executor, submit, park, unpark } = setUp(4);
    for (const name of ['slow', 'parked', 'back']) submit(name);
    park('parked');
    for (let tick = 0; tick < 3; tick += 1) executor.tick();
    expect(executor.longRunning).toBe(2);
    park('back');
    expect(executor.longRunning).toBe(1);
    unpark('back');
    expect(executor.longRunning).toBe(1);
    for (let tick = 0; tick < 3; tick += 1) executor.tick();
    expect(executor.longRunning).toBe(2);
  });
});

describe('one that comes back', () => {
  it('goes on at once where it must, beyond the room, and then nothing starts until there is some', async () => {
    const { executor, log, submit, park, unpark, end } = setUp(1);
    submit('a');
    park('a');
    submit('b');
    submit('c');
    unpark('a');
    expect(executor.running).toBe(2);
    await end('b');
    expect(log).toEqual(['a', 'b']);
    await end('a');
    expect(log).toEqual(['a', 'b', 'c']);
  });

  it('waits for room, those that arrived first come first, and before what has not been started', async () => {
    const { executor, log, submit, park, comeBack, end } = setUp(1);
    for (const name of ['a', 'b', 'c']) {
      submit(name);
      park(name);
    }
    submit('busy');
    submit('new');
    comeBack('c', 'a');
    await turn();
    expect(log).toEqual(['a', 'b', 'c', 'busy']);
    await end('busy');
    expect(log.slice(4)).toEqual(['a is back']);
    await end('a');
    expect(log.slice(5)).toEqual(['c is back']);
    await end('c');
    expect(log.slice(6)).toEqual(['new']);
    expect(executor).toMatchObject({ running: 1, parked: 1 });
  });

  it('with all others that do holds a quarter of the room at most, while others want to start', async () => {
    const { executor, log, submit, park, comeBack, end } = setUp(8);
    const away = names('away', 40);
    for (const name of away) {
      submit(name);
      park(name);
    }
    const fresh = names('new', 40);
    for (const name of fresh) submit(name);
    comeBack(...away);
    await end(...fresh.slice(0, 8));
    const backOf = (): number => log.filter((line) => line.endsWith('is back')).length;
    expect(backOf()).toBe(2);
    // Those two hang: nobody else has to wait for them.
    for (let from = 8; from < 40; from += 6) await end(...fresh.slice(from, from + 6));
    expect(log.filter((line) => line.startsWith('new'))).toHaveLength(40);
    // Nobody else wants to start: all the room is theirs.
    expect(backOf()).toBe(8);
    expect(executor.running).toBe(8);
  });

  it('has that quarter to itself: who must go on at once takes nothing of it', async () => {
    const { log, submit, park, unpark, comeBack, end } = setUp(8);
    for (const name of [...names('must', 4), 'away']) {
      submit(name);
      park(name);
    }
    for (const name of names('new', 20)) submit(name);
    for (const name of names('must', 4)) unpark(name);
    comeBack('away');
    for (const name of names('new', 5)) await end(name);
    expect(log).toContain('away is back');
  });

  it('goes on while nothing may be started', async () => {
    const { executor, log, submit, park, comeBack } = setUp(1);
    submit('a');
    park('a');
    executor.pause();
    submit('b');
    comeBack('a');
    await turn();
    expect(log).toEqual(['a', 'a is back']);
  });

  it('does nothing where it was not parked, or has ended', async () => {
    const { executor, submit, park, unpark, end } = setUp(2);
    submit('a');
    unpark('a');
    expect(executor.running).toBe(1);
    submit('b');
    park('b');
    await end('a', 'b');
    park('a');
    unpark('a');
    park('b');
    expect(executor).toMatchObject({ running: 0, parked: 0, keys: 0, ended: 2 });
  });

  it('needs no place where it ends before there is one', async () => {
    const { executor, log, submit, park, comeBack, end } = setUp(1);
    submit('a');
    park('a');
    submit('busy');
    comeBack('a');
    await end('a');
    expect(executor).toMatchObject({ running: 1, parked: 0 });
    await end('busy');
    expect(log).not.toContain('a is back');
    submit('next');
    expect(executor).toMatchObject({ running: 1, parked: 0 });
  });

  it('has one place of few: a quarter is never none', async () => {
    const { log, submit, park, comeBack, end } = setUp(2);
    for (const name of ['a', 'b']) {
      submit(name);
      park(name);
    }
    for (const name of names('new', 6)) submit(name);
    comeBack('a', 'b');
    await end('new0', 'new1');
    expect(log).toContain('a is back');
    expect(log).not.toContain('b is back');
    await end('a');
    expect(log).toContain('b is back');
  });

  it('takes one place where it asks for it and then goes on without', async () => {
    const { executor, log, submit, park, unpark, comeBack, end } = setUp(1);
    submit('a');
    park('a');
    submit('busy');
    comeBack('a');
    unpark('a');
    expect(executor).toMatchObject({ running: 2, parked: 0 });
    await end('busy');
    expect(executor).toMatchObject({ running: 1, parked: 0 });
    await end('a');
    expect(executor).toMatchObject({ running: 0, parked: 0, keys: 0 });
    expect(log).toContain('a is back');
  });

  it('may have all places while nothing may be started', async () => {
    const { executor, log, submit, park, comeBack } = setUp(8);
    const away = names('away', 10);
    for (const name of away) {
      submit(name);
      park(name);
    }
    executor.pause();
    submit('new');
    comeBack(...away);
    await turn();
    expect(log.filter((line) => line.endsWith('is back'))).toHaveLength(8);
  });

  it('is at work for as long as any other then, in ticks', async () => {
    const { executor, submit, park, comeBack } = setUp(2);
    submit('a');
    executor.tick();
    executor.tick();
    expect(executor.longRunning).toBe(1);
    park('a');
    comeBack('a');
    await turn();
    expect([executor.running, executor.longRunning]).toEqual([1, 0]);
    executor.tick();
    expect(executor.longRunning).toBe(0);
    executor.tick();
    expect(executor.longRunning).toBe(1);
  });

  it('is no longer counted as at work for long once it has ended, whenever it was started', async () => {
    const { executor, submit, end } = setUp(8);
    submit('old');
    executor.tick();
    submit('middle');
    executor.tick();
    submit('young');
    expect(executor.longRunning).toBe(1);
    await end('middle');
    expect(executor.longRunning).toBe(1);
    await end('young');
    expect(executor.longRunning).toBe(1);
    await end('old');
    expect(executor.longRunning).toBe(0);
    submit('new');
    executor.tick();
    executor.tick();
    expect(executor.longRunning).toBe(1);
  });

  it('counts for its partition’s share again', async () => {
    const { executor, submit, park, unpark, log } = setUp(4, 2);
    for (const name of names('p0-', 4)) submit(name, name, 0);
    expect(log).toHaveLength(3);
    park('p0-0', 'p0-1');
    expect(log).toHaveLength(4);
    unpark('p0-0');
    unpark('p0-1');
    for (const name of names('p1-', 3)) submit(name, name, 1);
    // Beyond the room already, as two had to come back at once.
    expect(executor).toMatchObject({ running: 4, waiting: 3 });
    await turn();
  });
});
