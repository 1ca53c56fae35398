/** A consumer that hangs is noticed; one that waits for what is known to be away, or has nothing to do, is not. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { startWatchdog, type Progress } from '../../../../src/ops/health/watchdog.ts';
import { silentLogger } from '../../../support/silent-logger.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function watch(progress: () => Progress): { stalls: string[]; stalled: () => readonly string[] } {
  const stalls: string[] = [];
  const watchdog = startWatchdog({
    progress,
    stallTimeoutMs: 10_000,
    onStall: (reason) => stalls.push(reason),
    logger: silentLogger,
    now: () => Date.now(),
  });
  return { stalls, stalled: () => watchdog.stalled() };
}

it('no mark moves while there is work: stalled, told once', () => {
  const { stalls, stalled } = watch(() => ({ mark: 7, hasWork: true, away: [] }));
  vi.advanceTimersByTime(9000);
  expect(stalled()).toEqual([]);
  vi.advanceTimersByTime(30_000);
  expect(stalls).toHaveLength(1);
  expect(stalled()).toHaveLength(1);
});

it.each<[string, (tick: number) => Progress]>([
  ['a mark that moves', (tick) => ({ mark: tick, hasWork: true, away: [] })],
  ['nothing to do', () => ({ mark: 7, hasWork: false, away: [] })],
  ['a service that is known to be away', () => ({ mark: 7, hasWork: true, away: ['redis'] })],
])('%s: never stalled', (_name, progress) => {
  let tick = 0;
  const { stalls } = watch(() => progress((tick += 1)));
  vi.advanceTimersByTime(120_000);
  expect(stalls).toEqual([]);
});
