/**
 * What became of a partner's latest calls: enough to say by name that it fails, for all or for some, and with what.
 * Old ones are forgotten, so that a quiet hour after trouble says nothing of it.
 */

export interface RecentCalls {
  /** @param error what it failed with; undefined: it was answered. */
  add(error: string | undefined): void;
  seen(): {
    /** Of the last minute, at most the last 64. */
    readonly calls: number;
    readonly failed: number;
    /** Of the latest that failed. */
    readonly lastError: string | undefined;
    /** More than half of at least five failed. */
    readonly isAway: boolean;
  };
}

const REMEMBERED = 64;
const FORGOTTEN_MS = 60_000;
const FEWEST = 5;

interface Call {
  readonly atMs: number;
  readonly error: string | undefined;
}

/** @param nowMs never goes back. */
export function createRecentCalls(nowMs: () => number = () => performance.now()): RecentCalls {
  const ring: Call[] = [];
  let added = 0;
  return {
    add(error) {
      ring[added % REMEMBERED] = { atMs: nowMs(), error };
      added += 1;
    },
    seen() {
      const sinceMs = nowMs() - FORGOTTEN_MS;
      const recent = ring.filter(({ atMs }) => atMs > sinceMs);
      const failures = recent.filter(({ error }) => error !== undefined);
      const [calls, failed] = [recent.length, failures.length];
      const latest = failures.reduce<Call | undefined>(
        (last, call) => (last !== undefined && last.atMs > call.atMs ? last : call),
        undefined,
      );
      return { calls, failed, lastError: latest?.error, isAway: calls >= FEWEST && failed > calls / 2 };
    },
  };
}
