/** Letters go back once each: wherever a command is killed, whoever else does the same, whatever Kafka answers. */
import { beforeEach, expect, it } from 'vitest';
import { dealWith, TakenOverError, type Dealing } from '../../../../src/cli/dead-letters/deal-with.ts';
import {
  createLetterBench,
  KilledError,
  type Fault,
  type LetterBench,
} from '../../../support/cli/letter-desk.ts';
import type { Clock } from '../../../../src/runtime/clock.ts';

let bench: LetterBench;
let nowMs: number;
const clock: Clock = {
  now: () => nowMs,
  sleep: async (ms) => {
    nowMs += ms;
  },
};
beforeEach(() => {
  bench = createLetterBench();
  nowMs = Date.parse('2026-11-27T10:00:00Z');
});

const REPLAY: Dealing = { what: 'replay', filter: {}, parked: false, by: 'ann', clock };
const replay = (more: Partial<Dealing> = {}, fault?: Fault) =>
  dealWith(bench.open(fault), { ...REPLAY, ...more });
const idsOf = (): unknown[] => bench.putBack.map(({ headers }) => headers?.['event-id']);
const addMany = (count: number): void => {
  bench.add(...Array.from({ length: count }, (_, n) => ({ partition: n % 2 })));
};

it('puts the key, the bytes and the record’s own headers back, with three of its own', async () => {
  bench.add({
    ...{ key: 'k-1', value: '{"userId":', atMs: 5_000 },
    headers: {
      reason: 'malformed',
      'event-id': 'e-9',
      traceparent: '00-1',
      'content-type': 'application/json',
    },
  });
  expect(await replay()).toMatchObject({ count: 1, refused: [], stopped: false });
  expect(bench.putBack).toEqual([
    {
      ...{
        topic: 'location-events',
        partition: 1,
        key: Buffer.from('k-1'),
        value: Buffer.from('{"userId":'),
      },
      headers: {
        ...{ traceparent: Buffer.from('00-1'), 'content-type': Buffer.from('application/json') },
        ...{ 'event-id': 'e-9', replays: '1', 'first-failed-at': '1970-01-01T00:00:05.000Z' },
      },
    },
  ]);
});

it('counts a letter that came back on, and its headers do not grow', async () => {
  const [first, since] = ['1970-01-01T00:00:01.000Z', '1970-01-01T00:00:09.000Z'];
  bench.add({ headers: { replays: '2', 'first-failed-at': first, 'failed-at': since } });
  await replay();
  expect(bench.putBack[0]?.headers).toEqual({ 'event-id': 'e-0', replays: '3', 'first-failed-at': first });
});

it('gives a key of the letter’s own back as none, and goes by the key where the partition is gone', async () => {
  bench.add({ key: 'location-events-1-100-0', headers: { 'original-key': 'none', 'source-partition': '4' } });
  bench.add({ headers: { 'source-partition': '9' } });
  await replay();
  expect(bench.putBack[0]).toMatchObject({ key: null, topic: 'location-events', partition: 0 });
  expect(bench.putBack[1]).toMatchObject({ key: Buffer.from('u-1') });
  expect(bench.putBack[1]).not.toHaveProperty('partition');
});

it('leaves alone what is dealt with, parked, without a value, or no letter', async () => {
  bench.add(
    {},
    { headers: { replays: '3' } },
    { value: null, headers: { 'value-sha256': 'x', 'value-bytes': '9' } },
  );
  bench.add({ value: null, headers: { reason: 'malformed' } });
  expect(await replay({ filter: { letter: [{ partition: 0, offset: 0 }] } })).toMatchObject({ count: 1 });
  expect(await replay()).toMatchObject({ count: 1, doneBefore: 1, parked: 1, lost: 1 });
  expect(idsOf()).toEqual(['e-0', 'e-3']);
  expect(await replay({ parked: true })).toMatchObject({ count: 1, doneBefore: 2, parked: 0, lost: 1 });
});

it('discards, also parked ones, and writes no record', async () => {
  addMany(6);
  bench.add({ headers: { replays: '7' } });
  expect(await replay({ what: 'discard' })).toMatchObject({ count: 7 });
  expect(await replay()).toMatchObject({ count: 0, doneBefore: 7 });
  expect(bench.putBack).toEqual([]);
});

it.each(['killed before', 'killed after'] as const)(
  '%s any commit and begun again: each letter once',
  async (kind) => {
    for (let at = 1; at <= 6; at += 1) {
      bench = createLetterBench();
      addMany(10);
      // Four a second: batches of one letter, so that each is a commit.
      await expect(replay({ rate: 4 }, { at, kind })).rejects.toThrow(KilledError);
      await replay({ rate: 4 });
      expect(idsOf().sort()).toEqual(['e-0', 'e-0', 'e-1', 'e-1', 'e-2', 'e-2', 'e-3', 'e-3', 'e-4', 'e-4']);
    }
  },
);

it.each(['away before', 'away after'] as const)(
  'Kafka %s a commit of unknown fate: each letter once',
  async (kind) => {
    for (let at = 2; at <= 7; at += 1) {
      bench = createLetterBench();
      addMany(6);
      expect(await replay({ rate: 4 }, { at, kind })).toMatchObject({ count: 6 });
      expect(bench.putBack).toHaveLength(6);
    }
  },
);

it('says what it goes on with, and leaves what came back meanwhile to another time', async () => {
  addMany(10);
  const killed: Fault = { at: 4, kind: 'killed after' };
  await expect(replay({ rate: 4, by: 'bob' }, killed)).rejects.toThrow(KilledError);
  bench.add({ headers: { replays: '1' } });
  bench.add({ headers: { reason: 'coupon_api_failed' } });
  expect(await replay()).toMatchObject({
    count: 8,
    doneBefore: 3,
    cameBack: 1,
    continued: { by: 'bob', count: 3 },
  });
  expect(await replay()).toMatchObject({ count: 1, cameBack: 0, continued: undefined });
});

it('who comes later goes on, who was first says so and writes no more', async () => {
  addMany(40);
  let isSecond = false;
  let second: Promise<unknown> | undefined;
  bench.onCommit = () => {
    if (isSecond || bench.putBack.length < 5) return;
    isSecond = true;
    second = replay({ by: 'bob' });
  };
  await expect(replay({ rate: 4 })).rejects.toThrow(TakenOverError);
  expect(await second).toMatchObject({ count: 35 });
  expect(new Set(bench.putBack).size).toBe(40);
});

it('a letter that a topic refuses keeps no other from going', async () => {
  addMany(9);
  bench.add({ value: 'too large' }, {});
  bench.refuse = ({ value }) => value?.toString() === 'too large';
  const dealt = await replay();
  expect(dealt).toMatchObject({
    count: 10,
    refused: [{ address: { partition: 0, offset: 5 }, error: 'too large' }],
  });
  expect(await replay()).toMatchObject({ count: 0, doneBefore: 10 });
});

it('a topic that takes nothing is asked once, and keeps no letter of another from going', async () => {
  bench.topics.set('other', 4);
  bench.forbidden = 'location-events';
  addMany(4800);
  bench.add(...Array.from({ length: 10 }, () => ({ headers: { 'source-topic': 'other' } })));
  addMany(20);
  const dealt = await replay();
  expect(dealt.count).toBe(10);
  expect(dealt.refused).toHaveLength(4820);
  expect(new Set(dealt.refused.map(({ error }) => error))).toEqual(new Set(['not authorized']));
  // Begin, what was refused, the letters of the other topic, end.
  expect(bench.tried).toBe(4);

  bench.forbidden = undefined;
  expect(await replay()).toMatchObject({ count: 4820, doneBefore: 10, refused: [] });
});

it('a topic that takes nothing is found in a batch with letters of another', async () => {
  bench.topics.set('other', 4);
  bench.forbidden = 'location-events';
  bench.add({}, { headers: { 'source-topic': 'other' } }, {});
  expect(await replay()).toMatchObject({
    count: 1,
    refused: [{ address: { offset: 0 } }, { address: { offset: 2 } }],
  });
});

it('says of which topic there is none any more', async () => {
  bench.add({ headers: { 'source-topic': 'gone' } }, {});
  expect(await replay()).toMatchObject({ count: 1, refused: [{ error: 'there is no topic gone' }] });
  bench.topics.set('gone', 1);
  expect(await replay()).toMatchObject({ count: 1, doneBefore: 1, refused: [] });
});

it('takes nothing of a topic that was made anew for dealt with', async () => {
  addMany(4);
  await replay();
  expect(await dealWith(bench.open(undefined, 'id-2'), REPLAY)).toMatchObject({ count: 4, doneBefore: 0 });
});

it('keeps to its rate', async () => {
  addMany(100);
  const beganMs = nowMs;
  await replay({ rate: 20 });
  expect((nowMs - beganMs) / 1000).toBeGreaterThan(4.5);
  expect((nowMs - beganMs) / 1000).toBeLessThan(5.5);
});

it('stops after what was begun, and goes on next time', async () => {
  addMany(20);
  const stopping = new AbortController();
  const stopped = await replay({ rate: 4, signal: stopping.signal, onProgress: () => stopping.abort() });
  expect(stopped).toMatchObject({ count: 1, stopped: true });
  expect(await replay()).toMatchObject({ count: 19, doneBefore: 1, stopped: false });
});

it('a stop ends the wait for its pace, and nothing more is begun', async () => {
  addMany(20);
  const stopping = new AbortController();
  const beganMs = nowMs;
  const stoppedAsleep: Clock = {
    now: clock.now,
    sleep: async (ms, signal) => {
      stopping.abort();
      if (signal?.aborted !== true) nowMs += ms;
    },
  };
  const stopped = await replay({ rate: 4, signal: stopping.signal, clock: stoppedAsleep });
  expect(stopped).toMatchObject({ count: 1, stopped: true });
  expect(nowMs).toBe(beganMs);
});

it.each([
  ['away before', 0],
  ['away after', 10],
] as const)('a stop ends the wait for the next try, %s a commit', async (kind, count) => {
  addMany(20);
  const stopping = new AbortController();
  const beganMs = nowMs;
  const sleep: Clock['sleep'] = async (ms, signal) => {
    stopping.abort();
    if (signal?.aborted !== true) nowMs += ms;
  };
  const more = { signal: stopping.signal, clock: { ...clock, sleep } };
  expect(await replay(more, { at: 2, kind })).toMatchObject({ count, stopped: true });
  expect([nowMs, bench.putBack.length]).toEqual([beganMs, count]);
  expect(await replay()).toMatchObject({ count: 20 - count, doneBefore: count, stopped: false });
});

it('what is refused is not halved on after a stop', async () => {
  addMany(20);
  const stopping = new AbortController();
  bench.refuse = () => {
    stopping.abort();
    return true;
  };
  expect(await replay({ signal: stopping.signal })).toMatchObject({ count: 0, refused: [], stopped: true });
  // What begins the action, and the letters of one partition.
  expect(bench.tried).toBe(2);
});

/** Kafka is away for so long after a commit of unknown fate: neither pen nor ledger can be had. */
async function replayWhileAway(awayMs: number, kind: Fault['kind'] = 'away after') {
  addMany(6);
  const desk = bench.open({ at: 3, kind });
  let takes = 0;
  let awayUntilMs: number | undefined;
  const takePen = async (): Promise<void> => {
    takes += 1;
    if (takes > 1) awayUntilMs ??= nowMs + awayMs;
    // As long as the adapter tries by itself.
    if (nowMs < (awayUntilMs ?? 0)) {
      nowMs += 3000;
      throw new Error('Kafka (KAFKA_BROKERS) can’t be reached');
    }
    await desk.takePen();
  };
  return dealWith({ ...desk, takePen }, { ...REPLAY, rate: 4 });
}

it.each(['away before', 'away after'] as const)(
  'Kafka may be away for half a minute in the middle, %s a commit',
  async (kind) => {
    expect(await replayWhileAway(25_000, kind)).toMatchObject({ count: 6, refused: [] });
    expect(bench.putBack).toHaveLength(6);
  },
);

it('gives up where Kafka stays away', async () => {
  await expect(replayWhileAway(3_600_000)).rejects.toThrow('can’t be reached');
  expect(await replay()).toMatchObject({ count: 4, doneBefore: 2 });
});

it('asks the ledger again where Kafka is away while it looks who has taken over', async () => {
  addMany(40);
  const desk = bench.open();
  let second: Promise<unknown> | undefined;
  bench.onCommit = () => {
    if (second === undefined && bench.putBack.length >= 5) second = replay({ by: 'bob' });
  };
  let looks = 0;
  const look = async (): Promise<void> => {
    looks += 1;
    if (looks <= 2) throw new Error('Kafka is away');
    await desk.look();
  };
  await expect(dealWith({ ...desk, look }, { ...REPLAY, rate: 4 })).rejects.toThrow(TakenOverError);
  await second;
  expect(bench.putBack).toHaveLength(40);
});

it('writes down who did what, how often, and names no user', async () => {
  bench.add({}, { value: '{"userId":"u-2"}', key: 'u-2' });
  await replay({ filter: { user: 'u-2', reason: ['invalid'] }, note: 'mended' });
  const actions = bench.open();
  await actions.look();
  expect(actions.actions.list()).toMatchObject([
    {
      what: 'replay',
      by: 'ann',
      note: 'mended',
      count: 1,
      filter: { reason: ['invalid'] },
      endedAt: expect.any(String) as string,
    },
  ]);
  expect(JSON.stringify(bench.ledger)).not.toContain('u-2');
});

it('what is kept of letters that retention has taken goes, too', async () => {
  addMany(2);
  await replay();
  const desk = bench.open();
  await desk.look();
  expect(desk.marks.planSweep(new Map([[0, 4095]]))).toEqual([]);
  expect(desk.marks.planSweep(new Map([[0, 4096]]))).toEqual([{ key: 'done/id-1/0/0', value: null }]);
});
