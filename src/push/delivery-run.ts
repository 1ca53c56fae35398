/** One run of one delivery: what is known of it beside the record in Redis, and what is told of it where it is traced. */
import { randomUUID } from 'node:crypto';
import type { DeliveryOutcome, Permission } from '../domain/delivery.ts';
import type { EventRef } from '../domain/event.ts';
import type { DeliveryTrace, EventTracer } from '../domain/event-trace.ts';
import type { EndedEnvelope } from '../domain/push.ts';
import { monotonicMs } from '../runtime/clock.ts';
import type { WriteFence } from '../runtime/write-fence.ts';

export interface Stopping {
  /** Aborted when the pod stops: nothing new is begun, waits end. */
  readonly soon: AbortSignal;
  /** Aborted when it can't wait for calls any longer. */
  readonly now: AbortSignal;
}

/** Ended: the outcome is reported, the job is done. Again: run it once more after `delayMs`. */
export type Verdict = { readonly kind: 'ended' } | { readonly kind: 'again'; readonly delayMs: number };

export type Granted = Extract<Permission, { kind: 'granted' }>;
export type Interrupted = Extract<Permission, { kind: 'interrupted' }>;

export interface Run {
  readonly ref: EventRef;
  readonly stopping: Stopping;
  readonly reporter: string;
  /** `monotonicMs()`. */
  readonly begunAtMs: number;
  /** The kill switch, as last read. */
  killed: boolean;
  /** Undefined where it is not traced, and until its push is known. */
  trace: DeliveryTrace | undefined;
}

/** An attempt, and until when it may write: `doubtful` where an earlier one may have been received. */
export interface Attempt {
  readonly granted: Granted;
  readonly fence: WriteFence;
  readonly doubtful: boolean;
}

export function beginRun(ref: EventRef, stopping: Stopping): Run {
  const [reporter, begunAtMs] = [randomUUID(), monotonicMs()];
  return { ref, stopping, reporter, begunAtMs, killed: false, trace: undefined };
}

/** The push of a run is known from now on; only the first call counts. */
export function traceRun(
  run: Run,
  tracer: EventTracer | undefined,
  envelope: EndedEnvelope,
  attempt?: number,
): void {
  run.trace ??= tracer?.delivery({ envelope, attempt, begunAtMs: run.begunAtMs });
}

/** Settles as `verdict` does, and ends the run's trace then. */
export async function untilOver(run: Run, verdict: Promise<Verdict>): Promise<Verdict> {
  try {
    const found = await verdict;
    if (found.kind === 'again') run.trace?.note('retry', { in_ms: Math.round(found.delayMs) });
    run.trace?.over();
    return found;
  } catch (error) {
    run.trace?.over(error);
    throw error;
  }
}

/** The push is at its end, by this run or by an earlier one whose report was lost. */
export function noteEnd(
  run: Run,
  tracer: EventTracer | undefined,
  envelope: EndedEnvelope,
  outcome: DeliveryOutcome,
): void {
  if (tracer === undefined) return;
  traceRun(run, tracer, envelope);
  run.trace?.ended(outcome);
}
