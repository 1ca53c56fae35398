/** Each has its whole time, ends once it is over, and never after it was removed; one timer for all. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createCallDeadlines, type ExpiringCall } from '../../../../src/partners/http/call-deadlines.ts';

interface Item extends ExpiringCall<Item> {
  readonly id: string;
}

let expired: [string, number][];
const item = (id: string): Item => ({
  id,
  deadlineMs: 0,
  previous: undefined,
  next: undefined,
  expire: () => expired.push([id, performance.now()]),
});

beforeEach(() => {
  vi.useFakeTimers({ now: 0 });
  expired = [];
});
afterEach(() => {
  vi.useRealTimers();
});

it('ends each when its own time is over', async () => {
  const deadlines = createCallDeadlines<Item>(1000);
  const began = performance.now();
  deadlines.add(item('a'));
  await vi.advanceTimersByTimeAsync(400);
  deadlines.add(item('b'));
  await vi.advanceTimersByTimeAsync(2000);
  // The look at the sockets counts as a ms with this clock.
  expect(expired.map(([id, atMs]) => [id, Math.round(atMs - began)])).toEqual([
    ['a', 1001],
    ['b', 1401],
  ]);
});

it('leaves alone what was removed', async () => {
  const deadlines = createCallDeadlines<Item>(1000);
  const [a, b] = [item('a'), item('b')];
  deadlines.add(a);
  deadlines.add(b);
  deadlines.remove(a);
  await vi.advanceTimersByTimeAsync(1500);
  expect(expired.map(([id]) => id)).toEqual(['b']);
});

it('begins anew after it had nothing to wait for', async () => {
  const deadlines = createCallDeadlines<Item>(1000);
  const a = item('a');
  deadlines.add(a);
  deadlines.remove(a);
  await vi.advanceTimersByTimeAsync(5000);
  expect(vi.getTimerCount()).toBe(0);
  deadlines.add(a);
  await vi.advanceTimersByTimeAsync(1001);
  expect(expired).toHaveLength(1);
});

it('has one timer however many there are', () => {
  const deadlines = createCallDeadlines<Item>(1000);
  for (let count = 0; count < 100; count += 1) deadlines.add(item(String(count)));
  expect(vi.getTimerCount()).toBe(1);
  deadlines.stop();
  expect(vi.getTimerCount()).toBe(0);
});

it('tells how many were added before a moment and are still there', async () => {
  const deadlines = createCallDeadlines<Item>(1000);
  const began = performance.now();
  const gone = item('gone');
  deadlines.add(gone);
  deadlines.add(item('a'));
  await vi.advanceTimersByTimeAsync(400);
  deadlines.add(item('b'));
  expect(deadlines.addedBefore(began)).toBe(0);
  expect(deadlines.addedBefore(began + 1)).toBe(2);
  deadlines.remove(gone);
  expect(deadlines.addedBefore(began + 1)).toBe(1);
  expect(deadlines.addedBefore(began + 500)).toBe(2);
  deadlines.stop();
});
