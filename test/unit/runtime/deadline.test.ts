import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { bounded, pause, within } from '../../../src/runtime/deadline.ts';
import { createFakeClock } from '../../support/partners/partner-fakes.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  // Whatever was waited for, no timer stays.
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

const never = new Promise<string>(() => undefined);
const after = async (ms: number, answer: string): Promise<string> => {
  await new Promise((resolve) => setTimeout(resolve, ms));
  return answer;
};

describe('within a limit', () => {
  test('a task that is in time gives its answer', async () => {
    const answer = within(after(99, 'done'), { limitMs: 100 });
    await vi.advanceTimersByTimeAsync(99);
    await expect(answer).resolves.toBe('done');
  });

  test('a task that is late gives none, at the limit and not before', async () => {
    const ended = vi.fn<(answer: unknown) => void>();
    void within(never, { limitMs: 100 }).then(ended);
    await vi.advanceTimersByTimeAsync(99);
    expect(ended).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(ended).toHaveBeenCalledWith(undefined);
  });

  test('the caller says what a late task comes to', async () => {
    const late = within(never, { limitMs: 100, late: () => 'late' });
    const refused = within(never, {
      limitMs: 100,
      late: () => {
        throw new RangeError('late');
      },
    });
    const thrown = expect(refused).rejects.toThrow(RangeError);
    await vi.advanceTimersByTimeAsync(100);
    await expect(late).resolves.toBe('late');
    await thrown;
  });

  test('a failure in time is the failure, a later one is nobody’s', async () => {
    await expect(within(Promise.reject(new Error('away')), { limitMs: 100 })).rejects.toThrow('away');
    const failing = after(200, '').then(() => {
      throw new Error('too late to be heard');
    });
    const answer = within(failing, { limitMs: 100 });
    await vi.advanceTimersByTimeAsync(300);
    await expect(answer).resolves.toBeUndefined();
  });

  test('no time at all leaves what has ended already', async () => {
    await expect(within(Promise.resolve('done'), { limitMs: 0 })).resolves.toBe('done');
  });

  test('an aborted signal ends the wait, with a limit and without', async () => {
    const ending = new AbortController();
    const { signal } = ending;
    const limited = within(never, { limitMs: 100, signal, late: () => 'late' });
    const unlimited = within(never, { limitMs: undefined, signal, late: () => 'late' });
    ending.abort();
    await expect(Promise.all([limited, unlimited])).resolves.toEqual(['late', 'late']);
    await expect(within(never, { limitMs: undefined, signal, late: () => 'late' })).resolves.toBe('late');
  });

  test('without a limit a task may take as long as it takes', async () => {
    const answer = within(after(3_600_000, 'done'), { limitMs: undefined, late: () => 'late' });
    await vi.advanceTimersByTimeAsync(3_600_000);
    await expect(answer).resolves.toBe('done');
  });

  test('time is told by the clock that is handed in', async () => {
    const clock = createFakeClock();
    const answer = within(never, { limitMs: 100, clock, late: () => 'late' });
    await clock.advance(100);
    await expect(answer).resolves.toBe('late');
  });
});

describe('a bounded task', () => {
  /** Ends when it is told to. */
  const told = (signal: AbortSignal): Promise<string> =>
    new Promise((resolve) => signal.addEventListener('abort', () => resolve('told')));

  test('is told to end at the limit', async () => {
    const ended = vi.fn<(answer: unknown) => void>();
    void bounded(told, { limitMs: 100 }).then(ended);
    await vi.advanceTimersByTimeAsync(99);
    expect(ended).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(ended).toHaveBeenCalledWith('told');
  });

  test('is told to end by any of the signals, also by one that is aborted already', async () => {
    const [one, other] = [new AbortController(), new AbortController()];
    const signals = [one.signal, other.signal];
    const answer = bounded(told, { limitMs: 100, signals });
    other.abort();
    await expect(answer).resolves.toBe('told');
    await expect(bounded(async (signal) => signal.aborted, { limitMs: 100, signals })).resolves.toBe(true);
  });

  test('ends by itself, and its failure is the caller’s', async () => {
    await expect(bounded(async () => 'done', { limitMs: 100 })).resolves.toBe('done');
    await expect(bounded(() => Promise.reject(new Error('away')), { limitMs: 100 })).rejects.toThrow('away');
  });
});

describe('a pause', () => {
  test('ends in time, or by one of the signals', async () => {
    const clock = createFakeClock();
    const ending = new AbortController();
    const ended = vi.fn<(which: string) => void>();
    void pause(clock, 100, ending.signal).then(() => ended('in time'));
    void pause(clock, 1000, ending.signal).then(() => ended('aborted'));
    await clock.advance(100);
    expect(ended.mock.calls).toEqual([['in time']]);
    ending.abort();
    await vi.advanceTimersByTimeAsync(0);
    expect(ended.mock.calls).toEqual([['in time'], ['aborted']]);
  });
});

test('a pause that is over hears nothing of a signal that is aborted later', async () => {
  const ending = new AbortController();
  const heard = vi.fn();
  const clock = {
    sleep: async (_ms: number, signal?: AbortSignal) => signal?.addEventListener('abort', heard),
  };
  await pause(clock, 100, ending.signal);
  ending.abort();
  expect(heard).not.toHaveBeenCalled();
});

test('nothing stays behind on a signal that lives longer', async () => {
  const { signal } = new AbortController();
  for (let times = 0; times < 100; times += 1) {
    await within(Promise.resolve(), { limitMs: 100, signal });
    await bounded(async () => undefined, { limitMs: 100, signals: [signal] });
  }
  expect(getEventListeners(signal, 'abort').length).toBeLessThanOrEqual(1);
});
