/**
 * The turns of this process's event loop in CPU time, which no other process can disturb, and how much of the longest
 * ones was V8 collecting garbage. What is left of a turn is the code's own work: its limit may be close, while
 * a collection lasts as long as V8 and the machine take for it.
 *
 * V8 tells of a collection in wall time, which is at least its CPU time. So a turn's own work may be told too small
 * where the machine took the CPU away within a collection, and is never told too large.
 */
import { PerformanceObserver, type PerformanceEntry } from 'node:perf_hooks';

/** Ms by `performance.now()`. */
export interface Span {
  readonly startMs: number;
  readonly endMs: number;
}

export interface Turn extends Span {
  readonly cpuMs: number;
}

export interface TurnsSeen {
  readonly turns: number;
  /** CPU ms of the longest turn, collections and all. */
  readonly longestMs: number;
  /** CPU ms of the turn that is the longest without its collections. */
  readonly longestOwnMs: number;
  /** The collections, and what they took together. */
  readonly collections: number;
  readonly collectingMs: number;
}

export interface TurnWatch {
  /** Counts from here, and from nothing. */
  begin(): void;
  /** Counts the turn that runs to its end, and resolves in a later one. */
  end(): Promise<TurnsSeen>;
}

/** A turn with less CPU than this is forgotten at once: it can't be the longest of any run that is worth a measure. */
const KEPT_FROM_MS = 4;

/** For the life of the process. @param onTurn called once a turn while it watches. */
export function watchTurns(onTurn: (turn: number) => void = () => undefined): TurnWatch {
  let collections: Span[] = [];
  let long: Turn[] = [];
  let turns = 0;
  let longestMs = 0;
  let startMs = 0;
  let cpuMs = 0;
  /** Of the watch that goes on. */
  let number = 0;

  const keep = (entries: readonly PerformanceEntry[]): void => {
    for (const { startTime, duration } of entries)
      collections.push({ startMs: startTime, endMs: startTime + duration });
  };
  const observer = new PerformanceObserver((list) => {
    keep(list.getEntries());
  });
  observer.observe({ entryTypes: ['gc'] });

  function tick(of: number): void {
    if (of !== number) return;
    const endMs = performance.now();
    const endCpuMs = threadCpuMs();
    const turn = { startMs, endMs, cpuMs: endCpuMs - cpuMs };
    longestMs = Math.max(longestMs, turn.cpuMs);
    if (turn.cpuMs >= KEPT_FROM_MS) long.push(turn);
    turns += 1;
    startMs = endMs;
    cpuMs = endCpuMs;
    onTurn(turns);
    setImmediate(tick, of);
  }

  return {
    begin() {
      number += 1;
      collections = [];
      long = [];
      turns = longestMs = 0;
      startMs = performance.now();
      cpuMs = threadCpuMs();
      setImmediate(tick, number);
    },
    async end() {
      // Node tells of a collection some turns late.
      for (let turn = 0; turn < 4; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      number += 1;
      keep(observer.takeRecords());
      const longestOwnMs = long.reduce((most, turn) => Math.max(most, ownMs(turn, collections)), 0);
      const collectingMs = collections.reduce((sum, span) => sum + span.endMs - span.startMs, 0);
      return { turns, longestMs, longestOwnMs, collections: collections.length, collectingMs };
    },
  };
}

/** A turn's CPU without its collections, ms, ≥ 0. Collections that lie one in another count once. */
export function ownMs({ startMs, endMs, cpuMs }: Turn, collections: readonly Span[]): number {
  const within = collections
    .map((span) => ({ startMs: Math.max(startMs, span.startMs), endMs: Math.min(endMs, span.endMs) }))
    .filter((span) => span.endMs > span.startMs)
    .toSorted((a, b) => a.startMs - b.startMs);
  let collectingMs = 0;
  let seenUntil = startMs;
  for (const span of within) {
    collectingMs += Math.max(0, span.endMs - Math.max(seenUntil, span.startMs));
    seenUntil = Math.max(seenUntil, span.endMs);
  }
  return Math.max(0, cpuMs - collectingMs);
}

/** Of this thread. */
function threadCpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}
