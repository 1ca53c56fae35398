/** One timer looks; who watches sees it at once and goes on seeing; a Redis that hangs holds nothing up. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Exchange, OwnNumbers } from '../../../../src/ops/page/exchange.ts';
import { LOOK_EVERY_MS, startPage, type Page } from '../../../../src/ops/page/page.ts';
import type { PodSnapshot } from '../../../../src/ops/page/snapshot.ts';
import type { WatcherSink } from '../../../../src/ops/page/watchers.ts';
import { systemClock as clock } from '../../../../src/runtime/clock.ts';
import { silentLogger } from '../../../support/silent-logger.ts';
import { fleet, NOW_MS, snapshot } from './example-fleet.ts';

let page: Page | undefined;
let inFlight = 0;
const take = vi.fn<() => PodSnapshot>();
const turn = vi.fn<Exchange['turn']>();
const refresh = vi.fn<() => Promise<void>>();

beforeEach(() => {
  // An age in words that turned over between two looks would be one part more.
  vi.useFakeTimers({ now: NOW_MS });
  inFlight = 0;
  take.mockReset().mockImplementation(() => snapshot({ inFlight: (inFlight += 1) }));
  turn.mockReset().mockResolvedValue();
  refresh.mockReset().mockResolvedValue();
});
afterEach(() => {
  page?.stop();
  vi.useRealTimers();
});

function start(): Page {
  const of = ({ snapshot: own, nowMs }: OwnNumbers) => fleet([own], { nowMs });
  return (page = startPage({
    snapshot: take,
    exchange: { turn, fleet: of },
    ...{ refresh, clock, logger: silentLogger, mask: (text) => text },
  }));
}

function watcher() {
  const frames: Record<string, unknown>[] = [];
  let leave = (): void => undefined;
  const sink: WatcherSink = {
    writableLength: 0,
    write: (frame) => frames.push(JSON.parse(String(frame).slice(6)) as Record<string, unknown>),
    end: () => undefined,
    destroy: () => undefined,
    on: (event, listener) => {
      if (event === 'close') leave = listener;
    },
  };
  return { sink, frames, leave: () => leave() };
}

const looks = (times: number) => vi.advanceTimersByTimeAsync(times * LOOK_EVERY_MS);

describe('unwatched', () => {
  it('counts and notes at each look, and asks for nothing', async () => {
    start();
    await looks(4);
    expect(take).toHaveBeenCalledTimes(4);
    expect(turn.mock.calls.map(([, isWatched]) => isWatched)).toEqual([false, false, false, false]);
    expect(refresh).not.toHaveBeenCalled();
  });
});

describe('watched', () => {
  it('shows the whole page at once, then what changes, at each look', async () => {
    const { sink, frames } = watcher();
    start().watch(sink);
    await vi.advanceTimersByTimeAsync(0);
    expect(Object.keys(frames[0] ?? {})).toHaveLength(12);
    await looks(2);
    expect(frames).toHaveLength(3);
    expect(Object.keys(frames[1] ?? {}).sort()).toEqual(['keyNumbers', 'pods', 'told']);
    expect(refresh).toHaveBeenCalledTimes(3);
  });

  it('costs as many looks for many as for one', async () => {
    const opened = start();
    for (let number = 0; number < 20; number += 1) opened.watch(watcher().sink);
    await looks(2);
    expect(take).toHaveBeenCalledTimes(3);
  });

  it('shows a second one what is known, whole', async () => {
    const [first, second] = [watcher(), watcher()];
    const opened = start();
    opened.watch(first.sink);
    await vi.advanceTimersByTimeAsync(0);
    opened.watch(second.sink);
    expect(second.frames).toEqual(first.frames);
  });

  it('shows nothing old to one who comes when nobody watched', async () => {
    const [first, second] = [watcher(), watcher()];
    const opened = start();
    opened.watch(first.sink);
    await looks(1);
    first.leave();
    await looks(1000);
    opened.watch(second.sink);
    expect(second.frames).toEqual([]);
    await vi.advanceTimersByTimeAsync(0);
    expect(Object.keys(second.frames[0] ?? {})).toHaveLength(12);
  });

  it('goes on while Redis hangs', async () => {
    turn.mockReturnValue(new Promise(() => undefined));
    const { sink, frames } = watcher();
    start().watch(sink);
    await looks(4);
    expect(frames.length).toBeGreaterThanOrEqual(4);
  });

  it('a defect is told once, and ends nothing', async () => {
    const error = vi.spyOn(silentLogger, 'error');
    take.mockImplementation(() => {
      throw new TypeError('a defect');
    });
    start();
    await looks(5);
    expect(error).toHaveBeenCalledTimes(1);
    take.mockImplementation(() => snapshot());
    const { sink, frames } = watcher();
    page?.watch(sink);
    await looks(1);
    expect(frames.length).toBeGreaterThan(0);
  });
});

it('a defect that comes back after the page was seen is told again', async () => {
  const error = vi.spyOn(silentLogger, 'error').mockClear();
  start().watch(watcher().sink);
  const fails = (): never => {
    throw new TypeError('a defect');
  };
  for (const told of [1, 2]) {
    take.mockImplementation(fails);
    await looks(3);
    expect(error).toHaveBeenCalledTimes(told);
    take.mockImplementation(() => snapshot());
    await looks(1);
  }
});

it('looks no more once it is stopped', async () => {
  start().stop();
  await looks(3);
  expect(take).not.toHaveBeenCalled();
});
