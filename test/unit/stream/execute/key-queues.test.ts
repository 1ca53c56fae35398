/** A key has one queue while it has work; empty queues are kept for a while, but never many. */
import { expect, it } from 'vitest';
import { createKeyQueues } from '../../../../src/stream/execute/key-queues.ts';

/** Gives the key work and takes it away again. */
function pass(queues: ReturnType<typeof createKeyQueues>, key: string): void {
  const queue = queues.take(key, undefined);
  queue.busy = true;
  queue.busy = false;
  queues.ended(queue);
}

it('gives the same queue to a key that has work', () => {
  const queues = createKeyQueues();
  const queue = queues.take('a', 0);
  queue.busy = true;
  expect(queues.take('a', 1)).toBe(queue);
  expect(queues.size()).toBe(1);
});

it('counts and visits those with work only', () => {
  const queues = createKeyQueues();
  pass(queues, 'a');
  const queue = queues.take('b', 0);
  queue.busy = true;
  const seen: unknown[] = [];
  queues.forEach(({ key }) => seen.push(key));
  expect([queues.size(), seen]).toEqual([1, ['b']]);
});

it('counts a key again that has work again', () => {
  const queues = createKeyQueues();
  pass(queues, 'a');
  expect(queues.size()).toBe(0);
  queues.take('a', 0).busy = true;
  expect(queues.size()).toBe(1);
});

it('lets go of empty queues, and of no other', () => {
  const queues = createKeyQueues();
  const busy = queues.take('busy', 0);
  busy.busy = true;
  const first = new WeakRef(queues.take('first', 0));
  const early = first.deref();
  if (early !== undefined) queues.ended(early);
  for (let key = 0; key < 2000; key += 1) pass(queues, `k-${String(key)}`);
  expect(queues.take('busy', 0)).toBe(busy);
  expect(queues.take('first', 0)).not.toBe(early);
});

it('keeps the queues of some hundred keys without work, as they may have some again soon', () => {
  const queues = createKeyQueues();
  const first = queues.take('first', 0);
  queues.ended(first);
  for (let key = 1; key < 512; key += 1) pass(queues, `k-${String(key)}`);
  expect(queues.take('first', 0)).toBe(first);
  queues.ended(first);
  pass(queues, 'one more');
  expect(queues.take('first', 0)).not.toBe(first);
});

it('keeps twice as many of those as there are keys with work', () => {
  const queues = createKeyQueues();
  for (let key = 0; key < 300; key += 1) queues.take(`busy-${String(key)}`, 0).busy = true;
  const first = queues.take('first', 0);
  queues.ended(first);
  for (let key = 1; key < 600; key += 1) pass(queues, `k-${String(key)}`);
  expect(queues.take('first', 0)).toBe(first);
  queues.ended(first);
  pass(queues, 'one more');
  expect(queues.take('first', 0)).not.toBe(first);
  expect(queues.size()).toBe(301);
});

it('visits each queue with a waiting or a running task once, while they end', () => {
  const queues = createKeyQueues<string>();
  for (let key = 0; key < 1000; key += 1) queues.take(String(key), 0).busy = true;
  const waiting = queues.take('waiting', 0);
  waiting.head = waiting.tail = { task: 'one', arrival: 0, next: undefined, toDrop: false };
  const seen = new Set<unknown>();
  queues.forEach((queue) => {
    seen.add(queue.key);
    queue.busy = false;
    if (queue.head === undefined) queues.ended(queue);
  });
  expect([seen.size, queues.size()]).toEqual([1001, 1]);
});

it('begins a queue without anything of a task', () => {
  expect(createKeyQueues().take('a', 4)).toEqual({
    ...{ key: 'a', partition: 4, head: undefined, tail: undefined, busy: false, parked: false },
    ...{ startedAt: 0, arrival: 0, returned: false, admit: undefined },
  });
});
