/** A key has one line while it has work; empty lines are kept for a while, but never many. */
import { expect, it } from 'vitest';
import { createKeyLines } from '../../../../src/stream/execute/key-queues.ts';

/** Gives the key work and takes it away again. */
function pass(lines: ReturnType<typeof createKeyLines>, key: string): void {
  const line = lines.take(key, undefined);
  line.busy = true;
  line.busy = false;
  lines.ended(line);
}

it('gives the same line to a key that has work', () => {
  const lines = createKeyLines();
  const line = lines.take('a', 0);
  line.busy = true;
  expect(lines.take('a', 1)).toBe(line);
  expect(lines.size()).toBe(1);
});

it('counts and visits those with work only', () => {
  const lines = createKeyLines();
  pass(lines, 'a');
  const line = lines.take('b', 0);
  line.busy = true;
  const seen: unknown[] = [];
  lines.forEach(({ key }) => seen.push(key));
  expect([lines.size(), seen]).toEqual([1, ['b']]);
});

it('counts a key again that has work again', () => {
  const lines = createKeyLines();
  pass(lines, 'a');
  expect(lines.size()).toBe(0);
  lines.take('a', 0).busy = true;
  expect(lines.size()).toBe(1);
});

it('lets go of empty lines, and of no other', () => {
  const lines = createKeyLines();
  const busy = lines.take('busy', 0);
  busy.busy = true;
  const first = new WeakRef(lines.take('first', 0));
  const early = first.deref();
  if (early !== undefined) lines.ended(early);
  for (let key = 0; key < 2000; key += 1) pass(lines, `k-${String(key)}`);
  expect(lines.take('busy', 0)).toBe(busy);
  expect(lines.take('first', 0)).not.toBe(early);
});
