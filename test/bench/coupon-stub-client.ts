/** How the benchmarks set and read the coupon stub. */
import type { AnswerShare } from './coupon-answers.ts';

export interface StubSettings {
  /** A call takes a time drawn uniformly from `minDelayMs` (default 0) to this, ms. */
  readonly maxDelayMs: number;
  readonly minDelayMs?: number;
  /** These users' calls take `slowMs` instead. */
  readonly slow?: readonly string[];
  readonly slowMs?: number;
  /** In each answer, or as {@link mixedAnswers} has them; default none. The benchmarks' rules exclude all. */
  readonly coupons?: number | 'mixed';
  /** In place of a uniform time. */
  readonly lognormal?: { readonly p50Ms: number; readonly p99Ms: number } | undefined;
  /** In place of one answer for all. */
  readonly mix?: readonly AnswerShare[];
  /** How long a push takes, ms. */
  readonly pushMs?: number;
  /** Numbers of answered calls, rising, at which the clocks are read; 0 is the first call's arrival. */
  readonly marks?: readonly number[];
}

/** The clocks at the moment at which so many calls had been answered. */
export interface Mark {
  readonly answered: number;
  /** Epoch ms. */
  readonly atMs: number;
  /** CPU time of the watched process, ms; null where it can't be told. */
  readonly cpuMs: number | null;
  /** CPU time of everything on the machine, ms; null likewise. */
  readonly busyMs: number | null;
  /** As {@link StubStats} has it. */
  readonly serviceMs: number;
}

export interface StubStats {
  readonly answered: number;
  /** Sum over all calls of arrival to answer, ms. */
  readonly serviceMs: number;
  readonly open: number;
  readonly maxOpen: number;
  /** Calls for a user of whom one was open already. */
  readonly overlaps: number;
  /** Calls for an event after a later one of the same user. */
  readonly disorder: number;
  /** Calls for an event that had been asked for before. */
  readonly repeated: number;
  /** Epoch ms; 0 before the first. */
  readonly firstCallMs: number;
  readonly lastAnswerMs: number;
  /** CPU time of the watched process at the first call, ms. */
  readonly cpuAtFirstMs: number;
  readonly users: number;
  readonly hottest: { readonly calls: number; readonly serviceMs: number };
  /** Answers of users who are not slow. */
  readonly answeredFast: number;
  readonly lastFastAnswerMs: number;
  readonly pushes: number;
  /** Stretches of more than 50 ms without an answer. */
  readonly gaps: readonly { readonly afterMs: number; readonly ms: number }[];
  readonly marks: readonly Mark[];
}

export interface CouponStub {
  readonly url: string;
  reset(settings: StubSettings): Promise<void>;
  /** Notes this process's CPU time at the first call: to be told before that. */
  watch(pid: number): Promise<void>;
  stats(): Promise<StubStats>;
  /** What of it is counted, not looked for: cheap. */
  totals(): Promise<Pick<StubStats, 'answered' | 'serviceMs' | 'pushes' | 'open'>>;
}

export function couponStub(port: number): CouponStub {
  const url = `http://127.0.0.1:${String(port)}`;
  const ask = async (path: string): Promise<StubStats> => {
    const response = await fetch(`${url}${path}`);
    return (await response.json()) as StubStats;
  };
  return {
    url,
    reset: async (settings) => {
      await ask(`/control/reset?settings=${encodeURIComponent(JSON.stringify(settings))}`);
    },
    watch: async (pid) => {
      await ask(`/control/watch?pid=${String(pid)}`);
    },
    stats: () => ask('/control/stats'),
    totals: () => ask('/control/totals'),
  };
}
