/** When offsets are committed: by time, by count, and once it is quiet. The clock is vitest's. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createCommitter, type Committer, type CommitResult } from '../../../../src/stream/pace/committer.ts';

const INTERVAL_MS = 1000;

let open: Committer | undefined;
beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  open?.stop();
  vi.useRealTimers();
});

function start(answers: readonly CommitResult[] = []) {
  const atMs: number[] = [];
  const startMs = Date.now();
  const committer = createCommitter({
    intervalMs: INTERVAL_MS,
    maxEvents: 50,
    commit: () => {
      atMs.push(Date.now() - startMs);
      return Promise.resolve(answers[atMs.length - 1] ?? 'ok');
    },
    onResult: () => undefined,
    clock: Date,
  });
  open = committer;
  const finish = (count: number): void => {
    for (let n = 0; n < count; n += 1) committer.eventFinished();
  };
  return { committer, atMs, finish };
}

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

describe('commits', () => {
  test('come with the interval while events keep finishing', async () => {
    const { atMs, finish } = start();
    for (let n = 0; n < 25; n += 1) {
      finish(1);
      await pass(100);
    }
    expect(atMs).toEqual([1000, 2000]);
  });

  test('come with the count, whatever the time', async () => {
    const { atMs, finish } = start();
    await pass(20);
    finish(50);
    expect(atMs).toEqual([20]);
  });

  test('come a tenth of the interval after the last event of a burst, once', async () => {
    const { atMs, finish } = start();
    await pass(130);
    finish(3);
    await pass(830);
    expect(atMs).toEqual([300]);
  });

  test('after a failure come with the interval, quiet or not', async () => {
    const { atMs, finish } = start(['failed', 'failed']);
    finish(1);
    await pass(250);
    expect(atMs).toEqual([200]);
    finish(1);
    await pass(1900);
    expect(atMs).toEqual([200, 1000, 2000]);
  });

  test('are not begun while one is out', async () => {
    let answer: (result: CommitResult) => void = () => undefined;
    let begun = 0;
    const committer = createCommitter({
      intervalMs: INTERVAL_MS,
      maxEvents: 2,
      commit: () => {
        begun += 1;
        return new Promise((resolve) => (answer = resolve));
      },
      clock: Date,
      onResult: () => undefined,
    });
    open = committer;
    committer.eventFinished();
    committer.eventFinished();
    committer.eventFinished();
    await pass(5000);
    expect(begun).toBe(1);
    answer('ok');
    await pass(200);
    expect(begun).toBe(2);
  });

  test('are not begun after the stop', async () => {
    const { committer, atMs, finish } = start();
    finish(1);
    committer.stop();
    finish(100);
    await pass(5000);
    expect(atMs).toEqual([]);
  });
});
