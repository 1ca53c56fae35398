/**
 * The one way an outcome leaves: the record is published first (at least once), then marked in Redis, and whoever
 * marked it first counts it. Who dies in between leaves it unmarked: it is published again by the job's next run
 * or by the sweep, and counted there. So it is counted once, and published at least once.
 *
 * Whoever reports waits for seconds at most: it holds a place that others' pushes need. What is acknowledged later
 * is marked and counted then, and is not published once more by this pod meanwhile.
 */
import type { DeliveryStore, EndedPush } from '../domain/delivery.ts';
import { within } from '../runtime/deadline.ts';
import { UnavailableError } from '../runtime/errors.ts';
import type { OutcomeRecord } from '../domain/outcome.ts';
import type { DeliveryRecord } from '../domain/decision.ts';
import type { DecisionLog, OutcomeLog } from '../pipeline/ports.ts';
import type { Clock } from '../runtime/clock.ts';
import type { DeliveryMeter, ReportOutcome } from './ports.ts';
import { untilRedis } from '../redis/until-redis.ts';

export interface ReportOptions {
  /** Undefined where no outcome topic is set. */
  readonly outcomeLog: OutcomeLog | undefined;
  /** Undefined where no decision topic is set. */
  readonly decisionLog?: DecisionLog | undefined;
  readonly store: Pick<DeliveryStore, 'reported'>;
  readonly meter: DeliveryMeter;
  readonly clock: Clock;
  readonly pod: string;
  /** Aborted when the pod stops: an unacknowledged mark is then left to the next run. */
  readonly signal: AbortSignal;
}

/** A broker that answers does so within some ms, a new leader is found within a second. */
const PATIENCE_MS = 2000;
/** … and while another report is late: many for a partition that takes nothing must not fill all places. */
const SHORT_PATIENCE_MS = 250;
/** A report that was neither acknowledged nor refused by then is held for lost, and begun anew. */
const LOST_AFTER_MS = 120_000;

interface LateReport {
  readonly sinceMs: number;
}

/**
 * The function rejects where the outcome topic or Redis is away or does not answer within two seconds: the outcome is
 * reported again later.
 */
export function createReportOutcome(options: ReportOptions): ReportOutcome {
  const { outcomeLog, decisionLog, store, meter, clock, pod, signal } = options;
  const late = new Map<string, LateReport>();

  const reportOutcome = async (ended: EndedPush): Promise<void> => {
    const { ref, outcome, envelope, reporter } = ended;
    const { couponId, merchantId, rulesVersion } = envelope.push;
    const record: OutcomeRecord = {
      eventId: ref.eventId,
      userId: ref.userId,
      at: new Date(clock.now()).toISOString(),
      outcome,
      couponId,
      merchantId,
      rulesVersion,
      ...(envelope.rulesHash !== undefined && { rulesHash: envelope.rulesHash }),
      pod,
      source: envelope.source,
    };
    // The decision topic takes no part of a request with the outcome topic: their acknowledgements are waited for at once.
    const recorded =
      decisionLog?.includes(ref.userId) === true ? recordDelivery(decisionLog, ended) : undefined;
    await Promise.all([outcomeLog?.record(record), recorded]);
    const first = await untilRedis(() => store.reported(ref, reporter), clock, signal);
    if (first) meter.delivered(outcome, envelope);
  };

  const goOnLater = (key: string, report: Promise<void>): void => {
    const entry: LateReport = { sinceMs: performance.now() };
    const forget = (): void => {
      if (late.get(key) === entry) late.delete(key);
    };
    late.set(key, entry);
    report.then(forget, forget);
  };

  return async (ended) => {
    const key = JSON.stringify([ended.ref.userId, ended.ref.eventId]);
    const earlier = late.get(key);
    if (earlier !== undefined && performance.now() - earlier.sinceMs < LOST_AFTER_MS) throw notYet();
    const report = reportOutcome(ended);
    const limitMs = late.size > 0 ? SHORT_PATIENCE_MS : PATIENCE_MS;
    if (
      await within(
        report.then(() => true),
        { limitMs, late: () => false },
      )
    )
      return;
    goOnLater(key, report);
    throw notYet();
  };
}

/** A recording needs to know when the push ended: the user's caps go by it. */
async function recordDelivery(log: DecisionLog, { ref, outcome, endedAtMs }: EndedPush): Promise<void> {
  const { userId, eventId } = ref;
  const at = new Date(endedAtMs).toISOString();
  const delivery: DeliveryRecord = { userId, eventId, kind: 'delivery', v: 1, at, outcome };
  const answer = await log.record(userId, JSON.stringify(delivery));
  if (answer === 'too_large')
    throw new UnavailableError('decision topic', 'the topic refuses every record as too large');
}

function notYet(): UnavailableError {
  return new UnavailableError('outcome report', 'it is not acknowledged yet');
}
