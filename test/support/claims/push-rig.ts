/** Claims, queue and workers on a real Redis, with a partner in memory that records what reaches it. */
import { randomUUID } from 'node:crypto';
import { createClaims } from '../../../src/claims/claims.ts';
import { closeRedis, openRedis, type RedisClient } from '../../../src/redis/connection.ts';
import { createDeliveries } from '../../../src/claims/deliveries.ts';
import { createKillSwitch, type KillSwitch } from '../../../src/claims/kill-switch.ts';
import { createOpenPushes } from '../../../src/claims/open-pushes.ts';
import type { SendResult, DeliveryStore, SendCall } from '../../../src/domain/delivery.ts';
import type { EventRef } from '../../../src/domain/event.ts';
import type { OutcomeRecord } from '../../../src/domain/outcome.ts';
import type { Claims } from '../../../src/pipeline/ports.ts';
import { createDeliver } from '../../../src/push/deliver.ts';
import type { Verdict } from '../../../src/push/delivery-run.ts';
import { createPushQueue, type OpenPushQueue } from '../../../src/push/push-queue.ts';
import { createPushWorker, type PushWorker } from '../../../src/push/push-worker.ts';
import { createReportOutcome } from '../../../src/push/report-outcome.ts';
import { createSendRate } from '../../../src/push/send-rate.ts';
import { claimOne, testRedisUrl } from './claims-harness.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { silentLogger } from '../silent-logger.ts';

export interface PushRig {
  readonly redis: RedisClient;
  readonly claims: Claims;
  readonly store: DeliveryStore;
  readonly queue: OpenPushQueue;
  readonly killSwitch: KillSwitch;
  readonly sends: { readonly eventId: string; readonly atMs: number; readonly key: string }[];
  readonly records: OutcomeRecord[];
  readonly counted: string[];
  /** Runs of deliveries that came to a verdict. */
  readonly verdicts: Verdict[];
  /** The outcome topic. */
  record: (record: OutcomeRecord) => Promise<void>;
  answer: (eventId: string, call: SendCall) => SendResult | Promise<SendResult>;
  worker(changes?: WorkerChanges): PushWorker;
  /** Claims a push and enqueues its job. */
  push(eventId: string, ttlMs?: number): Promise<EventRef>;
  close(): Promise<void>;
}

export interface WorkerChanges {
  readonly concurrency?: number;
  readonly lockDurationMs?: number;
  readonly stalledIntervalMs?: number;
  readonly perSecond?: number;
  readonly apiIsIdempotent?: boolean;
}

export async function createPushRig(
  url = testRedisUrl(),
  { prefix = `test-${randomUUID()}`, cluster = false } = {},
): Promise<PushRig> {
  const connect = (purpose: 'commands' | 'worker') =>
    openRedis({ url, cluster, purpose, logger: silentLogger, commandTimeoutMs: 2000 });
  const redis = connect('commands');
  await new Promise((resolve) => redis.once('ready', resolve));
  const store = createDeliveries({ redis, prefix });
  const killSwitch = createKillSwitch(redis, prefix);
  const workers: { readonly worker: PushWorker; readonly connection: RedisClient }[] = [];

  const rig: PushRig = {
    redis,
    claims: createClaims({ redis, prefix }),
    store,
    killSwitch,
    queue: createPushQueue({ redis, prefix, logger: silentLogger }),
    sends: [],
    records: [],
    counted: [],
    verdicts: [],
    record: async (record) => void rig.records.push(record),
    answer: () => ({ kind: 'sent' }),
    worker: ({ concurrency = 8, perSecond, apiIsIdempotent = false, ...times } = {}) => {
      const connection = connect('worker');
      const deliver = createDeliver({
        store,
        sender: {
          send: async ({ eventId }, call) => {
            rig.sends.push({ eventId, atMs: Date.now(), key: call.idempotencyKey });
            return rig.answer(eventId, call);
          },
        },
        guard: { killSwitch: killSwitch.isSet, isWithdrawn: () => undefined },
        report: createReportOutcome({
          outcomeLog: { record: (record) => rig.record(record) },
          store,
          meter: { delivered: (outcome) => void rig.counted.push(outcome) },
          clock: systemClock,
          pod: 'pod-1',
          signal: new AbortController().signal,
        }),
        rate: perSecond === undefined ? undefined : createSendRate({ redis, prefix, perSecond }),
        clock: systemClock,
        logger: silentLogger,
        apiIsIdempotent,
        dryRun: false,
      });
      const worker = createPushWorker({
        ...times,
        connection,
        prefix,
        concurrency,
        deliver: async (ref, stopping) => {
          const verdict = await deliver(ref, stopping);
          rig.verdicts.push(verdict);
          return verdict;
        },
        openPushes: createOpenPushes({ redis, prefix }),
        clock: systemClock,
        logger: silentLogger,
      });
      workers.push({ worker, connection });
      return worker;
    },
    push: async (eventId, ttlMs = 60_000) => {
      const ref = { userId: `user of ${eventId}`, eventId };
      await claimOne(rig, ref, [], { ttlMs });
      await rig.queue.enqueue(ref);
      return ref;
    },
    close: async () => {
      await Promise.all(workers.map(({ worker }) => worker.close(3000)));
      await rig.queue.close();
      for (const { connection } of workers) connection.disconnect();
      await closeRedis(redis);
    },
  };
  return rig;
}
