/**
 * The edge of the flow: takes a piece in, drives it to exactly one outcome, and counts it exactly once, so
 * that received = queued + filtered + dead-lettered + abandoned + in flight holds at every reading. Only here
 * is anything retried: services that are away for as long as it takes, faults of our own three times.
 */
import { AbandonedError } from '../domain/errors.ts';
import type { Outcome, OutcomeRecord } from '../domain/outcome.ts';
import type { RecordPiece } from '../domain/record.ts';
import { continueTrace } from '../domain/trace.ts';
import { untilAvailable, type Waiting } from './patience.ts';
import { processEvent, type ProcessPorts } from './process-event.ts';
import { createRecallAhead } from './recall-ahead.ts';
import type { DeadLetters, EventWork, Hold, Intake, Logger, OutcomeLog } from './ports.ts';
import { validate, type Validated } from './steps/validate.ts';

/** An unexpected fault of our own is tried this often before the event is dead-lettered. */
const TRIES = 3;
const PAUSE_BETWEEN_TRIES_MS = 100;

export interface EdgePorts extends ProcessPorts {
  readonly deadLetters: DeadLetters;
  /** Undefined where no outcome topic is set. */
  readonly outcomes: OutcomeLog | undefined;
  readonly logger: Logger;
  readonly waiting: Waiting;
  readonly pod: string;
}

export function createIntake(edge: EdgePorts): Intake {
  const claims = createRecallAhead(edge.claims);
  const ports: EdgePorts = { ...edge, claims };
  return (piece) => {
    const receivedAtMs = performance.now();
    ports.meter.received();
    const validated = validate(piece, ports.clock.now());
    return {
      key: validated.ok ? validated.event.userId : undefined,
      ahead: () => {
        if (validated.ok) claims.ahead(validated.event, ports.documents.rules().caps);
      },
      run: (hold) => drive(piece, validated, receivedAtMs, hold, ports),
      abandon: () => {
        if (validated.ok) claims.forget(validated.event);
        ports.meter.abandoned();
      },
    } satisfies EventWork;
  };
}

async function drive(
  piece: RecordPiece,
  validated: Validated,
  receivedAtMs: number,
  hold: Hold,
  ports: EdgePorts,
): Promise<void> {
  try {
    const outcome = await decide(piece, validated, hold, ports);
    await acknowledge(piece, validated, outcome, hold, ports);
    ports.meter.ended(outcome, {
      durationMs: performance.now() - receivedAtMs,
      endToEndMs: validated.ok ? ports.clock.now() - validated.event.occurredAtMs : undefined,
    });
  } catch (error) {
    ports.meter.abandoned();
    throw error;
  }
}

async function decide(
  piece: RecordPiece,
  validated: Validated,
  hold: Hold,
  ports: EdgePorts,
): Promise<Outcome> {
  if (!validated.ok) return { kind: 'dead_lettered', reason: validated.reason, error: validated.error };
  const { event } = validated;
  const context = { source: piece.source, traceparent: continueTrace(piece.envelope.headers['traceparent']) };
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await untilAvailable(() => processEvent(event, context, hold, ports), hold, ports);
    } catch (error) {
      // Given up although nobody took the event away is a fault like any other.
      if (error instanceof AbandonedError && hold.isLost()) throw error;
      const fields = { ...piece.source, eventId: event.eventId, attempt, error };
      ports.logger.error(fields, 'unexpected fault while deciding an event');
      if (attempt === TRIES) {
        return { kind: 'dead_lettered', reason: 'internal_error', error: describe(error) };
      }
      await ports.clock.sleep(PAUSE_BETWEEN_TRIES_MS * attempt, hold.signal);
      hold.assertHeld();
    }
  }
}

/** What the world must have acknowledged before the offset may be committed. */
async function acknowledge(
  piece: RecordPiece,
  validated: Validated,
  outcome: Outcome,
  hold: Hold,
  ports: EdgePorts,
): Promise<void> {
  const { eventId, userId } = validated.ok ? validated.event : validated;
  if (outcome.kind === 'dead_lettered') {
    const { reason, error } = outcome;
    const letter = { piece, reason, error, eventId, failedAtMs: ports.clock.now() };
    await untilAvailable(() => ports.deadLetters.publish(letter), hold, ports);
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
  await untilAvailable(() => outcomes.record(record), hold, ports);
}

/** The error's text goes into the dead letter, not into the audit. */
function withoutError<T extends object>(about: T): Omit<T, 'error'> {
  if (!('error' in about)) return about;
  const { error: _error, ...rest } = about;
  return rest;
}

function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
