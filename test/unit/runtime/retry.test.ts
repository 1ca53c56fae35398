import { describe, expect, test, vi } from 'vitest';
import { retry, type RetryOptions } from '../../../src/runtime/retry.ts';

const backoff = { firstMs: 100, longestMs: 400 };
const AWAY = new Error('away');
const BUG = new TypeError('a bug');

/** A clock on which every pause is over at once, and noted. */
function createOptions(more: Partial<RetryOptions> = {}) {
  const pauses: number[] = [];
  const options: RetryOptions = {
    clock: {
      sleep: (ms) => {
        pauses.push(ms);
        return Promise.resolve();
      },
    },
    backoff,
    random: () => 0.5,
    ...more,
  };
  return { options, pauses };
}

function failing(times: number, error: unknown = AWAY) {
  let tries = 0;
  return vi.fn(async () => {
    tries += 1;
    if (tries <= times) throw error;
    return tries;
  });
}

describe('what fails', () => {
  test('is repeated until it works, with growing pauses', async () => {
    const { options, pauses } = createOptions();
    await expect(retry(failing(4), options)).resolves.toBe(5);
    expect(pauses).toEqual([75, 150, 300, 300]);
  });

  test('costs no pause where it works at once', async () => {
    const { options, pauses } = createOptions();
    await expect(retry(failing(0), options)).resolves.toBe(1);
    expect(pauses).toEqual([]);
  });

  test('ends at once where time does not cure it', async () => {
    const { options, pauses } = createOptions({ isCurable: (error) => error === AWAY });
    const task = vi.fn().mockRejectedValueOnce(AWAY).mockRejectedValueOnce(BUG);
    await expect(retry(task, options)).rejects.toBe(BUG);
    expect(pauses).toEqual([75]);
  });

  test('ends after the last try that is allowed', async () => {
    const { options, pauses } = createOptions({ maxTries: 3 });
    const task = failing(9);
    await expect(retry(task, options)).rejects.toBe(AWAY);
    expect(task).toHaveBeenCalledTimes(3);
    expect(pauses).toHaveLength(2);
  });

  test('is told before each pause, and the next try after it', async () => {
    const heard: unknown[] = [];
    const { options } = createOptions({
      onFailure: (error, failures) => heard.push([error, failures]),
      onAgain: () => heard.push('again'),
    });
    await retry(failing(2), options);
    expect(heard).toEqual([[AWAY, 1], 'again', [AWAY, 2], 'again']);
  });
});

describe('an aborted signal', () => {
  /** Aborts in the first pause. */
  function abortedInPause(lastTry?: boolean) {
    const ending = new AbortController();
    const { options } = createOptions({
      signal: ending.signal,
      ...(lastTry === undefined ? {} : { lastTry }),
      clock: {
        sleep: (_ms, signal) => {
          expect(signal).toBe(ending.signal);
          ending.abort();
          return Promise.resolve();
        },
      },
    });
    return options;
  }

  test.each([false, undefined])(
    'ends the repetition with the latest failure (last try: %s)',
    async (lastTry) => {
      const task = failing(9);
      await expect(retry(task, abortedInPause(lastTry))).rejects.toBe(AWAY);
      expect(task).toHaveBeenCalledTimes(1);
    },
  );

  test('leaves one last try where it is asked for', async () => {
    const task = failing(9);
    await expect(retry(task, abortedInPause(true))).rejects.toBe(AWAY);
    expect(task).toHaveBeenCalledTimes(2);
    await expect(retry(failing(1), abortedInPause(true))).resolves.toBe(2);
  });

  test('from the beginning leaves the first try, and no pause', async () => {
    const { options, pauses } = createOptions({ signal: AbortSignal.abort(), lastTry: true });
    const task = failing(9);
    await expect(retry(task, options)).rejects.toBe(AWAY);
    expect(task).toHaveBeenCalledTimes(1);
    expect(pauses).toEqual([]);
    await expect(retry(failing(0), options)).resolves.toBe(1);
  });

  test('is not asked for before a failure', async () => {
    const signal = vi.fn(() => AbortSignal.abort());
    const { options } = createOptions();
    const lazy = {
      ...options,
      get signal() {
        return signal();
      },
    };
    await retry(failing(0), lazy);
    expect(signal).not.toHaveBeenCalled();
    await expect(retry(failing(1), lazy)).rejects.toBe(AWAY);
    expect(signal).toHaveBeenCalled();
  });
});
