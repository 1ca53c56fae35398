/** Who works in slices lets the loop turn in between, one a turn; what slices take is told, and no wait beside them. */
import { performance } from 'node:perf_hooks';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { countTurns, createPacer, slicedMs, takeLoopTurn } from '../../../src/runtime/loop-turns.ts';
import { atTurnEnd } from '../../../src/runtime/turn-end.ts';

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

afterEach(() => {
  vi.restoreAllMocks();
});

test('one who waits goes on each turn, first come first served; then the loop may rest', async () => {
  const log: string[] = [];
  for (const name of ['a', 'b', 'c']) void takeLoopTurn().then(() => log.push(name));
  const seenAtTurns: string[] = [];
  for (let turn = 0; turn < 3; turn += 1) {
    await nextTurn();
    seenAtTurns.push(log.join(''));
  }
  expect(seenAtTurns).toEqual(['a', 'ab', 'abc']);
  await nextTurn();
  expect(process.getActiveResourcesInfo()).not.toContain('Immediate');
});

test('turns are counted', async () => {
  const before = countTurns();
  expect(before).toBeGreaterThan(0);
  for (let turn = 0; turn < 3; turn += 1) await nextTurn();
  expect(countTurns() - before).toBeGreaterThanOrEqual(2);
  expect(countTurns() - before).toBeLessThanOrEqual(4);
});

describe('a pacer', () => {
  /** A clock that only the test moves. */
  function standStill(): { pass: (ms: number) => void } {
    let nowMs = 5000;
    vi.spyOn(performance, 'now').mockImplementation(() => nowMs);
    return { pass: (ms) => (nowMs += ms) };
  }

  test('says when a slice has kept the loop for 4 ms, and begins anew after a turn', async () => {
    const { pass } = standStill();
    const pacer = createPacer();
    pass(3.5);
    expect(pacer.isDue()).toBe(false);
    pass(0.5);
    expect(pacer.isDue()).toBe(true);
    await pacer.turn();
    expect(pacer.isDue()).toBe(false);
    pass(4);
    expect(pacer.isDue()).toBe(true);
  });

  test('counts what its slices took of the loop, and no wait for something else', async () => {
    const { pass } = standStill();
    const before = slicedMs();
    const pacer = createPacer();
    pass(7);
    await pacer.turn();
    expect(slicedMs() - before).toBeCloseTo(7);
    pass(5);
    await pacer.turn();
    expect(slicedMs() - before).toBeCloseTo(12);
    // Two turns: a timer alone may still run in the turn that the slice began in.
    for (let turn = 0; turn < 2; turn += 1) await nextTurn();
    pass(100);
    await pacer.turn();
    expect(slicedMs() - before).toBeCloseTo(12);
  });
});

test('what waits for the end of a turn comes after what the continuations of the turn ask for', async () => {
  const log: string[] = [];
  await nextTurn();
  atTurnEnd(() => log.push('end'));
  await Promise.resolve();
  setImmediate(() => log.push('continuation'));
  for (let turn = 0; turn < 2; turn += 1) await nextTurn();
  expect(log).toEqual(['continuation', 'end']);
});
