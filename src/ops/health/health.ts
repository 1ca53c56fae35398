/**
 * Whether a pod is ready, how it is, and whether it makes progress, from what its parts know. Nothing here waits for a
 * service.
 */
import type { Status } from '../status.ts';
import { couponReasons } from './coupon-waits.ts';
import { WRITTEN_TOPICS, type OutageReasons } from './outage-reasons.ts';
import { createPartitionWaits } from './partition-waits.ts';
import type {
  ConsumerPort,
  CouponApiPort,
  LedgerPort,
  PushApiPort,
  RedisPort,
  RulesPort,
  TokensPort,
  WorkerPort,
} from './ports.ts';
import type { Waits, WaitingFor } from './waits.ts';
import type { Progress } from './watchdog.ts';

export interface HealthPorts {
  readonly consumer: ConsumerPort;
  readonly redis: RedisPort;
  readonly worker: WorkerPort;
  readonly rules: RulesPort;
  readonly couponApi: CouponApiPort;
  readonly pushApi: PushApiPort;
  /** Undefined where the APIs want no token. */
  readonly tokens: TokensPort | undefined;
  readonly ledger: Pick<LedgerPort, 'decided'>;
  readonly waits: Pick<Waits, 'services' | 'turned'>;
  readonly outages: Pick<OutageReasons, 'explain' | 'reasonOf'>;
  readonly isStopping: () => boolean;
}

export interface Condition {
  readonly condition: Status['condition'];
  /** Services that are waited for or known to be away, sorted. */
  readonly away: readonly string[];
  /** What is partly bad, in words. */
  readonly reasons: readonly string[];
}

export interface Health {
  /** Why the pod is not ready; empty while it is. */
  readonly notReady: () => string[];
  /** What a person should know of a pod that is ready: topics of ours that take some records and not others. */
  readonly notes: () => string[];
  /** @param stalled why the watchdog calls it stalled; empty while it does not. */
  condition(stalled: readonly string[]): Condition;
  /** For the watchdog. */
  readonly progress: () => Progress;
  /** Why Redis can't be used as it should, as a whole or in part: a sentence each. */
  redisFaults(): string[];
  /** Partitions that can't be read, by how long they have been seen so. */
  partitionWaits(): WaitingFor[];
}

const PUSH_API = 'push API';

export function createHealth(ports: HealthPorts): Health {
  const { consumer, redis, rules, couponApi, pushApi, tokens, outages } = ports;
  const partitionWaits = createPartitionWaits();
  let wasJoined = false;

  function redisFaults(): string[] {
    const faults = [...redis.faults()];
    if (!redis.isUp()) faults.unshift(outages.explain('redis is not reachable', 'redis'));
    const refused = ports.worker.refused();
    if (refused !== undefined) faults.push(`the push worker gets no jobs: ${refused}`);
    return faults;
  }

  function away(): string[] {
    const services = new Set(ports.waits.services());
    if (redisFaults().length > 0) services.add('redis');
    const { connected, commitFault } = consumer.status();
    if (!connected) services.add('kafka');
    if (commitFault !== undefined) services.add(`commits: ${commitFault}`);
    const { breaker, isDark } = couponApi.stats();
    if (breaker !== 'closed' || isDark || couponApi.isRefused()) services.add('coupon API');
    if (pushApi.isRefused() || pushApi.stats().isAway) services.add(PUSH_API);
    for (const topic of WRITTEN_TOPICS) if (outages.reasonOf(topic) !== undefined) services.add(topic);
    if (tokens?.hasValidToken() === false) services.add('auth server');
    return [...services].sort();
  }

  return {
    redisFaults,
    partitionWaits: () => partitionWaits.observe(consumer.status().partitions),
    notReady() {
      const reasons: string[] = [];
      if (ports.isStopping()) reasons.push('stopping');
      reasons.push(...redisFaults());
      if (rules.current() === undefined) {
        reasons.push(`no valid rules yet: ${rules.status().lastError ?? 'not read'}`);
      }
      if (!consumer.status().joined) {
        reasons.push(outages.explain('not joined to the consumer group', 'kafka'));
      }
      for (const topic of WRITTEN_TOPICS) {
        const reason = outages.reasonOf(topic);
        if (reason !== undefined) reasons.push(`the ${topic} takes no records: ${reason}`);
      }
      if (tokens?.hasValidToken() === false) {
        reasons.push(`no valid token: ${tokens.lastError() ?? 'not asked yet'}`);
      }
      if (couponApi.isRefused()) reasons.push('the coupon API refuses a fresh token');
      if (pushApi.isRefused()) reasons.push('the push API refuses a fresh token');
      return reasons;
    },
    notes() {
      const failing = ports.waits.services();
      // A topic that takes nothing at all is a reason not to be ready.
      const partly = (topic: string): boolean =>
        failing.includes(topic) && outages.reasonOf(topic) === undefined;
      return WRITTEN_TOPICS.filter(partly).map(
        (topic) => `events wait for the ${topic}, which does not take their records: see waiting on /status`,
      );
    },
    condition(stalled) {
      const awayNow = away();
      const reasons = couponReasons(couponApi.stats());
      const isPartlyBad = consumer.status().partitions.some(({ fault }) => fault !== undefined);
      const isDegraded = awayNow.length > 0 || reasons.length > 0 || isPartlyBad;
      const condition = stalled.length > 0 ? 'stalled' : isDegraded ? 'degraded' : 'ok';
      return { condition, away: awayNow, reasons };
    },
    progress() {
      const status = consumer.status();
      const { partitions, joined, inFlight, atWork, lastFetchAtMs = 0, lastProgressAtMs = 0 } = status;
      wasJoined ||= joined;
      partitionWaits.observe(partitions);
      // Fetches go on turning while held events hang: they are a sign of life only where no event is in flight.
      const fetched = inFlight > 0 ? 0 : lastFetchAtMs;
      const hasLag = partitions.some(({ lag }) => (lag ?? 0) > 0);
      const isLeftOut = wasJoined && !joined;
      const { pausing, isCallInTime } = couponApi.stats();
      // A pause between two tries and a call within its time limit both end by themselves.
      const endsByItself = (pausing > 0 && atWork === 0) || isCallInTime;
      return {
        // Counts and times of unlike kinds: only that the sum changes means something.
        mark: ports.ledger.decided() + ports.waits.turned() + lastProgressAtMs + fetched,
        hasWork: (inFlight > 0 || hasLag || isLeftOut) && !endsByItself,
        // No event waits for the push API, so its trouble excuses no stall.
        away: away().filter((service) => service !== PUSH_API),
      };
    },
  };
}
