/** Who is let in, in which order, and who has to let go for those who wait. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import {
  createByteRoom,
  type ByteGrant,
  type ByteRoom,
} from '../../../../src/runtime/collections/byte-semaphore.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function openRoom(): { readonly room: ByteRoom; readonly wait: (ms: number) => Promise<void> } {
  let nowMs = 0;
  return {
    room: createByteRoom({ size: 10, idleMs: 1000, longestMs: 5000, nowMs: () => nowMs }),
    wait: async (ms) => {
      for (let left = ms; left > 0; left -= 250) {
        nowMs += 250;
        await vi.advanceTimersByTimeAsync(250);
      }
    },
  };
}

/** Whether it was let in, and what it got. */
function ask(room: ByteRoom, bytes: number): { grant: ByteGrant | undefined } {
  const asked: { grant: ByteGrant | undefined } = { grant: undefined };
  void room.acquire(bytes).then((grant) => (asked.grant = grant));
  return asked;
}

it('lets in what fits, and the others in the order in which they came', async () => {
  const { room, wait } = openRoom();
  const first = ask(room, 6);
  const second = ask(room, 6);
  const small = ask(room, 1);
  await wait(250);
  expect([first, second, small].map(({ grant }) => grant !== undefined)).toEqual([true, false, false]);
  first.grant?.release();
  await wait(250);
  expect([second, small].map(({ grant }) => grant !== undefined)).toEqual([true, true]);
  expect(room.held()).toBe(7);
});

it('lets in what is larger than all of it, alone', async () => {
  const { room, wait } = openRoom();
  const small = ask(room, 1);
  const large = ask(room, 100);
  await wait(250);
  expect(large.grant).toBeUndefined();
  small.grant?.release();
  await wait(250);
  expect(large.grant).toBeDefined();
  const next = ask(room, 1);
  await wait(250);
  expect(next.grant).toBeUndefined();
});

it('gives others what was asked for in vain, and nothing twice', async () => {
  const { room, wait } = openRoom();
  const first = ask(room, 10);
  await wait(250);
  first.grant?.shrinkTo(4);
  first.grant?.shrinkTo(8);
  expect(room.held()).toBe(4);
  first.grant?.release();
  first.grant?.release();
  expect(room.held()).toBe(0);
});

it('takes room away from one who rests, for those who wait, and only with leave', async () => {
  const { room, wait } = openRoom();
  const held = ask(room, 10);
  await wait(250);
  await wait(3000);
  const next = ask(room, 5);
  await wait(2000);
  expect(next.grant).toBeUndefined();
  held.grant?.allowEviction(() => held.grant?.release());
  await wait(500);
  expect(next.grant).toBeDefined();
});

it('leaves one who is at work alone, but not for ever', async () => {
  const { room, wait } = openRoom();
  const held = ask(room, 10);
  await wait(250);
  held.grant?.allowEviction(() => held.grant?.release());
  const next = ask(room, 5);
  for (let ms = 0; ms < 4000; ms += 500) {
    held.grant?.touch();
    await wait(500);
  }
  expect(next.grant).toBeUndefined();
  for (let ms = 0; ms < 1500; ms += 500) {
    held.grant?.touch();
    await wait(500);
  }
  expect(next.grant).toBeDefined();
});

it('leaves everybody alone while nobody waits', async () => {
  const { room, wait } = openRoom();
  const held = ask(room, 10);
  await wait(250);
  let evicted = 0;
  held.grant?.allowEviction(() => (evicted += 1));
  await wait(20_000);
  expect(evicted).toBe(0);
});
