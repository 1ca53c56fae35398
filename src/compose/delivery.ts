/** What sends claimed pushes, and what ends those that nobody sends. */
import { createOpenPushes } from '../claims/open-pushes.ts';
import { createSweeper, type Sweeper } from '../claims/sweeper.ts';
import type { Config } from '../config/config.ts';
import type { DeliveryStore } from '../domain/delivery.ts';
import type { EventTracer } from '../domain/event-trace.ts';
import type { DecisionLog, OutcomeLog } from '../pipeline/ports.ts';
import { createDeliver } from '../push/deliver.ts';
import type { PushSender, SendGuard } from '../push/ports.ts';
import { createPushWorker, type PushWorker } from '../push/push-worker.ts';
import { createReportOutcome } from '../push/report-outcome.ts';
import { createSendRate } from '../push/send-rate.ts';
import type { RedisClient } from '../redis/connection.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Ledger } from '../telemetry/ledger.ts';

export interface DeliveryParts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly ledger: Ledger;
  readonly redis: RedisClient;
  /** For the worker's blocking reads. */
  readonly workerRedis: RedisClient;
  /** Of claims and queue. */
  readonly prefix: string;
  readonly deliveries: DeliveryStore;
  readonly pushApi: PushSender;
  /** Undefined where traces are off. */
  readonly tracer: EventTracer | undefined;
  readonly guard: SendGuard;
  /** Undefined where no outcome topic is set. */
  readonly outcomes: OutcomeLog | undefined;
  /** Undefined where no decision topic is set. */
  readonly decisions: DecisionLog | undefined;
}

export interface Delivery {
  readonly worker: PushWorker;
  readonly sweeper: Sweeper;
  /** Outcomes that are not acknowledged yet are left to the next pod's sweep. */
  stopReports(): void;
}

export function openDelivery(config: Config, parts: DeliveryParts): Delivery {
  const { clock, logger, ledger, redis, prefix, deliveries } = parts;
  const reporting = new AbortController();
  const report = createReportOutcome({
    outcomeLog: parts.outcomes,
    decisionLog: parts.decisions,
    store: deliveries,
    meter: {
      delivered: (outcome, envelope) => {
        ledger.delivered(outcome, envelope.push.rulesVersion);
      },
    },
    clock,
    pod: config.pod,
    signal: reporting.signal,
  });
  const { ratePerSecond: perSecond } = config.pushApi;
  const deliver = createDeliver({
    store: deliveries,
    sender: parts.pushApi,
    tracer: parts.tracer,
    guard: parts.guard,
    report,
    rate: perSecond === undefined ? undefined : createSendRate({ redis, prefix, perSecond }),
    clock,
    logger,
    apiIsIdempotent: config.pushApi.idempotent,
    dryRun: config.dryRun,
  });
  return {
    worker: createPushWorker({
      connection: parts.workerRedis,
      prefix,
      concurrency: config.pushApi.concurrency,
      openPushes: createOpenPushes({ redis, prefix }),
      clock,
      logger,
      deliver,
    }),
    sweeper: createSweeper({ redis, prefix, clock, logger, report }),
    stopReports: () => reporting.abort(),
  };
}
