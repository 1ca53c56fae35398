/**
 * The partners' own book: every push request that arrived, every coupon call, every breach of the contract. It is
 * the outside proof of the caps and of "never two for one event", so it is written by the partners and by what
 * they saw, and knows nothing of what the service believes.
 */

/**
 * What the answer told the sender. `sent`: 2xx. `not_sent`: an answer that rules a send out (429, 401, other 4xx).
 * `maybe`: a server error, a reset, no answer: the sender cannot know, and must not send again by itself.
 */
export type Verdict = 'sent' | 'maybe' | 'not_sent';

/** One push request. */
export interface PushEntry {
  /** Epoch ms of its arrival. */
  readonly at: number;
  /** Absent where the body was not read or could not be. */
  readonly userId?: string;
  readonly eventId?: string;
  readonly couponId?: string;
  readonly merchantId?: string;
  readonly rulesVersion?: string;
  readonly idempotencyKey?: string;
  /** The status, or what happened instead of an answer. */
  readonly answer: number | 'timeout' | 'reset';
  readonly verdict: Verdict;
  /** True where the partner really sent it to the phone. */
  readonly accepted: boolean;
  /** True where this was answered from an earlier request with the same key. */
  readonly replayed: boolean;
}

/** All calls of the coupon API for one event. */
export interface CouponCalls {
  readonly userId: string;
  readonly eventId: string;
  readonly calls: number;
  /** Calls answered so that the event must be dead-lettered (other 4xx, a body that is no such JSON). */
  readonly rejections: number;
  /** Calls that failed so that the event is tried again: enough of them make a dead letter. */
  readonly failures: number;
}

/** A request that breaks the contract, counted by what it breaks. */
export interface Breach {
  readonly api: 'coupon' | 'push' | 'auth';
  readonly problem: string;
  readonly count: number;
  readonly example: string;
}

export interface LedgerPages {
  readonly pushes: readonly PushEntry[];
  /** By each one's first call, the earliest first. */
  readonly couponCalls: readonly CouponCalls[];
  readonly breaches: readonly Breach[];
  readonly tokensIssued: number;
}

/** The book itself, kept in memory. */
export interface Ledger {
  push(entry: PushEntry): void;
  couponCall(userId: string, eventId: string): void;
  couponRejection(userId: string, eventId: string): void;
  couponFailure(userId: string, eventId: string): void;
  breach(api: Breach['api'], problem: string, example: string): void;
  tokenIssued(): void;
  pages(): LedgerPages;
  reset(): void;
}

/** Opens an empty book. */
export const createLedger = (): Ledger => {
  const pushes: PushEntry[] = [];
  const calls = new Map<string, { -readonly [Field in keyof CouponCalls]: CouponCalls[Field] }>();
  const breaches = new Map<string, { api: Breach['api']; problem: string; count: number; example: string }>();
  let tokensIssued = 0;
  const callsOf = (userId: string, eventId: string) => {
    const key = `${userId}\n${eventId}`;
    let entry = calls.get(key);
    if (entry === undefined) {
      entry = { userId, eventId, calls: 0, rejections: 0, failures: 0 };
      calls.set(key, entry);
    }
    return entry;
  };
  return {
    push(entry) {
      pushes.push(entry);
    },
    couponCall(userId, eventId) {
      callsOf(userId, eventId).calls += 1;
    },
    couponRejection(userId, eventId) {
      callsOf(userId, eventId).rejections += 1;
    },
    couponFailure(userId, eventId) {
      callsOf(userId, eventId).failures += 1;
    },
    breach(api, problem, example) {
      const entry = breaches.get(`${api} ${problem}`);
      if (entry === undefined) breaches.set(`${api} ${problem}`, { api, problem, count: 1, example });
      else entry.count += 1;
    },
    tokenIssued() {
      tokensIssued += 1;
    },
    pages: () => ({
      pushes: [...pushes],
      couponCalls: [...calls.values()].map((entry) => ({ ...entry })),
      breaches: [...breaches.values()].map((entry) => ({ ...entry })),
      tokensIssued,
    }),
    reset() {
      pushes.length = 0;
      calls.clear();
      breaches.clear();
      tokensIssued = 0;
    },
  };
};
