import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { after, every, monotonicMs, systemClock } from '../../../src/runtime/clock.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

describe('a sleep', () => {
  test('lasts as long as it is told', async () => {
    const ended = vi.fn();
    void systemClock.sleep(100).then(ended);
    await vi.advanceTimersByTimeAsync(99);
    expect(ended).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(ended).toHaveBeenCalled();
  });

  test('ends at once by its signal, also by one that is aborted already', async () => {
    const ending = new AbortController();
    const slept = systemClock.sleep(100, ending.signal);
    ending.abort();
    await slept;
    await systemClock.sleep(100, ending.signal);
  });

  test('leaves nothing behind on its signal', async () => {
    const { signal } = new AbortController();
    const slept = systemClock.sleep(100, signal);
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(100);
    await slept;
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});

test('the time of day is the system’s', () => {
  vi.setSystemTime('2026-03-01T12:00:00Z');
  expect(systemClock.now()).toBe(Date.parse('2026-03-01T12:00:00Z'));
});

test('a task to come keeps the process alive, one that comes again and again does not', () => {
  vi.useRealTimers();
  const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  const before = timers();
  const cancelTask = after(60_000, () => undefined);
  expect(timers()).toBe(before + 1);
  const cancelTasks = every(60_000, () => undefined);
  expect(timers()).toBe(before + 1);
  cancelTask();
  cancelTasks();
  expect(timers()).toBe(before);
  vi.useFakeTimers();
});

test('a task runs once after its time, unless it is cancelled', () => {
  const task = vi.fn();
  after(100, task);
  const cancelled = vi.fn();
  after(100, cancelled)();
  vi.advanceTimersByTime(99);
  expect(task).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1000);
  expect(task).toHaveBeenCalledTimes(1);
  expect(cancelled).not.toHaveBeenCalled();
});

test('a task runs each time, until it is cancelled', () => {
  const task = vi.fn();
  const cancel = every(100, task);
  vi.advanceTimersByTime(350);
  expect(task).toHaveBeenCalledTimes(3);
  cancel();
  vi.advanceTimersByTime(1000);
  expect(task).toHaveBeenCalledTimes(3);
});

test('monotonic time goes on', () => {
  const before = monotonicMs();
  vi.advanceTimersByTime(5);
  expect(monotonicMs()).toBe(before + 5);
});
