/**
 * One run of one delivery: asks Redis for the permission, sends, writes down what came of it, reports the outcome.
 * It may die at any line and be run again from the top: the record in Redis says what may still be done. What may
 * have been sent is never sent again unless the partner knows a repeated key, and never given back.
 */
import { randomUUID } from 'node:crypto';
import {
  WRITE_WITHIN_MS,
  type DeliveryOutcome,
  type Ending,
  type EndOfPush,
  type Permission,
  type SendResult,
  type DeliveryStore,
} from '../domain/delivery.ts';
import type { EventRef } from '../domain/event.ts';
import type { EventTracer } from '../domain/event-trace.ts';
import { passFailpoint } from '../runtime/failpoints.ts';
import type { PushEnvelope } from '../domain/push.ts';
import { createWriteFence, processTime, startStopwatch, type PassingTime } from '../runtime/write-fence.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import { createCheckPending } from './check-pending.ts';
import {
  beginRun,
  noteEnd,
  traceRun,
  untilOver,
  type Attempt,
  type Granted,
  type Interrupted,
  type Run,
  type Stopping,
  type Verdict,
} from './delivery-run.ts';
import type { PushSender, ReportOutcome, SendGuard, SendRate, Withdrawal } from './ports.ts';
import { pushId } from './push-id.ts';
import { retryDelayMs } from './retry-delay.ts';
import { untilRedis } from '../redis/until-redis.ts';

export interface DeliverOptions {
  readonly store: DeliveryStore;
  readonly sender: PushSender;
  readonly guard: SendGuard;
  readonly report: ReportOutcome;
  readonly rate?: SendRate | undefined;
  /** Undefined where traces are off. */
  readonly tracer?: EventTracer | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The partner recognises a repeated `Idempotency-Key`. */
  readonly apiIsIdempotent: boolean;
  /** Everything but the call. */
  readonly dryRun: boolean;
  /** Default: this process's two clocks. */
  readonly time?: PassingTime;
  readonly random?: () => number;
}

/**
 * Rejects where something is away or broken: the job is then run again, whatever the error. It rejects within seconds
 * where Redis is away for this user, or nobody acknowledges the outcome. Once it has asked for a permission it asks
 * Redis until it is answered.
 */
export type Deliver = (ref: EventRef, stopping: Stopping) => Promise<Verdict>;

const ENDED: Verdict = { kind: 'ended' };
/** Somebody else holds the attempt: time for them to settle it. */
const HELD_MS = 5000;

export function createDeliver(options: DeliverOptions): Deliver {
  const { store, sender, guard, rate, tracer, clock, logger, apiIsIdempotent, dryRun } = options;
  const { time = processTime, random = Math.random } = options;
  const checkPending = createCheckPending(store, clock);

  async function begin(run: Run): Promise<Verdict> {
    const { ref, stopping } = run;
    run.killed = await untilRedis(() => guard.killSwitch(), clock, stopping.soon);
    const check = await checkPending(ref, stopping.soon);
    // The run that reported it ended, but not its job.
    if (check === 'reported') return ENDED;
    passFailpoint('delivery.begun', ref);
    if (run.killed) {
      // What no attempt has touched is withdrawn without a permission ever being given.
      const ending = await write(run, () => store.release(ref, 'withdrawn'));
      if (ending.kind !== 'held') return conclude(run, ending, 'withdrawn');
    } else if (check === 'pending' && !(await waitForTurn(run))) return again(0);
    return ask(run, (token) => store.permit(ref, token), false);
  }

  /** Every repetition carries the same token, by which Redis recognises a permission whose reply was lost. */
  async function ask(
    run: Run,
    request: (token: string) => Promise<Permission>,
    doubtful: boolean,
  ): Promise<Verdict> {
    const token = randomUUID();
    let fence = createWriteFence(WRITE_WITHIN_MS, time);
    const permission = await write(run, async () => {
      fence = createWriteFence(WRITE_WITHIN_MS, time);
      // Read again with every asking: the turn, or Redis, may have been waited for, and the switch be thrown since.
      const [killed, answer] = await Promise.all([guard.killSwitch(), request(token)]);
      run.killed = killed;
      return answer;
    });
    if (tracer !== undefined && permission.kind !== 'absent')
      traceRun(
        run,
        tracer,
        permission.envelope,
        permission.kind === 'granted' ? permission.attempt : undefined,
      );
    switch (permission.kind) {
      case 'granted':
        return attempt(run, { granted: permission, fence, doubtful });
      case 'interrupted':
        return resume(run, permission, doubtful);
      case 'expired':
        return conclude(run, await write(run, () => store.release(run.ref, 'expired')), 'expired');
      case 'settled':
        return finish(run, permission.outcome, permission);
      case 'absent':
        logger.error({ eventId: run.ref.eventId }, 'a queued push has no record: it is not sent');
        return ENDED;
    }
  }

  /** An earlier attempt was left in sending: the partner may have its push. */
  async function resume(run: Run, left: Interrupted, tookOver: boolean): Promise<Verdict> {
    if (dryRun) return settle(run, left, 'dry_run');
    const repeatable =
      apiIsIdempotent && left.remainingMs > 0 && withdrawal(run, left.envelope) === undefined;
    if (!repeatable) return settle(run, left, 'unknown');
    if (tookOver) return again(HELD_MS);
    return ask(run, (token) => store.takeOver(run.ref, left.attempt, token), true);
  }

  async function attempt(run: Run, current: Attempt): Promise<Verdict> {
    const { granted, fence, doubtful } = current;
    passFailpoint('permit.granted', run.ref);
    const withdrawn = withdrawal(run, granted.envelope);
    if (withdrawn !== undefined) {
      logger.info({ eventId: run.ref.eventId, why: withdrawn }, 'push withdrawn');
      return giveUp(run, current, 'withdrawn');
    }
    if (granted.remainingMs <= 0) return giveUp(run, current, 'expired');
    if (dryRun) return settle(run, granted, 'dry_run');
    const passedMs = startStopwatch(time);
    const result = fence.leftMs() > 0 ? await send(run, current) : TOO_LATE;
    passFailpoint('push.answered', run.ref);
    if (result.kind !== 'sent') {
      const { kind, error } = result;
      logger.warn({ eventId: run.ref.eventId, attempt: granted.attempt, kind, error }, 'push not delivered');
    }
    const remainingMs = granted.remainingMs - passedMs();
    switch (result.kind) {
      case 'sent':
        return settle(run, granted, 'sent');
      case 'rejected':
        return giveUp(run, current, 'rejected');
      case 'not_sent':
        if (doubtful) return keepTrying(run, granted, result.retryAfterMs, remainingMs);
        return retreat(run, granted, result.retryAfterMs);
      case 'maybe_sent':
        if (!apiIsIdempotent) return settle(run, granted, 'unknown');
        return keepTrying(run, granted, result.retryAfterMs, remainingMs);
    }
  }

  async function send(run: Run, { granted, fence }: Attempt): Promise<SendResult> {
    try {
      return await sender.send(granted.envelope.push, {
        expiresAtMs: granted.expiresAtMs,
        idempotencyKey: pushId(run.ref),
        traceparent: granted.envelope.traceparent,
        tracestate: granted.envelope.tracestate,
        trace: run.trace,
        fence,
        signal: run.stopping.now,
      });
    } catch (error) {
      return { kind: 'maybe_sent', error: `the call failed: ${String(error)}` };
    }
  }

  /** Surely not sent: back to claimed, and later once more. */
  async function retreat(run: Run, { attempt, envelope }: Granted, retryAfterMs?: number): Promise<Verdict> {
    const answer = await write(run, () => store.retreat(run.ref, attempt));
    if (answer.kind !== 'done') return conclude(run, answer, 'expired', envelope);
    const delayMs = retryDelayMs({ attempt, retryAfterMs, remainingMs: answer.remainingMs, random });
    if (delayMs !== undefined) return again(delayMs);
    return conclude(run, await write(run, () => store.release(run.ref, 'expired')), 'expired', envelope);
  }

  /** May have been sent, and the partner knows the key: stays in sending until it answers or the push expires. */
  async function keepTrying(
    run: Run,
    granted: Granted,
    retryAfterMs: number | undefined,
    remainingMs: number,
  ): Promise<Verdict> {
    const delayMs = retryDelayMs({ attempt: granted.attempt, retryAfterMs, remainingMs, random });
    return delayMs === undefined ? settle(run, granted, 'unknown') : again(delayMs);
  }

  /** The place is given back only where no earlier attempt may have been received. */
  async function giveUp(
    run: Run,
    { granted, doubtful }: Attempt,
    outcome: 'rejected' | 'expired' | 'withdrawn',
  ) {
    if (doubtful) return settle(run, granted, 'unknown');
    passFailpoint('release.asking', run.ref);
    const ending = await write(run, () => store.release(run.ref, outcome, granted.attempt));
    return conclude(run, ending, outcome, granted.envelope);
  }

  async function settle(run: Run, held: Granted | Interrupted, outcome: 'sent' | 'unknown' | 'dry_run') {
    const ending = await write(run, () => store.settle(run.ref, held.attempt, outcome));
    return conclude(run, ending, outcome, held.envelope);
  }

  async function conclude(
    run: Run,
    ending: Ending,
    wanted: DeliveryOutcome,
    known?: PushEnvelope,
  ): Promise<Verdict> {
    const { eventId } = run.ref;
    switch (ending.kind) {
      case 'done':
        return finish(run, wanted, ending);
      case 'settled':
        if (ending.outcome !== wanted) {
          logger.warn({ eventId, wanted, outcome: ending.outcome }, 'too late: the push had ended otherwise');
        }
        return finish(run, ending.outcome, ending);
      case 'held':
        return again(HELD_MS);
      case 'absent':
        logger.error({ eventId, wanted }, 'the record of a push is gone');
        if (known === undefined) return ENDED;
        return finish(run, wanted, { envelope: known, endedAtMs: clock.now() });
    }
  }

  async function finish(run: Run, outcome: DeliveryOutcome, end: EndOfPush): Promise<Verdict> {
    const { envelope, endedAtMs } = end;
    passFailpoint('settle.answered', run.ref);
    noteEnd(run, tracer, envelope, outcome);
    await options.report({ ref: run.ref, outcome, envelope, endedAtMs, reporter: run.reporter });
    return ENDED;
  }

  /** A place in the pace is taken only for what will be sent. @returns false where the pod stops meanwhile. */
  async function waitForTurn({ stopping }: Run): Promise<boolean> {
    if (rate === undefined || dryRun) return true;
    const waitMs = await untilRedis(() => rate.reserve(), clock, stopping.soon);
    if (waitMs > 0) await clock.sleep(waitMs, stopping.soon);
    return !stopping.soon.aborted;
  }

  function withdrawal(run: Run, { push }: PushEnvelope): Withdrawal | undefined {
    return run.killed ? 'kill switch' : guard.isWithdrawn(push);
  }

  /** What an attempt did is written down even while the pod stops, as long as it can wait at all. */
  function write<T>(run: Run, task: () => Promise<T>): Promise<T> {
    return untilRedis(task, clock, run.stopping.now);
  }

  return (ref, stopping) => {
    const run = beginRun(ref, stopping);
    const verdict = begin(run);
    return tracer === undefined ? verdict : untilOver(run, verdict);
  };
}

const TOO_LATE: SendResult = { kind: 'not_sent', error: 'the permission was older than it may be' };

function again(delayMs: number): Verdict {
  return { kind: 'again', delayMs };
}
