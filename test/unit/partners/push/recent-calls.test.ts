import { expect, test } from 'vitest';
import { createRecentCalls } from '../../../../src/partners/push/recent-calls.ts';

function calls() {
  let nowMs = 0;
  const recent = createRecentCalls(() => nowMs);
  const add = (count: number, error?: string): void => {
    for (let at = 0; at < count; at += 1) recent.add(error);
  };
  return { recent, add, pass: (ms: number) => (nowMs += ms) };
}

test('nothing is said of a partner that was not called', () => {
  expect(calls().recent.seen()).toEqual({ calls: 0, failed: 0, lastError: undefined, isAway: false });
});

test('some that fail are said, and are no outage', () => {
  const { recent, add } = calls();
  add(6);
  add(2, 'HTTP 500');
  expect(recent.seen()).toEqual({ calls: 8, failed: 2, lastError: 'HTTP 500', isAway: false });
});

test('more than half is an outage, of five calls on', () => {
  const { recent, add, pass } = calls();
  add(4, 'HTTP 500');
  expect(recent.seen().isAway).toBe(false);
  pass(1);
  add(1, 'HTTP 503');
  expect(recent.seen()).toEqual({ calls: 5, failed: 5, lastError: 'HTTP 503', isAway: true });
  add(5);
  expect(recent.seen().isAway).toBe(false);
});

test('the last 64 count, and the last minute', () => {
  const { recent, add, pass } = calls();
  add(100, 'timeout');
  expect(recent.seen()).toMatchObject({ calls: 64, failed: 64 });
  pass(59_999);
  add(1);
  expect(recent.seen()).toMatchObject({ calls: 64, failed: 63, isAway: true });
  pass(1);
  expect(recent.seen()).toEqual({ calls: 1, failed: 0, lastError: undefined, isAway: false });
});
