/** Puts /status together. It waits at most a second for Redis, and says what was known last where that is not enough. */
import type { Clock } from '../../runtime/clock.ts';
import { within } from '../../runtime/deadline.ts';
import { fleetFault } from '../fleet-guard.ts';
import type { PodRecord, PodRegistry } from '../pods.ts';
import type { DocumentStatus, Status } from '../status.ts';
import { couponWaits } from './coupon-waits.ts';
import type { Health } from './health.ts';
import type { LastKnown } from './last-known.ts';
import type {
  ConsumerPort,
  CouponApiPort,
  DocumentPort,
  LedgerPort,
  PushApiPort,
  RedisPort,
  RulesPort,
} from './ports.ts';
import type { Waits } from './waits.ts';

export interface StatusPorts {
  readonly health: Health;
  readonly lastKnown: LastKnown;
  /** Of this pod, as the others see it. */
  readonly record: () => PodRecord;
  /** Undefined until Redis has been reached once. */
  readonly registry: () => Pick<PodRegistry, 'pods' | 'warnings'> | undefined;
  readonly startedAtMs: number;
  readonly clock: Clock;
  readonly ledger: LedgerPort;
  readonly consumer: ConsumerPort;
  readonly redis: RedisPort;
  readonly rules: RulesPort;
  readonly merchants: DocumentPort | undefined;
  readonly couponApi: CouponApiPort;
  readonly pushApi: PushApiPort;
  readonly waits: Pick<Waits, 'list'>;
  /** See `Health.condition`. */
  readonly stalled: () => readonly string[];
  readonly logLinesDropped: () => number;
}

/** Ms that /status waits for Redis. */
const ASK_LIMIT_MS = 1000;

export function createReportStatus(ports: StatusPorts): () => Promise<Status> {
  const readStatus = createReadStatus(ports);
  return async () => {
    await within(ports.lastKnown.ask(), { limitMs: ASK_LIMIT_MS, clock: ports.clock });
    return readStatus();
  };
}

/** @returns a reader that asks nobody: what Redis must be asked for is as it was known last. */
export function createReadStatus(ports: StatusPorts): () => Status {
  const { health, lastKnown, clock, ledger, rules, merchants } = ports;

  // Synchronous: the counts must belong together.
  return () => {
    const record = ports.record();
    const pods = ports.registry()?.pods() ?? [];
    // At the start it would have been refused: another pod may have come while Redis was away.
    const fleet = fleetFault(record, pods);
    const coupons = ports.couponApi.stats();
    const pushes = ports.pushApi.stats();
    return {
      pod: record.pod,
      version: record.version,
      uptimeSeconds: Math.round((clock.now() - ports.startedAtMs) / 1000),
      ...health.condition(ports.stalled()),
      waiting: [...ports.waits.list(), ...couponWaits(coupons), ...health.partitionWaits()],
      events: ledger.counts(),
      deliveries: ledger.deliveries(),
      decidedLate: ledger.late(),
      inFlight: ledger.inFlight(),
      partitions: ports.consumer.status().partitions,
      rules: documentStatus(rules),
      merchants: merchants === undefined ? null : documentStatus(merchants),
      killSwitch: {
        document: rules.current()?.enabled === false,
        flag: lastKnown.flag() !== undefined,
        set: lastKnown.flag() ?? null,
      },
      pods,
      couponApi: {
        inFlight: coupons.inFlight,
        breaker: coupons.breaker,
        p50Ms: coupons.p50Ms,
        p99Ms: coupons.p99Ms,
      },
      pushApi: {
        inFlight: pushes.inFlight,
        recentCalls: pushes.calls,
        recentFailures: pushes.failed,
        lastError: pushes.lastError ?? null,
      },
      queue: lastKnown.depths(),
      logLinesDropped: ports.logLinesDropped(),
      redis: {
        ...ports.redis.seen(),
        faults: health.redisFaults(),
        warnings: [
          ...ports.redis.warnings(),
          ...(ports.registry()?.warnings() ?? []),
          ...(fleet === undefined ? [] : [fleet]),
        ],
      },
    };
  };
}

function documentStatus(document: DocumentPort): DocumentStatus {
  const { version, etag, hash, loadedAt, lastError } = document.status();
  return {
    version: version ?? null,
    etag: etag ?? null,
    hash: hash ?? null,
    loadedAt: loadedAt ?? null,
    lastError: lastError ?? null,
  };
}
