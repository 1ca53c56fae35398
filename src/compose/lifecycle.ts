/**
 * The order in which a pod comes up and goes down. Up from the ground: ops endpoints, Redis (refused where it would
 * forget claims), lanes, documents, then what delivers, and last what consumes. Down in reverse, so that nothing loses
 * what it stands on while it works. Each step has bounded time, so that no outage keeps a pod from leaving.
 */
import type { Config } from '../config/config.ts';
import type { PodDocuments } from './documents.ts';
import type { PodOps } from './ops.ts';
import type { RedisClient } from '../redis/connection.ts';
import { inspectRedis, UnsafeRedisError } from '../redis/guard.ts';
import type { Backoff } from '../runtime/backoff.ts';
import { shortError } from '../runtime/error-text.ts';
import { within } from '../runtime/deadline.ts';
import { isUnavailable, RefusedToStart } from '../runtime/errors.ts';
import { retry } from '../runtime/retry.ts';
import { assertMayJoin } from '../ops/fleet-guard.ts';
import { livePods, startPodRegistry, type PodRegistry } from '../ops/pods.ts';
import { startOpsServer, type OpsOptions, type OpsServer } from '../ops/server.ts';
import type { ServiceLogger } from '../telemetry/logger.ts';
import { systemClock as clock } from '../runtime/clock.ts';

const START_RETRY: Backoff = { firstMs: 500, longestMs: 500 };
/** How long a first answer about the merchants document is waited for before the pod goes on without one. */
const MERCHANTS_PATIENCE_MS = 10_000;
/** A closing step that takes longer is left behind: the process ends anyhow. */
const STEP_TIMEOUT_MS = 5000;

export interface Pod {
  /**
   * Resolves once the pod consumes; waits for services that are away, and rejects when the signal is aborted.
   * @throws RefusedToStart where it must not run as configured.
   */
  start(signal: AbortSignal): Promise<void>;
  /** Drains, commits, leaves the group, flushes. Once. */
  stop(): Promise<void>;
}

export interface LifecycleParts {
  readonly config: Config;
  readonly logger: ServiceLogger;
  readonly redis: RedisClient;
  /** For announcements; a connection of its own. */
  readonly subscriber: RedisClient;
  readonly documents: PodDocuments;
  readonly ops: PodOps;
  readonly board: OpsOptions['board'];
  readonly onRegistry: (registry: PodRegistry) => void;
  /** Before anything waits: what renews tokens. */
  readonly beginEarly: () => void;
  /** Once rules are in force, in this order. */
  readonly begin: readonly ((signal: AbortSignal) => void | Promise<void>)[];
  /** From now on not ready. */
  readonly onStopping: () => void;
  /** Finishes or abandons what runs, within the drain limit; all at once. */
  readonly drain: readonly (() => Promise<void>)[];
  /** One after the other, when nothing runs any more. */
  readonly close: readonly (readonly [name: string, step: () => unknown])[];
}

export function createLifecycle(parts: LifecycleParts): Pod {
  const { config, logger, documents, redis, ops } = parts;
  let server: OpsServer | undefined;
  let registry: PodRegistry | undefined;
  let stopped: Promise<void> | undefined;

  /** Waits while Redis is away; said once it has failed twice, as the first connection may just be under way. */
  async function persist(what: string, attempt: () => Promise<void>, signal: AbortSignal): Promise<void> {
    await retry(attempt, {
      ...{ clock, backoff: START_RETRY, signal, isCurable: isUnavailable },
      onFailure: (error, failures) => {
        if (failures === 2) logger.warn({ error: shortError(error) }, `${what}: waiting`);
      },
    });
  }

  async function guardRedis(): Promise<void> {
    try {
      const { warnings } = await inspectRedis(redis, config.redis.prefix);
      for (const warning of warnings) logger.warn({}, warning);
    } catch (error) {
      if (error instanceof UnsafeRedisError) throw new RefusedToStart(error.message, { cause: error });
      throw error;
    }
  }

  async function guardFleet(): Promise<void> {
    assertMayJoin(ops.record(), await livePods(redis, config.redis.prefix));
  }

  async function awaitDocuments(signal: AbortSignal): Promise<void> {
    await within(documents.rules.firstGood, { limitMs: undefined, signal });
    const { merchants } = documents;
    if (merchants === undefined) return;
    await within(merchants.firstGood, { limitMs: MERCHANTS_PATIENCE_MS, signal, clock });
    if (merchants.current() === undefined) {
      const { lastError } = merchants.status();
      logger.error({ lastError }, 'no valid merchants document yet: going on without merchants');
    }
  }

  async function start(signal: AbortSignal): Promise<void> {
    server = await startOpsServer({ ...config.ops, ...ops, board: parts.board, logger });
    logger.info({ host: config.ops.host, port: server.port }, 'ops endpoints');
    parts.beginEarly();
    await persist('redis', guardRedis, signal);
    signal.throwIfAborted();
    registry = startPodRegistry({
      redis,
      subscriber: parts.subscriber,
      prefix: config.redis.prefix,
      describe: ops.record,
      onDocumentsAnnounced: documents.refresh,
      logger,
    });
    parts.onRegistry(registry);
    // Listed first, then looked: of two that start together at least one sees the other.
    await registry.beatSoon();
    await persist('other pods', guardFleet, signal);
    signal.throwIfAborted();
    await awaitDocuments(signal);
    for (const step of parts.begin) {
      // Stopped while it waited: nothing that comes later may begin.
      signal.throwIfAborted();
      await step(signal);
    }
    logger.info({ rules: documents.rules.status().version, topic: config.kafka.topic }, 'consuming');
  }

  async function stop(): Promise<void> {
    parts.onStopping();
    await Promise.all(parts.drain.map((step) => step()));
    const closing: LifecycleParts['close'] = [
      ['pod registry', () => registry?.stop()],
      ['documents', documents.stop],
      ...parts.close,
      ['ops endpoints', () => server?.stop()],
    ];
    for (const [name, step] of closing) {
      const late = (): void => logger.warn({ step: name }, 'closing took too long');
      try {
        await within(Promise.resolve(step()), { limitMs: STEP_TIMEOUT_MS, late, clock });
      } catch (error) {
        logger.warn({ step: name, error }, 'closing failed');
      }
    }
  }

  return { start, stop: () => (stopped ??= stop()) };
}
