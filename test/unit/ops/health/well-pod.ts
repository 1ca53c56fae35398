/** A pod that is well, read through the ports of its health; each test makes one part ill. */
import type { HealthPorts } from '../../../../src/ops/health/health.ts';
import type { CouponApiPort, ConsumerPort, PushApiPort } from '../../../../src/ops/health/ports.ts';
import type { PartitionStatus } from '../../../../src/domain/partition-status.ts';

export const partition: PartitionStatus = {
  topic: 'events',
  partition: 0,
  committed: 10,
  highWaterMark: 10,
  lag: 0,
  inFlight: 0,
  heldByTransactions: 0,
  lost: 0,
  resets: 0,
  behindSeconds: null,
  etaSeconds: null,
};

type Consumer = ReturnType<ConsumerPort['status']>;
type Coupons = ReturnType<CouponApiPort['stats']>;
type Pushes = ReturnType<PushApiPort['stats']>;

export const NOBODY = { events: 0, users: 0, oldestMs: 0 };
const joined: Consumer = {
  joined: true,
  connected: true,
  commitFault: undefined,
  partitions: [partition],
  inFlight: 0,
  atWork: 0,
  lastFetchAtMs: undefined,
  lastProgressAtMs: undefined,
};
const answering: Coupons = {
  inFlight: 3,
  breaker: 'closed',
  p50Ms: 20,
  p99Ms: 80,
  isDark: false,
  pausing: 0,
  isCallInTime: false,
  failingAlone: NOBODY,
  waitingForAll: NOBODY,
};
const delivering: Pushes = { inFlight: 1, calls: 64, failed: 2, lastError: 'HTTP 503', isAway: false };

export const consumerWith = (changes: Partial<Consumer>): ConsumerPort => ({
  status: () => ({ ...joined, ...changes }),
});
export const couponApiWith = (changes: Partial<Coupons>, isRefused = false): CouponApiPort => ({
  stats: () => ({ ...answering, ...changes }),
  isRefused: () => isRefused,
});
export const pushApiWith = (changes: Partial<Pushes>, isRefused = false): PushApiPort => ({
  stats: () => ({ ...delivering, ...changes }),
  isRefused: () => isRefused,
});

export function wellPod(): HealthPorts {
  return {
    consumer: consumerWith({}),
    redis: {
      isUp: () => true,
      faults: () => [],
      warnings: () => [],
      seen: () => ({ dataLost: 0, serverChanged: 0 }),
    },
    worker: { refused: () => undefined },
    rules: {
      current: () => ({ enabled: true }),
      status: () => ({
        version: 'r1',
        etag: '"e"',
        hash: 'abc',
        loadedAt: '2026-11-27T10:00:00.000Z',
        lastError: undefined,
      }),
    },
    couponApi: couponApiWith({}),
    pushApi: pushApiWith({}),
    tokens: { hasValidToken: () => true, lastError: () => undefined },
    ledger: { decided: () => 0 },
    waits: { services: () => [], turned: () => 0 },
    outages: { explain: (what) => what, reasonOf: () => undefined },
    isStopping: () => false,
  };
}
