/** Who is let in, in which order, and who has to let go for those who wait. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import {
  createByteSemaphore,
  type BytePermit,
  type ByteSemaphore,
} from '../../../../src/runtime/collections/byte-semaphore.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** While anybody waits, a look for somebody to evict is taken so often. */
const LOOK_MS = 250;

function openSemaphore(): {
  readonly semaphore: ByteSemaphore;
  readonly wait: (ms: number) => Promise<void>;
} {
  let nowMs = 1_000_000;
  return {
    semaphore: createByteSemaphore({ capacityBytes: 10, idleMs: 1000, longestMs: 5000, nowMs: () => nowMs }),
    wait: async (ms) => {
      for (let left = ms; left > 0; left -= LOOK_MS) {
        nowMs += LOOK_MS;
        await vi.advanceTimersByTimeAsync(LOOK_MS);
      }
    },
  };
}

/** Whether it was let in, and what it got. */
function ask(semaphore: ByteSemaphore, bytes: number): { permit: BytePermit | undefined } {
  const asked: { permit: BytePermit | undefined } = { permit: undefined };
  void semaphore.acquire(bytes).then((permit) => (asked.permit = permit));
  return asked;
}

it('lets in what fits, and the others in the order in which they came', async () => {
  const { semaphore, wait } = openSemaphore();
  const first = ask(semaphore, 6);
  const second = ask(semaphore, 6);
  const small = ask(semaphore, 1);
  await wait(250);
  expect([first, second, small].map(({ permit }) => permit !== undefined)).toEqual([true, false, false]);
  first.permit?.release();
  await wait(250);
  expect([second, small].map(({ permit }) => permit !== undefined)).toEqual([true, true]);
  expect(semaphore.heldBytes()).toBe(7);
});

it('lets in what is larger than all of it, alone', async () => {
  const { semaphore, wait } = openSemaphore();
  const small = ask(semaphore, 1);
  const large = ask(semaphore, 100);
  await wait(250);
  expect(large.permit).toBeUndefined();
  small.permit?.release();
  await wait(250);
  expect(large.permit).toBeDefined();
  const next = ask(semaphore, 1);
  await wait(250);
  expect(next.permit).toBeUndefined();
});

it('gives others what was asked for in vain, and nothing twice', async () => {
  const { semaphore, wait } = openSemaphore();
  const first = ask(semaphore, 10);
  await wait(250);
  first.permit?.shrinkTo(4);
  first.permit?.shrinkTo(8);
  expect(semaphore.heldBytes()).toBe(4);
  first.permit?.release();
  first.permit?.release();
  expect(semaphore.heldBytes()).toBe(0);
});

it('takes bytes away from one who rests, for those who wait, and only with leave', async () => {
  const { semaphore, wait } = openSemaphore();
  const held = ask(semaphore, 10);
  await wait(250);
  await wait(3000);
  const next = ask(semaphore, 5);
  await wait(2000);
  expect(next.permit).toBeUndefined();
  held.permit?.allowEviction(() => held.permit?.release());
  await wait(500);
  expect(next.permit).toBeDefined();
});

it('leaves one who is at work alone, but not for ever', async () => {
  const { semaphore, wait } = openSemaphore();
  const held = ask(semaphore, 10);
  await wait(250);
  held.permit?.allowEviction(() => held.permit?.release());
  const next = ask(semaphore, 5);
  for (let ms = 0; ms < 4000; ms += 500) {
    held.permit?.touch();
    await wait(500);
  }
  expect(next.permit).toBeUndefined();
  for (let ms = 0; ms < 1500; ms += 500) {
    held.permit?.touch();
    await wait(500);
  }
  expect(next.permit).toBeDefined();
});

it('leaves everybody alone while nobody waits', async () => {
  const { semaphore, wait } = openSemaphore();
  const held = ask(semaphore, 10);
  await wait(250);
  let evicted = 0;
  held.permit?.allowEviction(() => (evicted += 1));
  await wait(20_000);
  expect(evicted).toBe(0);
});

it('is full to the last byte before anybody waits', async () => {
  const { semaphore } = openSemaphore();
  await semaphore.acquire(6);
  await semaphore.acquire(4);
  expect(semaphore.heldBytes()).toBe(10);
  const next = ask(semaphore, 1);
  await vi.advanceTimersByTimeAsync(0);
  expect(next.permit).toBeUndefined();
});

it('lets in who fits into what a holder no longer needs, and counts nothing for who has left', async () => {
  const { semaphore } = openSemaphore();
  const first = await semaphore.acquire(10);
  const next = ask(semaphore, 5);
  first.shrinkTo(5);
  await vi.advanceTimersByTimeAsync(0);
  expect(next.permit).toBeDefined();
  expect(semaphore.heldBytes()).toBe(10);
  first.release();
  first.shrinkTo(1);
  expect(semaphore.heldBytes()).toBe(5);
});

it('asks a holder once, as soon as it has been idle for long enough', async () => {
  const { semaphore, wait } = openSemaphore();
  const held = await semaphore.acquire(10);
  const onEvicted = vi.fn();
  held.allowEviction(onEvicted);
  held.allowEviction(() => {
    throw new Error('the second one that it names is not asked');
  });
  await wait(500);
  held.touch();
  void semaphore.acquire(1);
  await wait(750);
  expect(onEvicted).not.toHaveBeenCalled();
  await wait(250);
  expect(onEvicted).toHaveBeenCalledTimes(1);
  await wait(10_000);
  expect(onEvicted).toHaveBeenCalledTimes(1);
});

it('asks a holder that is busy once it has held its bytes for the longest time', async () => {
  const { semaphore, wait } = openSemaphore();
  const held = await semaphore.acquire(10);
  const onEvicted = vi.fn();
  held.allowEviction(onEvicted);
  void semaphore.acquire(1);
  for (let ms = 0; ms < 4750; ms += LOOK_MS) {
    held.touch();
    await wait(LOOK_MS);
  }
  held.touch();
  expect(onEvicted).not.toHaveBeenCalled();
  await wait(LOOK_MS);
  expect(onEvicted).toHaveBeenCalledTimes(1);
});

it('asks nobody who has released its bytes', async () => {
  const { semaphore, wait } = openSemaphore();
  const gone = await semaphore.acquire(10);
  const onEvicted = vi.fn();
  gone.allowEviction(onEvicted);
  gone.release();
  await semaphore.acquire(10);
  void semaphore.acquire(1);
  await wait(6000);
  expect(onEvicted).not.toHaveBeenCalled();
});

it('asks as many as those who wait need, and no more', async () => {
  const { semaphore, wait } = openSemaphore();
  const holders = [await semaphore.acquire(3), await semaphore.acquire(3), await semaphore.acquire(3)];
  const evicted: number[] = [];
  for (const [at, holder] of holders.entries())
    holder.allowEviction(() => {
      evicted.push(at);
      holder.release();
    });
  const next = ask(semaphore, 6);
  await wait(1000);
  expect(next.permit).toBeDefined();
  expect(evicted).toEqual([0, 1]);
  await wait(20_000);
  expect(evicted).toEqual([0, 1]);
});

it('leaves no timer behind once nobody waits', async () => {
  const { semaphore } = openSemaphore();
  const first = await semaphore.acquire(10);
  expect(vi.getTimerCount()).toBe(0);
  const next = semaphore.acquire(1);
  expect(vi.getTimerCount()).toBe(1);
  first.release();
  await next;
  expect(vi.getTimerCount()).toBe(0);
});

it('waits a second of rest, or twenty of work, where nothing else is said', async () => {
  const semaphore = createByteSemaphore({ capacityBytes: 10 });
  const resting = await semaphore.acquire(5);
  const busy = await semaphore.acquire(5);
  const evicted: string[] = [];
  resting.allowEviction(() => evicted.push('resting'));
  busy.allowEviction(() => evicted.push('busy'));
  void semaphore.acquire(10);
  for (let ms = 0; ms < 20_000; ms += LOOK_MS) {
    expect(evicted).toEqual(ms < 1000 ? [] : ['resting']);
    busy.touch();
    await vi.advanceTimersByTimeAsync(LOOK_MS);
  }
  expect(evicted).toEqual(['resting', 'busy']);
});
