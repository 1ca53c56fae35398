/** Which partitions are fetched, by what each holds: ten bytes of room a partition, and a fetch brings two. */
import { afterEach, describe, expect, test, vi } from 'vitest';
import { atTurnEnd } from '../../../../src/runtime/turn-end.ts';
import { createFetchPump, type PumpedFlow } from '../../../../src/stream/pace/fetch-pump.ts';

interface Held extends PumpedFlow {
  heldBytes: number;
}

const PARTITIONS = 3;

function openPump(mostBytes = Infinity) {
  const paused = new Set<number>();
  const pauses: number[] = [];
  let nowMs = 0;
  const pump = createFetchPump({
    maxBytes: 10 * PARTITIONS,
    overshootBytes: 2,
    mostBytes,
    fetchMs: 100,
    nowMs: () => nowMs,
    pause: (partition) => {
      paused.add(partition);
      pauses.push(partition);
    },
    resume: (partition) => void paused.delete(partition),
  });
  const flows = Array.from({ length: PARTITIONS }, (_, partition): Held => ({
    partition,
    heldBytes: 0,
    admit: () => false,
  }));
  pump.regulate();
  pump.serve(flows);
  const pausedAt = (...held: readonly number[]): number[] => {
    for (const [n, flow] of flows.entries()) flow.heldBytes = held[n] ?? 0;
    pump.regulate();
    return [...paused].sort();
  };
  const after = (ms: number): void => void (nowMs += ms);
  return { pausedAt, after, pump, paused, pauses };
}

describe('what is fetched', () => {
  test('a partition is paused where one more fetch would go beyond its part, and fetched again below that', () => {
    const { pausedAt } = openPump();
    expect(pausedAt(7, 7, 7)).toEqual([]);
    expect(pausedAt(8, 7, 0)).toEqual([0]);
    expect(pausedAt(8, 8, 0)).toEqual([0, 1]);
    expect(pausedAt(7, 8, 0)).toEqual([1]);
  });

  test('partitions that are held, with a whole fetch beyond, do not keep another from being fetched', () => {
    expect(openPump().pausedAt(12, 12, 0)).toEqual([0, 1]);
  });

  test('one record larger than all room keeps no other partition from being fetched', () => {
    const { pausedAt } = openPump();
    expect(pausedAt(1000, 0, 0)).toEqual([0]);
    expect(pausedAt(1000, 12, 0)).toEqual([0, 1]);
    expect(pausedAt(0, 0, 0)).toEqual([]);
  });

  test('a second one has all wait until it is done', () => {
    const { pausedAt } = openPump();
    expect(pausedAt(1000, 500, 0)).toEqual([0, 1, 2]);
    expect(pausedAt(0, 500, 0)).toEqual([1]);
  });

  test('… as have some that hold together what all may, and a fetch for each, beside the largest excess', () => {
    const { pausedAt } = openPump();
    expect(pausedAt(16, 16, 7)).toEqual([0, 1]);
    expect(pausedAt(18, 19, 7)).toEqual([0, 1]);
    expect(pausedAt(19, 19, 7)).toEqual([0, 1, 2]);
  });

  test('… as have partitions that hold more together than the pod can, however many they are', () => {
    const { pausedAt } = openPump(20);
    expect(pausedAt(7, 7, 5)).toEqual([]);
    expect(pausedAt(7, 7, 6)).toEqual([0, 1, 2]);
    expect(pausedAt(1000, 5, 4)).toEqual([0]);
    expect(pausedAt(1000, 5, 5)).toEqual([0, 1, 2]);
  });

  test('a partition that would finish all it has before it is fetched again is paused only with more', () => {
    const { pausedAt, after, pauses } = openPump();
    after(5000);
    pausedAt(9, 9, 9);
    after(10);
    pausedAt(9, 8, 9);
    after(10);
    expect(pausedAt(9, 7, 9)).toEqual([0, 2]);
    expect(pauses).toEqual([0, 1, 2]);
    expect(pausedAt(9, 9, 9)).toEqual([0, 2]);
    expect(pausedAt(9, 10, 9)).toEqual([0, 1, 2]);
  });

  test('… which the end of one record, in a moment, does not tell', () => {
    const { pausedAt, after } = openPump();
    pausedAt(9, 9, 9);
    after(19);
    pausedAt(9, 0, 9);
    expect(pausedAt(9, 8, 9)).toEqual([0, 1, 2]);
  });

  test('… but never with more than a fetch beyond its part', () => {
    const { pausedAt, after } = openPump();
    pausedAt(9, 9, 9);
    after(20);
    pausedAt(9, 0, 9);
    expect(pausedAt(9, 11, 9)).toEqual([0, 2]);
    expect(pausedAt(9, 12, 9)).toEqual([0, 1, 2]);
  });

  test('… and only as long as it is so fast', () => {
    const { pausedAt, after } = openPump();
    pausedAt(9, 9, 9);
    after(20);
    pausedAt(9, 0, 9);
    pausedAt(9, 12, 9);
    after(1000);
    pausedAt(9, 7, 9);
    expect(pausedAt(9, 8, 9)).toEqual([0, 1, 2]);
  });

  test('what was paused is resumed where partitions are handed out anew', () => {
    const { pausedAt, pump, paused } = openPump();
    pausedAt(9, 9, 9);
    pump.serve([]);
    expect([...paused]).toEqual([]);
  });
});

/** Resolves after what was put off to this turn's end before. */
const turn = (): Promise<void> => new Promise(atTurnEnd);

describe('what is taken in', () => {
  let nowMs = 0;
  afterEach(() => {
    vi.restoreAllMocks();
  });

  /** Each partition has so many events, and each event takes so long. */
  function openEvents(counts: readonly number[], eventMs = 0) {
    nowMs = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => nowMs);
    const taken: number[] = [];
    const resumed: number[] = [];
    let asked = 0;
    const pump = createFetchPump({
      ...{ maxBytes: 100, overshootBytes: 2, fetchMs: 100 },
      pause: () => undefined,
      resume: (partition) => void resumed.push(partition),
    });
    const left = [...counts];
    const flows = left.map((_, partition): Held => {
      const flow: Held = {
        partition,
        heldBytes: 0,
        admit: () => {
          asked += 1;
          if ((left[partition] ?? 0) === 0) return false;
          left[partition]! -= 1;
          nowMs += eventMs;
          flow.heldBytes = 0;
          taken.push(partition);
          return true;
        },
      };
      return flow;
    });
    pump.serve(flows);
    return { pump, taken, resumed, flows, left, asked: () => asked };
  }
  const times = (count: number, partition: number): number[] => Array<number>(count).fill(partition);

  test('a few events of each partition in turn, until there are none, in one turn of the loop', async () => {
    const { pump, taken } = openEvents([20, 0, 40]);
    pump.wake();
    expect(taken).toEqual([]);
    await turn();
    expect(taken).toEqual([
      ...times(16, 0),
      ...times(16, 2),
      ...times(4, 0),
      ...times(16, 2),
      ...times(8, 2),
    ]);
  });

  test('… once, however often the pump is woken, and again when it is woken later', async () => {
    const { pump, taken, left, asked } = openEvents([0, 0, 0]);
    for (let count = 0; count < 5; count += 1) pump.wake();
    await turn();
    expect(asked()).toBe(3);
    left[1] = 2;
    await turn();
    expect(taken).toEqual([]);
    pump.wake();
    await turn();
    expect(taken).toEqual([1, 1]);
  });

  test('… for eight ms in one turn of the loop, and goes on with the next partition in the next one', async () => {
    const { pump, taken } = openEvents([40, 40], 0.5);
    pump.wake();
    await turn();
    expect(taken).toEqual([...times(16, 0), ...times(16, 1)]);
    await turn();
    await turn();
    expect(taken).toHaveLength(80);
    const slower = openEvents([40, 40], 0.51);
    slower.pump.wake();
    await turn();
    expect(slower.taken).toEqual(times(16, 0));
    await turn();
    expect(slower.taken).toEqual([...times(16, 0), ...times(16, 1)]);
  });

  test('… and what it has freed is fetched again', async () => {
    const { pump, resumed, flows } = openEvents([1, 1]);
    flows[0]!.heldBytes = 50;
    pump.regulate();
    expect(resumed).toEqual([]);
    pump.wake();
    await turn();
    expect(resumed).toEqual([0]);
  });

  test('nothing, once there are no partitions', async () => {
    const { pump, asked } = openEvents([5]);
    pump.wake();
    pump.serve([]);
    await turn();
    expect(asked()).toBe(0);
  });
});
