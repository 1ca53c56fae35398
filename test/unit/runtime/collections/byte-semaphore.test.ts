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

function openSemaphore(): {
  readonly semaphore: ByteSemaphore;
  readonly wait: (ms: number) => Promise<void>;
} {
  let nowMs = 0;
  return {
    semaphore: createByteSemaphore({ capacityBytes: 10, idleMs: 1000, longestMs: 5000, nowMs: () => nowMs }),
    wait: async (ms) => {
      for (let left = ms; left > 0; left -= 250) {
        nowMs += 250;
        await vi.advanceTimersByTimeAsync(250);
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
