/**
 * What a pod says of itself, from its parts: alive, ready, and all of /status. Reads what the parts know already;
 * nothing here waits for a service but the queue's depths, which are asked for in bounded time.
 */
import type { Config } from '../config/config.ts';
import type { KillSwitch } from '../claims/kill-switch.ts';
import type { RedisWatch } from '../redis/watch.ts';
import type { DocumentStatus as PolledStatus } from '../documents/document.ts';
import type { EventConsumer } from '../kafka/consumer.ts';
import { fleetFault } from '../ops/fleet-guard.ts';
import { createPartitionWaits } from '../ops/partition-waits.ts';
import type { PodRecord, PodRegistry } from '../ops/pods.ts';
import type { DocumentStatus, Status } from '../ops/status.ts';
import type { Waits } from '../ops/waits.ts';
import type { Progress } from '../ops/watchdog.ts';
import type { CouponApi } from '../partners/coupon/coupon-api.ts';
import type { PushApi, PushApiStats } from '../partners/push/push-api.ts';
import type { TokenSource } from '../partners/auth/token-source.ts';
import type { OpenPushQueue, QueueDepths } from '../push/push-queue.ts';
import type { PushWorker } from '../push/push-worker.ts';
import type { PodDocuments } from './documents.ts';
import { couponReasons, couponWaits } from './waiting.ts';
import type { Ledger } from '../telemetry/ledger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { systemClock as clock } from '../runtime/clock.ts';
import { within } from '../runtime/deadline.ts';

export interface HealthParts {
  readonly config: Config;
  readonly version: string;
  readonly startedAtMs: number;
  readonly ledger: Ledger;
  readonly metrics: Metrics;
  readonly consumer: EventConsumer;
  readonly redis: RedisWatch;
  readonly documents: PodDocuments;
  readonly couponApi: CouponApi;
  readonly pushApi: PushApi;
  readonly tokens: TokenSource | undefined;
  readonly queue: OpenPushQueue;
  readonly killSwitch: Pick<KillSwitch, 'isSet'>;
  readonly logLinesDropped: () => number;
  readonly worker: Pick<PushWorker, 'refused'>;
  readonly registry: () => PodRegistry | undefined;
  readonly waits: Waits;
  readonly outages: OutageReasons;
  readonly eventLoopP99Ms: () => number;
  readonly stalled: () => readonly string[];
  readonly isStopping: () => boolean;
}

/** What keeps a service that is waited for from being reached, in its client's words: the reason beside a reason. */
export interface OutageReasons {
  /** To be told by whoever waits for the service; undefined once it is there. */
  reporter(service: string): (reason: string | undefined) => void;
  /** `what`, and behind a colon what is known of it. */
  explain(what: string, service: string): string;
  reasonOf(service: string): string | undefined;
}

/** Topics of ours that may refuse whatever is written to them. */
export type WrittenTopic = 'dead-letter topic' | 'outcome topic';
const WRITTEN_TOPICS: readonly WrittenTopic[] = ['dead-letter topic', 'outcome topic'];

export function createOutageReasons(): OutageReasons {
  const known = new Map<string, string>();
  return {
    reporter: (service) => (reason) => {
      if (reason === undefined) known.delete(service);
      else known.set(service, reason);
    },
    explain: (what, service) => {
      const reason = known.get(service);
      return reason === undefined ? what : `${what}: ${reason}`;
    },
    reasonOf: (service) => known.get(service),
  };
}

export interface Health {
  readonly notReady: () => string[];
  readonly progress: () => Progress;
  readonly status: () => Promise<Status>;
  readonly record: () => PodRecord;
  /** Sets the gauges; called before each flush. */
  readonly sampleGauges: () => void;
}

const PUSH_API = 'push API';
/** Ms that /status waits for Redis. */
const ASK_LIMIT_MS = 1000;
const NO_DEPTHS: QueueDepths = { waiting: 0, active: 0, delayed: 0, failed: 0 };

export function createHealth(parts: HealthParts): Health {
  const { config, ledger, consumer, documents, couponApi, outages } = parts;
  let depths = NO_DEPTHS;
  let isFlagSet = false;
  let wasJoined = false;
  const partitionWaits = createPartitionWaits();
  const startedAt = new Date(parts.startedAtMs).toISOString();

  /** Why Redis can't be used as it should, a sentence each: as a whole, or in part. */
  const redisFaults = (): string[] => {
    const faults = [...parts.redis.faults()];
    if (!parts.redis.isUp()) faults.unshift(outages.explain('redis is not reachable', 'redis'));
    const refused = parts.worker.refused();
    if (refused !== undefined) faults.push(`the push worker gets no jobs: ${refused}`);
    return faults;
  };

  const record = (): PodRecord => ({
    pod: config.pod,
    version: parts.version,
    startedAt,
    partitions: consumer.status().partitions.map(({ topic, partition }) => ({ topic, partition })),
    rulesVersion: documents.rules.status().version,
    rulesEtag: documents.rules.status().etag,
    merchantsVersion: documents.merchants?.status().version,
    topic: config.kafka.topic,
    groupId: config.kafka.groupId,
    lane: config.lane.name,
    laneThresholdBytes: config.lane.thresholdBytes,
    pushApi: publicUrl(config.pushApi.url),
    dryRun: config.dryRun,
  });

  const redisWarnings = (): string[] => {
    const registry = parts.registry();
    // At the start it would have been refused: another may have come while Redis was away.
    const fleet = fleetFault(record(), registry?.pods() ?? []);
    return [
      ...parts.redis.warnings(),
      ...(registry?.warnings() ?? []),
      ...(fleet === undefined ? [] : [fleet]),
    ];
  };

  const away = (): string[] => {
    const services = new Set(parts.waits.services());
    if (redisFaults().length > 0) services.add('redis');
    const stats = couponApi.stats();
    const { connected, commitFault } = consumer.status();
    if (!connected) services.add('kafka');
    if (commitFault !== undefined) services.add(`commits: ${commitFault}`);
    if (stats.breaker !== 'closed' || stats.isDark || couponApi.isRefused()) services.add('coupon API');
    if (parts.pushApi.isRefused() || parts.pushApi.stats().isAway) services.add(PUSH_API);
    for (const topic of WRITTEN_TOPICS) if (outages.reasonOf(topic) !== undefined) services.add(topic);
    if (parts.tokens?.hasValidToken() === false) services.add('auth server');
    return [...services].sort();
  };

  const askDepths = async (): Promise<void> => {
    try {
      depths = await parts.queue.counts();
    } catch {
      // Redis is away: the last known depths, and /status says that it is.
    }
  };

  /** In bounded time, as every command has a limit; with Redis away what was known last. */
  const askFlag = async (): Promise<void> => {
    isFlagSet = await parts.killSwitch.isSet().catch(() => isFlagSet);
  };

  const condition = (awayNow: readonly string[], reasonsNow: readonly string[]): Status['condition'] => {
    if (parts.stalled().length > 0) return 'stalled';
    const isPartlyBad = consumer.status().partitions.some(({ fault }) => fault !== undefined);
    return awayNow.length > 0 || reasonsNow.length > 0 || isPartlyBad ? 'degraded' : 'ok';
  };

  return {
    notReady: () => {
      const reasons: string[] = [];
      if (parts.isStopping()) reasons.push('stopping');
      reasons.push(...redisFaults());
      if (documents.rules.current() === undefined) {
        reasons.push(`no valid rules yet: ${documents.rules.status().lastError ?? 'not read'}`);
      }
      if (!consumer.status().joined) {
        reasons.push(outages.explain('not joined to the consumer group', 'kafka'));
      }
      for (const topic of WRITTEN_TOPICS) {
        const reason = outages.reasonOf(topic);
        if (reason !== undefined) reasons.push(`the ${topic} takes no records: ${reason}`);
      }
      if (parts.tokens?.hasValidToken() === false) {
        reasons.push(`no valid token: ${parts.tokens.lastError() ?? 'not asked yet'}`);
      }
      if (couponApi.isRefused()) reasons.push('the coupon API refuses a fresh token');
      if (parts.pushApi.isRefused()) reasons.push('the push API refuses a fresh token');
      return reasons;
    },
    progress: () => {
      const {
        partitions,
        joined,
        lastFetchAtMs = 0,
        lastProgressAtMs = 0,
        inFlight,
        atWork,
      } = consumer.status();
      wasJoined ||= joined;
      partitionWaits.look(partitions);
      const isLeftOut = wasJoined && !joined;
      const hasLag = partitions.some(({ lag }) => (lag ?? 0) > 0);
      const { pausing, isCallInTime } = couponApi.stats();
      return {
        // Fetches go on turning while held events hang: they are a sign of life only where nothing is held.
        mark: ledger.decided() + parts.waits.turned() + lastProgressAtMs + (inFlight > 0 ? 0 : lastFetchAtMs),
        // A pause between two tries (`Retry-After`) or a call within its time limit is a wait with a known end, nothing that hangs.
        hasWork: (inFlight > 0 || hasLag || isLeftOut) && (pausing === 0 || atWork > 0) && !isCallInTime,
        // No event waits for it: its trouble excuses no stall.
        away: away().filter((service) => service !== PUSH_API),
      };
    },
    status: async () => {
      const { partitions } = consumer.status();
      // With Redis hanging, what was known last is told soon.
      await within(Promise.all([askDepths(), askFlag()]), { limitMs: ASK_LIMIT_MS, clock });
      const { inFlight, breaker, p50Ms, p99Ms } = couponApi.stats();
      const awayNow = away();
      const reasonsNow = couponReasons(couponApi.stats());
      // From here on synchronous: the counts must belong together.
      return {
        pod: config.pod,
        version: parts.version,
        uptimeSeconds: Math.round((Date.now() - parts.startedAtMs) / 1000),
        condition: condition(awayNow, reasonsNow),
        away: awayNow,
        reasons: reasonsNow,
        waiting: [
          ...parts.waits.list(),
          ...couponWaits(couponApi.stats()),
          ...partitionWaits.look(partitions),
        ],
        events: ledger.counts(),
        deliveries: ledger.deliveries(),
        inFlight: ledger.inFlight(),
        partitions,
        rules: documentStatus(documents.rules.status()),
        merchants: documents.merchants === undefined ? null : documentStatus(documents.merchants.status()),
        killSwitch: { document: documents.rules.current()?.rules.enabled === false, flag: isFlagSet },
        pods: parts.registry()?.pods() ?? [],
        couponApi: { inFlight, breaker, p50Ms, p99Ms },
        pushApi: pushApiStatus(parts.pushApi.stats()),
        queue: depths,
        logLinesDropped: parts.logLinesDropped(),
        redis: {
          ...parts.redis.seen(),
          faults: redisFaults(),
          warnings: redisWarnings(),
        },
      };
    },
    record,
    sampleGauges: () => {
      const { metrics } = parts;
      metrics.gauge('in_flight', ledger.inFlight(), {});
      for (const { topic, partition, lag } of consumer.status().partitions) {
        if (lag !== null) metrics.gauge('lag', lag, { topic, partition: String(partition) });
      }
      for (const [state, depth] of Object.entries<number>({ ...depths }))
        metrics.gauge('queue.depth', depth, { state });
      void askDepths();
      const { loadedAt, version } = documents.rules.status();
      if (loadedAt !== undefined && version !== undefined) {
        const ageSeconds = (Date.now() - Date.parse(loadedAt)) / 1000;
        metrics.gauge('rules.age_seconds', ageSeconds, { rules_version: version });
      }
      metrics.gauge('event_loop.delay_p99_ms', parts.eventLoopP99Ms(), {});
      metrics.gauge('breaker.open', couponApi.stats().breaker === 'closed' ? 0 : 1, {});
    },
  };
}

/** What may be shown of an address: not its user, password and query. */
function publicUrl(url: string): string {
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname}`;
}

function documentStatus({ version, etag, hash, loadedAt, lastError }: PolledStatus): DocumentStatus {
  return {
    version: version ?? null,
    etag: etag ?? null,
    hash: hash ?? null,
    loadedAt: loadedAt ?? null,
    lastError: lastError ?? null,
  };
}

function pushApiStatus({ inFlight, calls, failed, lastError }: PushApiStats): Status['pushApi'] {
  return { inFlight, recentCalls: calls, recentFailures: failed, lastError: lastError ?? null };
}
