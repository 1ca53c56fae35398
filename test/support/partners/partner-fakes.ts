/** Time, log and events for tests of the partners' room. */
import type { LocationEvent } from '../../../src/domain/event.ts';
import type { CouponQuery } from '../../../src/pipeline/ports.ts';
import type { Clock } from '../../../src/runtime/clock.ts';
import type { Logger } from '../../../src/runtime/logger.ts';

export interface FakeClock extends Clock {
  /** Moves time on; who sleeps until then wakes in order, with what it does next in between. */
  advance(ms: number): Promise<void>;
  sleepers(): number;
}

export function createFakeClock(startMs = 1_000_000): FakeClock {
  let nowMs = startMs;
  const sleepers = new Set<{ readonly atMs: number; readonly wake: () => void }>();
  return {
    now: () => nowMs,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted === true) {
          resolve();
          return;
        }
        const sleeper = { atMs: nowMs + ms, wake: end };
        function end(): void {
          sleepers.delete(sleeper);
          signal?.removeEventListener('abort', end);
          resolve();
        }
        sleepers.add(sleeper);
        signal?.addEventListener('abort', end);
      }),
    async advance(ms) {
      const untilMs = nowMs + ms;
      await settled();
      for (;;) {
        const next = [...sleepers].sort((a, b) => a.atMs - b.atMs)[0];
        if (next === undefined || next.atMs > untilMs) break;
        nowMs = Math.max(nowMs, next.atMs);
        next.wake();
        await settled();
      }
      nowMs = untilMs;
      await settled();
    },
    sleepers: () => sleepers.size,
  };
}

/** Lets everything that waits only for promises run. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 30; turn += 1) await Promise.resolve();
}

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly fields: Readonly<Record<string, unknown>>;
  readonly message: string;
}

export function createLogBook(): Logger & { readonly lines: LogLine[] } {
  const lines: LogLine[] = [];
  const at =
    (level: LogLine['level']) =>
    (fields: Readonly<Record<string, unknown>>, message: string): void => {
      lines.push({ level, fields, message });
    };
  return { lines, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

export function couponQuery(event: Partial<LocationEvent> = {}, staleInMs = 60_000): CouponQuery {
  return {
    event: {
      eventId: 'e-1',
      userId: 'u-1',
      occurredAtMs: Date.now(),
      latitude: 52.52,
      longitude: 13.4,
      trigger: 'enter',
      pushConsent: true,
      ...event,
    },
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    staleAtMs: Date.now() + staleInMs,
  };
}

/** Waits until `condition` holds, at most `limitMs`. */
export async function until(condition: () => boolean, limitMs = 30_000): Promise<void> {
  const startedMs = performance.now();
  while (!condition()) {
    if (performance.now() - startedMs > limitMs) throw new Error('waited in vain');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
