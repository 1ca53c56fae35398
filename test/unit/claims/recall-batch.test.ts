/** Recalls share calls to Redis; every event gets its own answer all the same, and no call waits longer than a turn. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { Cap } from '../../../src/domain/cap.ts';
import { UnavailableError } from '../../../src/runtime/errors.ts';
import { createRecallBatch } from '../../../src/claims/recall-batch.ts';
import { atTurnEnd } from '../../../src/runtime/turn-end.ts';

interface Call {
  readonly keys: readonly string[];
  readonly args: readonly (string | number | Buffer)[];
  answer(answers: unknown[]): void;
  fail(error: Error): void;
}

const caps: readonly Cap[] = [
  { per: 'user', max: 2, windowMs: 1000 },
  { per: 'user+merchant', max: 1, windowMs: 5000 },
];
const keysOf = (event: number): [string, string] => [`record-${String(event)}`, `history-${String(event)}`];
const turn = (): Promise<void> =>
  new Promise((resolve) => {
    atTurnEnd(resolve);
  });

/** For so long a call is kept for more to come. */
const gathered = async (): Promise<void> => {
  await turn();
  await turn();
};

/** Redis's clock. */
const AT_MS = 7000;

let calls: Call[];
type AskedFor = (keys: readonly [string, string], caps: readonly Cap[]) => Promise<readonly unknown[]>;
function open(maxEvents: number): AskedFor {
  const recall = createRecallBatch({
    maxEvents,
    run: (keys, args) =>
      new Promise((resolve, reject) => {
        calls.push({ keys, args, answer: resolve, fail: reject });
      }),
  });
  return (keys, caps) => recall(keys, caps, (answer) => answer);
}
beforeEach(() => {
  calls = [];
});

describe('recalls of one turn of the event loop', () => {
  it('go out together, each with its own answer', async () => {
    const recall = open(64);
    const answers = [1, 2, 3].map((event) => recall(keysOf(event), caps));
    await gathered();
    expect(calls.map(({ keys }) => keys)).toEqual([[1, 2, 3].flatMap(keysOf)]);
    calls[0]?.answer([3, AT_MS, 2, ['known', 'claimed'], 3, ['full']]);
    expect(await Promise.all(answers)).toEqual([['room'], ['known', 'claimed'], ['full']]);
  });

  it('go out with those of the turn after, and do not wait for more', async () => {
    const recall = open(64);
    void recall(keysOf(1), caps);
    await turn();
    expect(calls).toHaveLength(0);
    void recall(keysOf(2), caps);
    await turn();
    expect(calls.map(({ keys }) => keys)).toEqual([[1, 2].flatMap(keysOf)]);
  });

  it('ask by the caps of a user alone', async () => {
    void open(64)(keysOf(1), caps);
    await gathered();
    expect(calls[0]?.args).toEqual([2, 1000, 0]);
  });

  it('go out apart where the rules have changed between them', async () => {
    const recall = open(64);
    void recall(keysOf(1), caps);
    void recall(keysOf(2), [{ per: 'user', max: 9, windowMs: 1 }]);
    calls[0]?.answer([1, AT_MS]);
    await gathered();
    expect(calls.map(({ keys, args }) => ({ keys, args }))).toEqual([
      { keys: keysOf(1), args: [2, 1000, 0] },
      { keys: keysOf(2), args: [9, 1, 0] },
    ]);
  });

  it('never go out in a call of more than the most', async () => {
    const recall = open(3);
    for (let event = 0; event < 7; event += 1) void recall(keysOf(event), caps);
    calls[0]?.answer([3, AT_MS]);
    await gathered();
    expect(calls.map(({ keys }) => keys.length / 2)).toEqual([3, 3, 1]);
  });

  it('go out each for itself, at once, in a cluster', () => {
    const recall = open(1);
    void recall(keysOf(1), caps);
    void recall(keysOf(2), caps);
    expect(calls.map(({ keys }) => keys)).toEqual([keysOf(1), keysOf(2)]);
  });
});

describe('while a call is out', () => {
  it('the others gather, and go out together when it comes back', async () => {
    const recall = open(64);
    for (const event of [1, 2, 3]) {
      void recall(keysOf(event), caps);
      await gathered();
    }
    expect(calls).toHaveLength(1);
    calls[0]?.answer([1, AT_MS]);
    await turn();
    void recall(keysOf(4), caps);
    await gathered();
    expect(calls.map(({ keys }) => keys)).toEqual([keysOf(1), [2, 3, 4].flatMap(keysOf)]);
  });

  it('and fails, the others go out all the same', async () => {
    const recall = open(64);
    const first = recall(keysOf(1), caps);
    await gathered();
    void recall(keysOf(2), caps);
    await gathered();
    calls[0]?.fail(new Error('away'));
    await expect(first).rejects.toThrow('away');
    await gathered();
    expect(calls[1]?.keys).toEqual(keysOf(2));
  });

  it('as many as make a call of their own do not wait for it', async () => {
    const recall = open(2);
    for (const event of [1, 2, 3, 4, 5]) void recall(keysOf(event), caps);
    await gathered();
    expect(calls.map(({ keys }) => keys.length / 2)).toEqual([2, 2]);
  });
});

it('an answer that can not be read fails its event alone', async () => {
  const recall = createRecallBatch({ maxEvents: 64, run: () => Promise.resolve([2, AT_MS]) });
  const unreadable = recall(keysOf(1), caps, () => {
    throw new TypeError('unreadable');
  });
  const other = recall(keysOf(2), caps, () => 'read');
  await expect(unreadable).rejects.toThrow('unreadable');
  expect(await other).toBe('read');
});

describe('a call that fails', () => {
  it('by one user’s damaged key fails that user’s event alone: the others ask again by themselves', async () => {
    const recall = open(64);
    const answers = [1, 2, 3].map((event) => recall(keysOf(event), caps));
    const settled = Promise.allSettled(answers);
    await gathered();
    // The rules change while it is out.
    void recall(keysOf(4), [{ per: 'user', max: 9, windowMs: 1 }]);
    const damaged = Object.assign(new Error('WRONGTYPE'), { name: 'ReplyError' });
    calls[0]?.fail(damaged);
    await turn();
    expect(calls.slice(1)).toMatchObject(
      [1, 2, 3].map((event) => ({ keys: keysOf(event), args: [2, 1000, 0] })),
    );
    calls[1]?.answer([1, AT_MS, 1, ['full', '0']]);
    calls[2]?.fail(damaged);
    calls[3]?.answer([1, AT_MS]);
    expect(await settled).toEqual([
      { status: 'fulfilled', value: ['full', '0'] },
      { status: 'rejected', reason: damaged },
      { status: 'fulfilled', value: ['room'] },
    ]);
    await gathered();
    expect(calls.slice(4)).toMatchObject([{ keys: keysOf(4) }]);
  });

  it('as Redis is away fails everybody of it, and nobody else', async () => {
    const recall = open(2);
    const answers = [1, 2, 3].map((event) => recall(keysOf(event), caps));
    const settled = Promise.allSettled(answers);
    await gathered();
    calls[0]?.fail(new UnavailableError('redis', 'no answer in time'));
    await Promise.allSettled(answers.slice(0, 2));
    await gathered();
    calls[1]?.answer([1, AT_MS]);
    expect((await settled).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled']);
  });

  it('is one that answers fewer events than were asked for', async () => {
    const recall = open(64);
    const settled = Promise.allSettled([1, 2].map((event) => recall(keysOf(event), caps)));
    await gathered();
    calls[0]?.answer([1, AT_MS]);
    await turn();
    calls[1]?.answer([]);
    calls[2]?.answer([1, AT_MS]);
    expect((await settled).map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
  });
});
