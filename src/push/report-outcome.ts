/**
 * The one way an outcome leaves: the record is published first (at least once), then marked in Redis, and whoever
 * marked it first counts it. Who dies in between leaves it unmarked: it is published again by the job's next run
 * or by the sweep, and counted there. So it is counted once, and published at least once.
 */
import type { DeliveryStore } from '../domain/delivery.ts';
import type { OutcomeRecord } from '../domain/outcome.ts';
import type { Clock, OutcomeLog } from '../pipeline/ports.ts';
import type { DeliveryMeter, ReportOutcome } from './ports.ts';
import { untilRedis } from './until-redis.ts';

export interface ReportOptions {
  /** Undefined where no outcome topic is set. */
  readonly outcomeLog: OutcomeLog | undefined;
  readonly store: Pick<DeliveryStore, 'reported'>;
  readonly meter: DeliveryMeter;
  readonly clock: Clock;
  readonly pod: string;
  /** Aborted when the pod stops: an unacknowledged mark is then left to the next run. */
  readonly signal: AbortSignal;
}

/** The function rejects where the outcome topic or Redis is away: the outcome is reported again later. */
export function createReportOutcome(options: ReportOptions): ReportOutcome {
  const { outcomeLog, store, meter, clock, pod, signal } = options;
  return async ({ ref, outcome, ticket, reporter }) => {
    const { couponId, merchantId, rulesVersion } = ticket.push;
    const record: OutcomeRecord = {
      eventId: ref.eventId,
      userId: ref.userId,
      at: new Date(clock.now()).toISOString(),
      outcome,
      couponId,
      merchantId,
      rulesVersion,
      ...(ticket.rulesHash !== undefined && { rulesHash: ticket.rulesHash }),
      pod,
      source: ticket.source,
    };
    await outcomeLog?.record(record);
    const first = await untilRedis(() => store.reported(ref, reporter), clock, signal);
    if (first) meter.delivered(outcome, ticket);
  };
}
