/**
 * The edge of the flow takes a piece in, drives it to exactly one outcome, and counts it exactly once. So received =
 * queued + filtered + dead-lettered + abandoned + in flight holds at every reading. Only the edge retries: a service
 * that is away for as long as it takes, a fault of our own three times.
 */
import { backoffMs, type Backoff } from '../runtime/backoff.ts';
import { monotonicMs } from '../runtime/clock.ts';
import { AbandonedError, UnavailableError } from '../runtime/errors.ts';
import type { LocationEvent } from '../domain/event.ts';
import type { EventTrace, EventTracer } from '../domain/event-trace.ts';
import type { Outcome, OutcomeRecord } from '../domain/outcome.ts';
import type { PieceOrigin, RecordPiece } from '../domain/record.ts';
import { continueTrace, readTracestate } from '../domain/trace.ts';
import { createSeen } from './decision-seen.ts';
import { createOutageRetry, untilAcknowledged } from './outage-retry.ts';
import { createProcessEvent, type ProcessEvent, type ProcessPorts } from './process-event.ts';
import { createLetterPublisher, type LetterPublisher } from './publish-dead-letter.ts';
import { createRecordDecision, type DecisionRecording, type RecordDecision } from './record-decision.ts';
import { createRecallAhead, type RecallAhead } from './recall-ahead.ts';
import type { DeadLetters, OutcomeLog, Waiting } from './ports.ts';
import type { EventWork, EventHandler } from '../domain/event-work.ts';
import type { Ownership } from '../domain/ownership.ts';
import type { Logger } from '../runtime/logger.ts';
import type { EventRun } from './steps/step.ts';
import { validate, type Validated } from './steps/validate.ts';
import { errorText } from '../runtime/error-text.ts';

/** An event is tried this often before a fault of our own dead-letters it. */
const TRIES = 3;
/** 50–150 ms, then 100–300 ms: events that failed together don't try again in step. */
const BETWEEN_TRIES: Backoff = { firstMs: 100, longestMs: 200, jitter: { around: 0.5 } };

export interface EdgePorts extends ProcessPorts {
  readonly deadLetters: DeadLetters;
  /** Undefined where no outcome topic is set. */
  readonly outcomes: OutcomeLog | undefined;
  /** Undefined where no decision topic is set. */
  readonly decisions?: DecisionRecording | undefined;
  readonly logger: Logger;
  readonly waiting: Waiting;
  readonly pod: string;
}

export function createEventHandler(edge: EdgePorts): EventHandler {
  const claims = createRecallAhead(edge.claims);
  const ports: HandlerPorts = {
    ...edge,
    claims,
    deadLetters: createLetterPublisher(edge.deadLetters),
    recordDecision: edge.decisions && createRecordDecision(edge.decisions, edge),
    processEvent: createProcessEvent({ ...edge, claims }),
  };
  return (piece) => {
    ports.meter.received();
    return new ReceivedEvent(piece, ports);
  };
}

interface HandlerPorts extends Omit<EdgePorts, 'deadLetters'> {
  readonly claims: RecallAhead;
  readonly deadLetters: LetterPublisher;
  readonly processEvent: ProcessEvent;
  readonly recordDecision: RecordDecision | undefined;
}

// eslint-disable-next-line no-restricted-syntax -- one is made for every event: closures cost microseconds then
class ReceivedEvent implements EventWork {
  readonly key: string | undefined;
  readonly occurredAtMs: number | undefined;
  /** Not the whole piece: its content may be large, and the garbage collector can have it. */
  readonly #origin: PieceOrigin;
  readonly #validated: Validated;
  readonly #receivedAtMs = monotonicMs();
  /** 0 where traces are off. */
  readonly #validatedAtMs: number;
  readonly #ports: HandlerPorts;

  constructor(piece: RecordPiece, ports: HandlerPorts) {
    // The later of the two clocks: an event is too far ahead only if both say so.
    const validated = validate(piece, ports.clock.now() + Math.max(0, -(ports.podAheadMs?.() ?? 0)));
    this.key = validated.ok ? validated.event.userId : undefined;
    this.occurredAtMs = validated.ok ? validated.event.occurredAtMs : undefined;
    const { source, envelope, bytes, unpacked, recut, roomShare } = piece;
    this.#origin = { source, envelope, bytes, unpacked, recut, roomShare };
    this.#validated = validated;
    this.#validatedAtMs = ports.tracer === undefined ? 0 : monotonicMs();
    this.#ports = ports;
  }

  ahead(): void {
    const { claims, documents } = this.#ports;
    if (this.#validated.ok) claims.ahead(this.#validated.event, documents.rules().caps);
  }

  async run(ownership: Ownership): Promise<void> {
    const piece = this.#origin;
    const validated = this.#validated;
    const ports = this.#ports;
    const trace = ports.tracer === undefined ? undefined : this.#begin(ports.tracer);
    try {
      let outcome: Outcome;
      let run: EventRun | undefined;
      if (validated.ok) {
        run = this.#runOf(validated.event, ownership, trace);
        try {
          outcome = await ports.processEvent(run);
        } catch (error) {
          outcome = await tryAgain(error, run, ports);
        }
      } else {
        outcome = refused(validated);
      }
      const recorded = run?.seen === undefined ? undefined : recordSeen(run, outcome, ports);
      trace?.enter('acknowledge');
      if (ports.outcomes !== undefined || outcome.kind === 'dead_lettered') {
        const acknowledged = acknowledge(piece, validated, outcome, ownership, ports);
        await (recorded === undefined ? acknowledged : Promise.all([acknowledged, recorded]));
      } else if (recorded !== undefined) await recorded;
      const endedAtMs = ports.clock.now();
      const { writtenAtMs } = piece.envelope;
      ports.meter.ended(outcome, {
        durationMs: monotonicMs() - this.#receivedAtMs,
        endToEndMs: validated.ok ? endedAtMs - validated.event.occurredAtMs : undefined,
        sinceWrittenMs: writtenAtMs === undefined ? undefined : endedAtMs - writtenAtMs,
        isReplay: piece.envelope.headers['replays'] !== undefined,
      });
      trace?.ended(outcome);
    } catch (error) {
      ports.meter.abandoned();
      trace?.abandoned(error);
      throw error;
    }
  }

  #begin(tracer: EventTracer): EventTrace | undefined {
    const { source, envelope } = this.#origin;
    const { headers } = envelope;
    const { eventId } = this.#validated.ok ? this.#validated.event : this.#validated;
    const [receivedAtMs, validatedAtMs] = [this.#receivedAtMs, this.#validatedAtMs];
    return tracer.event({ source, headers, eventId, receivedAtMs, validatedAtMs });
  }

  #runOf(event: LocationEvent, ownership: Ownership, trace: EventTrace | undefined): EventRun {
    const { source, envelope } = this.#origin;
    const traceparent = trace?.traceparent ?? continueTrace(envelope.headers['traceparent']);
    const tracestate = readTracestate(envelope.headers);
    const { decisions, documents } = this.#ports;
    const seen = decisions?.log.includes(event.userId) === true ? createSeen(documents.rules()) : undefined;
    const receivedAtMs = this.#receivedAtMs;
    return { event, source, traceparent, tracestate, receivedAtMs, ownership, seen, trace };
  }

  abandon(): void {
    if (this.#validated.ok) this.#ports.claims.forget(this.#validated.event);
    this.#ports.meter.abandoned();
  }
}

async function recordSeen(
  { event, seen, ownership }: EventRun,
  outcome: Outcome,
  { recordDecision, clock }: HandlerPorts,
): Promise<void> {
  if (seen === undefined) return;
  await recordDecision?.({ event, seen, outcome, endedAtMs: clock.now() }, ownership);
}

function refused({ reason, error }: Validated & { ok: false }): Outcome {
  return { kind: 'dead_lettered', reason, error };
}

/** Repeats the run until there is an outcome, after the first try ended in `fault`. */
async function tryAgain(fault: unknown, run: EventRun, ports: HandlerPorts): Promise<Outcome> {
  const { event, source, ownership } = run;
  let error = fault;
  const retry = createOutageRetry(ownership, ports);
  for (let attempt = 1; ;) {
    if (error instanceof UnavailableError) {
      run.trace?.note('waiting', { for: error.service });
      await retry.pause(error);
    } else {
      retry.reset();
      // Abandoned although this pod still owns the event: a fault like any other.
      if (error instanceof AbandonedError && ownership.isRevoked()) throw error;
      const fields = { ...source, eventId: event.eventId, attempt, error };
      ports.logger.error(fields, 'unexpected fault while deciding an event');
      if (attempt === TRIES) {
        return { kind: 'dead_lettered', reason: 'internal_error', error: errorText(error, { named: true }) };
      }
      run.trace?.note('retry', { attempt });
      ownership.park();
      await ports.clock.sleep(backoffMs(attempt, BETWEEN_TRIES), ownership.signal);
      ownership.assertOwned();
      attempt += 1;
    }
    await ownership.whenRoom();
    try {
      return await ports.processEvent(run);
    } catch (next) {
      error = next;
    }
  }
}

/** Waits for the acknowledgements without which the offset may not be committed. */
async function acknowledge(
  piece: PieceOrigin,
  validated: Validated,
  outcome: Outcome,
  ownership: Ownership,
  ports: HandlerPorts,
): Promise<void> {
  const { eventId, userId } = validated.ok ? validated.event : validated;
  if (outcome.kind === 'dead_lettered') {
    const { reason, error } = outcome;
    const letter = { piece, reason, error, eventId, failedAtMs: ports.clock.now() };
    const publish = (): Promise<void> => ports.deadLetters.publish(letter, ownership);
    await untilAcknowledged(publish, 'dead-letter topic', ownership, ports);
  }
  const { outcomes } = ports;
  if (outcomes === undefined) return;
  const { kind, ...about } = outcome;
  const record: OutcomeRecord = {
    eventId,
    ...(userId !== undefined && { userId }),
    at: new Date(ports.clock.now()).toISOString(),
    outcome: kind,
    ...withoutError(about),
    pod: ports.pod,
    source: piece.source,
  };
  await untilAcknowledged(() => outcomes.record(record), 'outcome topic', ownership, ports);
}

/** The error's text goes into the dead letter, not into the audit. */
function withoutError<T extends object>(about: T): Omit<T, 'error'> {
  if (!('error' in about)) return about;
  const { error: _error, ...rest } = about;
  return rest;
}
