/** Who waits on a signal hears of its end once, and only while it waits. */
import { getEventListeners } from 'node:events';
import { expect, test, vi } from 'vitest';
import { unwatch, watch } from '../../../src/runtime/abort-hub.ts';

const waiting = () => ({ abandon: vi.fn() });

test('all who wait are given up when the signal is aborted, with one listener for all', () => {
  const ending = new AbortController();
  const items = [waiting(), waiting(), waiting()];
  for (const item of items) watch(ending.signal, item);
  expect(getEventListeners(ending.signal, 'abort')).toHaveLength(1);
  for (const { abandon } of items) expect(abandon).not.toHaveBeenCalled();
  ending.abort();
  for (const { abandon } of items) expect(abandon).toHaveBeenCalledTimes(1);
});

test('who no longer waits is left alone', () => {
  const ending = new AbortController();
  const [gone, stays] = [waiting(), waiting()];
  watch(ending.signal, gone);
  watch(ending.signal, stays);
  unwatch(ending.signal, gone);
  ending.abort();
  expect(gone.abandon).not.toHaveBeenCalled();
  expect(stays.abandon).toHaveBeenCalledTimes(1);
});

test('who is given up may end the wait of others who are not told yet', () => {
  const ending = new AbortController();
  const last = waiting();
  watch(ending.signal, { abandon: () => unwatch(ending.signal, last) });
  watch(ending.signal, last);
  ending.abort();
  expect(last.abandon).not.toHaveBeenCalled();
});

test('a signal that is aborted already gives up at once, and leaves nothing to end', () => {
  const signal = AbortSignal.abort();
  const item = waiting();
  watch(signal, item);
  expect(item.abandon).toHaveBeenCalledTimes(1);
  unwatch(signal, item);
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});
