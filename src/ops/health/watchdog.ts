/**
 * Notices a consumer that hangs: no fetch answered, no event ended and no retry turning while there is lag. Waiting for
 * a service that is known to be away counts as progress (`degraded`), so an outage never becomes a restart loop.
 * Watches progress, not heartbeats: a hung consumer goes on heartbeating.
 */
import type { Logger } from '../../runtime/logger.ts';

export interface Progress {
  /** Grows with every sign of life: fetches answered, events ended, waits turned. */
  readonly mark: number;
  /** Something is there to be done (lag, or events in flight), and not all of it waits for an end that is known. */
  readonly hasWork: boolean;
  /** Services known to be away; empty where all are there. */
  readonly away: readonly string[];
}

export interface Watchdog {
  /** Reasons for being stalled; empty while alive. */
  stalled(): readonly string[];
  stop(): void;
}

export interface WatchdogOptions {
  readonly progress: () => Progress;
  /** Ms without progress while there is work. */
  readonly stallTimeoutMs: number;
  readonly onStall: (reason: string) => void;
  readonly logger: Logger;
  /** Monotonic ms; defaults to `performance.now`. */
  readonly now?: () => number;
}

export function startWatchdog(options: WatchdogOptions): Watchdog {
  const now = options.now ?? (() => performance.now());
  let lastMark = options.progress().mark;
  let lastMovedAtMs = now();
  let isStalled = false;
  const everyMs = Math.max(50, Math.min(1000, options.stallTimeoutMs / 5));

  const check = (): void => {
    const { mark, hasWork, away } = options.progress();
    if (mark !== lastMark || !hasWork || away.length > 0) {
      lastMark = mark;
      lastMovedAtMs = now();
      isStalled = false;
      return;
    }
    if (now() - lastMovedAtMs < options.stallTimeoutMs || isStalled) return;
    isStalled = true;
    const reason = `no progress for ${String(Math.round(now() - lastMovedAtMs))} ms while there is work`;
    options.logger.error({ mark, reason }, 'stalled');
    options.onStall(reason);
  };
  const timer = setInterval(check, everyMs);
  timer.unref();

  return {
    stalled: () =>
      isStalled
        ? [`no progress for ${String(Math.round(now() - lastMovedAtMs))} ms while there is work`]
        : [],
    stop: () => {
      clearInterval(timer);
    },
  };
}
