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

function start(answers: readonly (CommitResult | 'nothing')[] = [], intervalMs = INTERVAL_MS) {
  const atMs: number[] = [];
  const heard: CommitResult[] = [];
  const startMs = Date.now();
  const committer = createCommitter({
    intervalMs,
    maxEvents: 50,
    commit: () => {
      atMs.push(Date.now() - startMs);
      return Promise.resolve(answers[atMs.length - 1] ?? 'ok');
    },
    onResult: (result) => void heard.push(result),
    clock: Date,
  });
  open = committer;
  const finish = (count: number): void => {
    for (let n = 0; n < count; n += 1) committer.eventFinished();
  };
  return { committer, atMs, heard, finish };
}

/** Each commit is out until it is answered. */
function startHeld() {
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
  const finish = (): void => committer.eventFinished();
  return { committer, finish, begun: () => begun, answer: (result: CommitResult) => answer(result) };
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
    finish(49);
    expect(atMs).toEqual([]);
    finish(1);
    expect(atMs).toEqual([20]);
    finish(49);
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
    const { finish, begun, answer } = startHeld();
    finish();
    finish();
    finish();
    await pass(5000);
    expect(begun()).toBe(1);
    answer('ok');
    await pass(200);
    expect(begun()).toBe(2);
  });

  test('follow each other where enough has finished while one was out', async () => {
    const { finish, begun, answer } = startHeld();
    for (let event = 0; event < 4; event += 1) finish();
    answer('ok');
    await pass(0);
    expect(begun()).toBe(2);
    finish();
    answer('ok');
    await pass(0);
    expect(begun()).toBe(2);
  });

  test.each<CommitResult>(['failed', 'partial', 'dropped'])(
    '… which one that ended with %s leaves to the interval',
    async (result) => {
      const { finish, begun, answer } = startHeld();
      for (let event = 0; event < 4; event += 1) finish();
      answer(result);
      await pass(0);
      expect(begun()).toBe(1);
    },
  );

  test('… and one that ended after the stop to nobody', async () => {
    const { committer, finish, begun, answer } = startHeld();
    for (let event = 0; event < 4; event += 1) finish();
    committer.stop();
    answer('ok');
    await pass(5000);
    expect(begun()).toBe(1);
  });

  test('come with the interval also where nothing has finished: the start may be left to commit', async () => {
    const { atMs, heard } = start(['nothing', 'ok', 'partial']);
    await pass(2999);
    expect(atMs).toEqual([1000, 2000]);
    await pass(1);
    expect(heard).toEqual(['ok', 'partial']);
  });

  test('come with an interval of a few ms, too', async () => {
    const { atMs, finish } = start([], 3);
    for (let n = 0; n < 8; n += 1) {
      finish(1);
      await pass(1);
    }
    expect(atMs).toEqual([3, 6]);
  });

  test('begin at once where a partition waits for one, unless one is out', async () => {
    const { committer, begun, answer } = startHeld();
    committer.hurry();
    committer.hurry();
    expect(begun()).toBe(1);
    answer('ok');
    await pass(0);
    committer.hurry();
    expect(begun()).toBe(2);
  });

  test('… unless the last one failed: then the interval decides', async () => {
    const { committer, atMs } = start(['failed']);
    committer.hurry();
    await pass(500);
    committer.hurry();
    expect(atMs).toEqual([0]);
    await pass(500);
    committer.hurry();
    expect(atMs).toEqual([0, 1000, 1000]);
  });

  test('are flushed after the one that is out, also once they are stopped', async () => {
    const { committer, begun, answer } = startHeld();
    committer.hurry();
    committer.stop();
    const flushed = committer.flush();
    await pass(0);
    expect(begun()).toBe(1);
    answer('failed');
    await pass(0);
    expect(begun()).toBe(2);
    answer('partial');
    expect(await flushed).toBe('partial');
  });

  test('tell when an event finished last', async () => {
    const { committer, finish } = start();
    expect(committer.lastFinishedAtMs).toBeUndefined();
    finish(1);
    await pass(70);
    finish(1);
    const finishedAtMs = Date.now();
    await pass(500);
    expect(committer.lastFinishedAtMs).toBe(finishedAtMs);
  });

  test('are not begun after the stop', async () => {
    const { committer, atMs, finish } = start();
    finish(1);
    committer.stop();
    finish(100);
    committer.hurry();
    await pass(5000);
    expect(atMs).toEqual([]);
  });
});
