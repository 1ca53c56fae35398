/** Who goes with whom, and when: by the clock, with the answer to another request, or where a request is full. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createSendQueue } from '../../../../src/kafka/producers/send-queue.ts';

const LINGER_MS = 10;

interface Item {
  readonly name: string;
  readonly bytes: number;
}

function startQueue(maxInFlight: number) {
  const sent: string[][] = [];
  const answers: (() => void)[] = [];
  const queue = createSendQueue<Item>({
    maxInFlight,
    lingerMs: LINGER_MS,
    send: (batch) => {
      sent.push(batch.map(({ name }) => name));
      return new Promise((resolve) => answers.push(resolve));
    },
  });
  return {
    sent,
    add: (...names: string[]) => {
      for (const name of names) queue.add({ name, bytes: 1 });
    },
    addOfBytes: (name: string, bytes: number) => queue.add({ name, bytes }),
    /** The oldest request out. */
    answer: async () => {
      answers.shift()?.();
      await vi.advanceTimersByTimeAsync(0);
    },
    flush: () => queue.flush(),
  };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('the time for company', () => {
  it('begins with the first who waits, and is the same for all', () => {
    const { sent, add } = startQueue(4);
    add('a');
    vi.advanceTimersByTime(LINGER_MS - 1);
    add('b');
    expect(sent).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(sent).toEqual([['a', 'b']]);
  });

  it('ends with an answer: its place is taken by all who wait', async () => {
    const { sent, add, answer } = startQueue(4);
    add('a');
    vi.advanceTimersByTime(LINGER_MS);
    add('b', 'c');
    await answer();
    expect(sent).toEqual([['a'], ['b', 'c']]);
    vi.advanceTimersByTime(LINGER_MS);
    expect(sent).toHaveLength(2);
  });

  it('begins anew with whoever comes after all have gone', () => {
    const { sent, add } = startQueue(4);
    add('a');
    vi.advanceTimersByTime(LINGER_MS);
    add('b');
    vi.advanceTimersByTime(LINGER_MS - 1);
    expect(sent).toEqual([['a']]);
    vi.advanceTimersByTime(1);
    expect(sent).toEqual([['a'], ['b']]);
  });
});

describe('a place among the requests', () => {
  it('is waited for by those whose time is over, and taken with an answer', async () => {
    const { sent, add, answer } = startQueue(1);
    add('a');
    vi.advanceTimersByTime(LINGER_MS);
    add('b');
    vi.advanceTimersByTime(LINGER_MS);
    add('c');
    expect(sent).toEqual([['a']]);
    await answer();
    expect(sent).toEqual([['a'], ['b', 'c']]);
  });
});

describe('a request', () => {
  it('goes at once where it is full; who comes then waits anew', () => {
    const { sent, add } = startQueue(4);
    add(...Array.from({ length: 500 }, (_, at) => String(at)));
    expect(sent.map(({ length }) => length)).toEqual([500]);
    add('a');
    vi.advanceTimersByTime(LINGER_MS - 1);
    expect(sent).toHaveLength(1);
    vi.advanceTimersByTime(1);
    expect(sent[1]).toEqual(['a']);
  });

  it('has at most half a megabyte, or one item', () => {
    const { sent, addOfBytes } = startQueue(4);
    addOfBytes('a', 600 * 1024);
    addOfBytes('b', 300 * 1024);
    addOfBytes('c', 300 * 1024);
    vi.advanceTimersByTime(LINGER_MS);
    expect(sent).toEqual([['a'], ['b'], ['c']]);
  });
});

describe('flush', () => {
  it('sends at once, and resolves when all is answered', async () => {
    const { sent, add, answer, flush } = startQueue(1);
    let isFlushed = false;
    add('a');
    vi.advanceTimersByTime(LINGER_MS);
    add('b');
    void flush().then(() => (isFlushed = true));
    expect(sent).toEqual([['a']]);
    await answer();
    expect(sent).toEqual([['a'], ['b']]);
    expect(isFlushed).toBe(false);
    await answer();
    expect(isFlushed).toBe(true);
  });

  it('resolves at once where nothing waits', async () => {
    await expect(startQueue(1).flush()).resolves.toBeUndefined();
  });
});
