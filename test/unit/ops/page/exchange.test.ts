/** Pods hear each other through their notes; without Redis each knows itself, and says why. */
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { createExchange, SNAPSHOT_KEEP_MS, type OwnNumbers } from '../../../../src/ops/page/exchange.ts';
import { SLOT_MS, totalOf } from '../../../../src/ops/page/hour.ts';
import type { Note, PodNotes } from '../../../../src/ops/pod-notes.ts';
import type { LivePod } from '../../../../src/ops/pods.ts';
import { UnavailableError } from '../../../../src/runtime/errors.ts';
import { counts, hourOf, NOW_MS, snapshot } from './example-fleet.ts';

const live = (pod: string): LivePod =>
  ({ pod, version: '1', seenAt: new Date(NOW_MS - 7000).toISOString() }) as LivePod;

let numbers: { write: ReturnType<typeof vi.fn>; exchange: ReturnType<typeof vi.fn> };
let hours: typeof numbers;
let pods: LivePod[] | undefined;

beforeEach(() => {
  numbers = { write: vi.fn(async () => {}), exchange: vi.fn(async () => []) };
  hours = { write: vi.fn(async () => {}), exchange: vi.fn(async () => []) };
  pods = [live('pod-1')];
});

const open = () =>
  createExchange({
    pod: 'pod-1',
    snapshots: numbers as unknown as PodNotes,
    hours: hours as unknown as PodNotes,
    livePods: () => pods,
  });

const own = (monotonicMs = 0, received = 5): OwnNumbers => ({
  snapshot: snapshot({ counts: counts({ received }) }),
  hour: () => hourOf({ received }),
  nowMs: NOW_MS + monotonicMs,
  monotonicMs,
});

const note = (by: string, value: object, ageMs = 500): Note => ({ by, text: JSON.stringify(value), ageMs });

describe('while nobody watches', () => {
  it('a pod notes its numbers at each look, its hour once a slot, and hears nobody', async () => {
    const exchange = open();
    for (const atMs of [0, 750, SLOT_MS - 1, SLOT_MS]) await exchange.turn(own(atMs), false);
    expect(numbers.write).toHaveBeenCalledTimes(4);
    expect(hours.write).toHaveBeenCalledTimes(2);
    expect([numbers.exchange, hours.exchange].map((asked) => asked.mock.calls)).toEqual([[], []]);
  });

  it('it notes nothing before Redis may be used', async () => {
    pods = undefined;
    await open().turn(own(), true);
    expect([numbers.write, numbers.exchange].map((asked) => asked.mock.calls)).toEqual([[], []]);
  });
});

describe('while somebody watches', () => {
  const second = snapshot({ pod: 'pod-2', counts: counts({ received: 40 }) });
  const told = { ...hourOf({ received: 30 }), counted: counts({ received: 30 }) };

  it('it knows all pods, and their hour up to what they say now', async () => {
    pods = [live('pod-1'), live('pod-2')];
    numbers.exchange.mockResolvedValue([note('pod-1', snapshot()), note('pod-2', second)]);
    hours.exchange.mockResolvedValue([note('pod-1@1', hourOf({ received: 1 })), note('pod-2@1', told)]);
    const exchange = open();
    await exchange.turn(own(), true);
    const { pods: seen, silent, alone, hour } = exchange.fleet(own(250));
    expect(alone).toBeUndefined();
    expect(silent).toEqual([]);
    expect(seen.map(({ snapshot: { pod }, ageSeconds }) => [pod, ageSeconds])).toEqual([
      ['pod-1', 0],
      ['pod-2', 0.75],
    ]);
    // 5 of its own, 30 that the other has told, 10 that it has counted since.
    expect(totalOf(hour).received).toBe(45);
  });

  it('the hour of a pod that has ended counts on', async () => {
    hours.exchange.mockResolvedValue([note('pod-9@7', told)]);
    const exchange = open();
    await exchange.turn(own(), true);
    expect(totalOf(exchange.fleet(own()).hour).received).toBe(35);
  });

  it('hours are heard once a slot', async () => {
    const exchange = open();
    for (const atMs of [0, 750, SLOT_MS]) await exchange.turn(own(atMs), true);
    expect(hours.exchange).toHaveBeenCalledTimes(2);
  });

  it('a pod that is listed and tells nothing is silent', async () => {
    pods = [live('pod-1'), live('pod-2')];
    const exchange = open();
    await exchange.turn(own(), true);
    expect(exchange.fleet(own()).silent).toEqual([{ pod: 'pod-2', version: '1', silentSeconds: 7 }]);
  });

  it('numbers that are too old are nobody’s', async () => {
    numbers.exchange.mockResolvedValue([note('pod-2', second, SNAPSHOT_KEEP_MS - 100)]);
    const exchange = open();
    await exchange.turn(own(), true);
    expect(exchange.fleet(own(100)).pods).toHaveLength(2);
    expect(exchange.fleet(own(101)).pods).toHaveLength(1);
  });

  it('what it can’t read is nobody’s', async () => {
    numbers.exchange.mockResolvedValue([{ by: 'pod-2', text: '{', ageMs: 1 }]);
    hours.exchange.mockResolvedValue([{ by: 'pod-2@1', text: '{', ageMs: 1 }]);
    const exchange = open();
    await exchange.turn(own(), true);
    expect(exchange.fleet(own())).toMatchObject({ pods: [{ snapshot: { pod: 'pod-1' } }], alone: undefined });
  });
});

describe('without Redis', () => {
  const away = new UnavailableError('redis', 'no answer');

  it('a pod knows itself alone, and why; and all again once it answers', async () => {
    const exchange = open();
    pods = [live('pod-1'), live('pod-2')];
    numbers.exchange.mockRejectedValueOnce(away);
    await exchange.turn(own(), true);
    expect(exchange.fleet(own())).toMatchObject({ alone: 'Redis can’t be used', pods: [{}], silent: [] });
    await exchange.turn(own(750), true);
    expect(exchange.fleet(own(750)).alone).toBeUndefined();
  });

  it('that has not been reached yet, it says so', () => {
    pods = undefined;
    expect(open().fleet(own()).alone).toBe('Redis has not been reached yet');
  });

  it('that hangs, it says so once the others’ numbers are too old', async () => {
    const exchange = open();
    await exchange.turn(own(), true);
    numbers.exchange.mockReturnValue(new Promise(() => undefined));
    void exchange.turn(own(750), true);
    expect(exchange.fleet(own(SNAPSHOT_KEEP_MS)).alone).toBeUndefined();
    expect(exchange.fleet(own(SNAPSHOT_KEEP_MS + 1)).alone).toBe('Redis has not answered yet');
  });

  it('asks it one at a time', async () => {
    const exchange = open();
    numbers.exchange.mockReturnValue(new Promise(() => undefined));
    void exchange.turn(own(), true);
    void exchange.turn(own(750), true);
    await Promise.resolve();
    expect(numbers.exchange).toHaveBeenCalledTimes(1);
  });

  it('a defect is told as one', async () => {
    const exchange = open();
    numbers.exchange.mockRejectedValue(new TypeError('no such thing'));
    await exchange.turn(own(), true);
    expect(exchange.fleet(own()).alone).toBe('the pods’ numbers can’t be exchanged: no such thing');
  });
});
