/**
 * Tells an API that is away from calls that fail alone. Pure: results and time in, judgements out.
 *
 * Events and users count, not calls. Only an event's first call counts, and a user whose calls fail counts once, until
 * one of them is answered. So nobody is heard twice for trying again, and one busy user's failures are not many. The
 * API is away where
 *
 * - many users in a row began to fail with no answer to anybody in between: 20, or 8 within two seconds or more; a call
 *   that was out already while others were answered is no such sign, however late it fails; or
 * - three quarters of the last 128 first calls failed.
 *
 * Where less than half of the users fail, chance brings the first about once in millions of users, the second never.
 * Failures may come fast and answers slowly. So calls that are out and began before the failed ones count as if they
 * were going to be answered.
 */

export interface CallEvidence {
  /** A call was answered, whatever with. @param isFirst of its event, and its user's calls do not fail. */
  answered(userId: string, isFirst: boolean, nowMs: number): void;
  /**
   * A call has failed.
   *
   * @returns true where the API counts as away.
   */
  failed(call: FailedCall, nowMs: number): boolean;
  /** Since when this user's calls fail, and how the last one did; undefined where none has failed since an answer. */
  failing(userId: string): FailingUser | undefined;
  /** True where {@link failing} knows of nobody: to be asked first, as it is for every event. */
  isQuiet(): boolean;
  /** Others were answered after `sinceMs`, or right before, and are still, as far as is known. */
  areOthersAnswered(sinceMs: number, nowMs: number): boolean;
  /** The breaker has opened, or closed. */
  away(nowMs: number): void;
  back(nowMs: number): void;
  /** Nobody has been answered for a while and several users' calls have begun to fail: too few to be sure. */
  isDark(nowMs: number): boolean;
  /** Of the time from `sinceMs` to `nowMs`, how much the API answered in, ms. */
  answeringMs(sinceMs: number, nowMs: number): number;
}

export interface FailedCall {
  readonly userId: string;
  readonly error: string;
  /** Of its event, and its user's calls did not fail before. */
  readonly isFirst: boolean;
  /** When it began. */
  readonly beganMs: number;
  /** The same on the clock that {@link outSinceBefore} knows. */
  readonly startedMs: number;
  /** How many calls are out that began before then. */
  readonly outSinceBefore: (atMs: number) => number;
}

export interface FailingUser {
  /** When the first call began that failed. */
  readonly sinceMs: number;
  error: string;
  atMs: number;
}

const LONG_RUN = 20;
const RUN = 8;
const RUN_MS = 2000;
const WINDOW = 128;
const WINDOW_FAILED = 96;
/** Two users that begin to fail in so long a silence are no sign that others are answered. */
const DARK_USERS = 2;
/** Known to fail at most; beyond, those whose calls failed first are forgotten. */
const MOST_FAILING = 4096;
/** An answer so shortly before a call that fails, and nothing against it since: the API was there. */
const RIGHT_BEFORE_MS = 1000;
/** Who has not called for so long counts anew. */
const FORGOTTEN_AFTER_MS = 600_000;
/** Outages remembered, newest last; before the oldest of them nothing counts as answered. */
const MOST_OUTAGES = 64;

/** @param darkMs a silence of this length may be an outage. */
export function createCallEvidence(startedMs: number, darkMs: number): CallEvidence {
  /** In the order in which they began to fail. */
  const failing = new Map<string, FailingUser>();
  /** 1: failed. */
  const recent = new Uint8Array(WINDOW);
  let counted = 0;
  let failedRecently = 0;
  /** Users that began to fail since the last answer. */
  let run = 0;
  /** When the first of their calls began. */
  let runBeganMs = Infinity;
  /** When the latest call began that failed since. */
  let runStartedMs = -Infinity;
  let answeredAtMs = -Infinity;
  let awaySinceMs: number | undefined;
  const outages: { readonly fromMs: number; readonly toMs: number }[] = [];

  function count(hasFailed: 0 | 1): void {
    const at = counted % WINDOW;
    failedRecently += hasFailed - (recent[at] ?? 0);
    recent[at] = hasFailed;
    counted += 1;
  }

  function remember(fromMs: number, toMs: number): void {
    outages.push({ fromMs, toMs });
    if (outages.length > MOST_OUTAGES) outages.splice(0, outages.length - MOST_OUTAGES);
  }

  function forgetOld(nowMs: number): void {
    for (const [userId, { atMs }] of failing) {
      if (failing.size < MOST_FAILING && nowMs - atMs < FORGOTTEN_AFTER_MS) return;
      failing.delete(userId);
    }
  }

  function isDark(nowMs: number): boolean {
    return run >= DARK_USERS && silentMs(nowMs) >= darkMs;
  }

  function silentMs(nowMs: number): number {
    return nowMs - Math.max(answeredAtMs, startedMs);
  }

  /**
   * From when on nobody counts as answered, for one that fails since `sinceMs`; `nowMs` where there is no such moment. Who
   * began to fail in a silence may be the only one who calls, so after `darkMs` of failing it may be an outage as well.
   * But who failed already when others were still answered fails alone, as far as is known.
   */
  function silentSince(sinceMs: number, nowMs: number): number {
    if (isDark(nowMs)) return answeredAtMs;
    return run > 0 && sinceMs >= answeredAtMs ? Math.min(nowMs, runBeganMs + darkMs) : nowMs;
  }

  function isAway(nowMs: number, outSinceBefore: FailedCall['outSinceBefore']): boolean {
    if (run >= LONG_RUN || (run >= RUN && silentMs(nowMs) >= RUN_MS))
      return run > outSinceBefore(runStartedMs);
    if (counted < WINDOW || failedRecently < WINDOW_FAILED) return false;
    return failedRecently > WINDOW - failedRecently + outSinceBefore(runStartedMs);
  }

  return {
    answered(userId, isFirst, nowMs) {
      if (run > 0) {
        const silentSinceMs = silentSince(answeredAtMs, nowMs);
        if (silentSinceMs < nowMs) remember(silentSinceMs, nowMs);
        run = 0;
        runBeganMs = Infinity;
        runStartedMs = -Infinity;
      }
      answeredAtMs = nowMs;
      if (isFirst) count(0);
      if (failing.size > 0) failing.delete(userId);
    },
    failed({ userId, error, isFirst, beganMs, startedMs: started, outSinceBefore }, nowMs) {
      runStartedMs = Math.max(runStartedMs, started);
      const known = failing.get(userId);
      if (known === undefined) {
        forgetOld(nowMs);
        failing.set(userId, { sinceMs: beganMs, error, atMs: nowMs });
        if (beganMs >= answeredAtMs) {
          run += 1;
          runBeganMs = Math.min(runBeganMs, beganMs);
        }
        if (isFirst) count(1);
      } else {
        known.error = error;
        known.atMs = nowMs;
      }
      return isAway(nowMs, outSinceBefore);
    },
    failing: (userId) => failing.get(userId),
    isQuiet: () => failing.size === 0,
    areOthersAnswered: (sinceMs, nowMs) =>
      awaySinceMs === undefined && answeredAtMs > sinceMs - RIGHT_BEFORE_MS && !isDark(nowMs),
    away(nowMs) {
      awaySinceMs ??= Math.min(answeredAtMs, nowMs);
      // Whose calls fail with everybody's is known no more.
      failing.clear();
      recent.fill(0);
      counted = failedRecently = run = 0;
      runBeganMs = Infinity;
    },
    back(nowMs) {
      if (awaySinceMs !== undefined) remember(awaySinceMs, nowMs);
      awaySinceMs = undefined;
      failing.clear();
      run = 0;
      runBeganMs = Infinity;
    },
    isDark,
    answeringMs(sinceMs, nowMs) {
      const silentSinceMs = awaySinceMs ?? silentSince(sinceMs, nowMs);
      let ms = Math.max(0, silentSinceMs - sinceMs);
      for (const { fromMs, toMs } of outages) {
        ms -= Math.max(0, Math.min(toMs, silentSinceMs) - Math.max(fromMs, sinceMs));
      }
      const [oldest] = outages;
      if (outages.length === MOST_OUTAGES && oldest !== undefined && sinceMs < oldest.fromMs) {
        ms -= Math.min(oldest.fromMs, silentSinceMs) - sinceMs;
      }
      return Math.max(0, ms);
    },
  };
}
