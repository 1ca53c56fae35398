/** How the partners are, over all pods. Pure. */
import type { Status } from '../../status.ts';
import type { PodSnapshot } from '../snapshot.ts';

/** A coupon call that takes longer is worth a word. */
export const SLOW_MS = 1000;
/** So many failed calls of so many are worth a word. */
const FAILING_SHARE = 0.1;
const FEWEST_CALLS = 10;

type Breaker = Status['couponApi']['breaker'];

export interface CouponApiState {
  /** The worst of the pods'. */
  readonly breaker: Breaker;
  /** Pods whose breaker is not closed. */
  readonly podsNotClosed: readonly string[];
  readonly inFlight: number;
  /** The slowest pod's; null before the first call. */
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  readonly isSlow: boolean;
}

export interface PushApiState {
  readonly inFlight: number;
  /** Of the last minute, at most 64 a pod. */
  readonly calls: number;
  readonly failed: number;
  readonly lastError: string | null;
  readonly isFailing: boolean;
}

const WORST_FIRST: readonly Breaker[] = ['open', 'half_open', 'closed'];

export function couponApiState(pods: readonly PodSnapshot[]): CouponApiState {
  const states = pods.map(({ couponApi }) => couponApi);
  const breaker = WORST_FIRST.find((state) => states.some((one) => one.breaker === state)) ?? 'closed';
  // Before the first call a pod says 0.
  const p99Ms = largest(states.map((one) => one.p99Ms));
  return {
    breaker,
    podsNotClosed: pods.filter(({ couponApi }) => couponApi.breaker !== 'closed').map(({ pod }) => pod),
    inFlight: states.reduce((sum, { inFlight }) => sum + inFlight, 0),
    p50Ms: largest(states.map((one) => one.p50Ms)),
    p99Ms,
    isSlow: (p99Ms ?? 0) >= SLOW_MS,
  };
}

export function pushApiState(pods: readonly PodSnapshot[]): PushApiState {
  const states = pods.map(({ pushApi }) => pushApi);
  const calls = states.reduce((sum, { recentCalls }) => sum + recentCalls, 0);
  const failed = states.reduce((sum, { recentFailures }) => sum + recentFailures, 0);
  return {
    inFlight: states.reduce((sum, { inFlight }) => sum + inFlight, 0),
    ...{ calls, failed },
    lastError: states.find(({ recentFailures }) => recentFailures > 0)?.lastError ?? null,
    isFailing: calls >= FEWEST_CALLS && failed / calls >= FAILING_SHARE,
  };
}

function largest(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null && value > 0) as number[];
  return known.length === 0 ? null : Math.max(...known);
}
