/** Which partitions are fetched, by what each holds: ten bytes of room a partition, and a fetch brings two. */
import { describe, expect, test } from 'vitest';
import { createFetchPump, type PumpedFlow } from '../../../../src/stream/pace/fetch-pump.ts';

interface Held extends PumpedFlow {
  heldBytes: number;
}

const PARTITIONS = 3;

function openPump(mostBytes = Infinity) {
  const paused = new Set<number>();
  let nowMs = 0;
  const pump = createFetchPump({
    maxBytes: 10 * PARTITIONS,
    overshootBytes: 2,
    mostBytes,
    fetchMs: 100,
    nowMs: () => nowMs,
    pause: (partition) => void paused.add(partition),
    resume: (partition) => void paused.delete(partition),
  });
  const flows = Array.from({ length: PARTITIONS }, (_, partition): Held => ({
    partition,
    heldBytes: 0,
    admit: () => false,
  }));
  pump.serve(flows);
  const pausedAt = (...held: readonly number[]): number[] => {
    for (const [n, flow] of flows.entries()) flow.heldBytes = held[n] ?? 0;
    pump.regulate();
    return [...paused].sort();
  };
  const after = (ms: number): void => void (nowMs += ms);
  return { pausedAt, after, pump, paused };
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

  test('… as have partitions that hold more together than the pod can, however many they are', () => {
    const { pausedAt } = openPump(20);
    expect(pausedAt(7, 7, 5)).toEqual([]);
    expect(pausedAt(7, 7, 6)).toEqual([0, 1, 2]);
    expect(pausedAt(1000, 5, 4)).toEqual([0]);
    expect(pausedAt(1000, 5, 5)).toEqual([0, 1, 2]);
  });

  test('a partition that would finish all it has before it is fetched again is paused only with more', () => {
    const { pausedAt, after } = openPump();
    pausedAt(9, 9, 9);
    after(20);
    expect(pausedAt(9, 7, 9)).toEqual([0, 2]);
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
