/**
 * Validation: a piece of a record becomes a location event, or says in one line which field breaks which
 * rule. Synchronous and cheap, because the engine needs the user before it can order the work.
 */
import { canonicalTimeZone, readLocale } from '../../domain/civil.ts';
import { eventShape, isEventJson, isId, type LocationEvent } from '../../domain/event.ts';
import { parseInstant } from '../../domain/instant.ts';
import type { DeadLetterReason } from '../../domain/outcome.ts';
import { headerText, type EventSource, type RecordEnvelope, type RecordPiece } from '../../domain/record.ts';
import type { Complete } from '../../runtime/complete.ts';

/** An event up to this far ahead of our clock counts as now; further ahead is invalid. */
const MAX_AHEAD_MS = 5 * 60 * 1000;

export type Validated =
  | { readonly ok: true; readonly event: LocationEvent }
  | {
      readonly ok: false;
      readonly reason: DeadLetterReason;
      readonly error: string;
      /** What could still be made out, for the outcome record and the dead letter. */
      readonly eventId: string;
      readonly userId: string | undefined;
    };

/** @param nowMs epoch ms, by the later of this pod's clock and Redis's. Never throws. */
export function validate(piece: RecordPiece, nowMs: number): Validated {
  const { content, source } = piece;
  const fallbackId = (): string => replayedId(piece.envelope.headers, source.index) ?? positionId(source);
  if (content.kind === 'refused') {
    return {
      ok: false,
      reason: content.reason,
      error: content.error,
      eventId: fallbackId(),
      userId: undefined,
    };
  }
  const refuse = (error: string): Validated => ({
    ok: false,
    reason: 'invalid',
    error,
    eventId: readableId(content.value, 'eventId') ?? fallbackId(),
    userId: readableId(content.value, 'userId'),
  });
  const fields = content.value;
  if (!isEventJson(fields)) return refuse(explain(fields));
  // Valid: checked with the others.
  const occurredAtMs = parseInstant(fields.occurredAt) ?? nowMs;
  if (occurredAtMs - nowMs > MAX_AHEAD_MS) return refuse('occurredAt: more than five minutes ahead of now');
  const event: Complete<LocationEvent> = {
    eventId: fields.eventId ?? fallbackId(),
    userId: fields.userId,
    occurredAtMs: Math.min(occurredAtMs, nowMs),
    latitude: fields.latitude,
    longitude: fields.longitude,
    trigger: fields.trigger ?? 'enter',
    pushConsent: fields.pushConsent ?? true,
    merchantId: fields.merchantId ?? undefined,
    accuracyMeters: fields.accuracyMeters ?? undefined,
    timeZone: canonicalTimeZone(fields.timeZone),
    locale: readLocale(fields.locale),
  };
  return { ok: true, event };
}

/** The identity of an event that brings none: where it stands in Kafka. */
function positionId(source: EventSource): string {
  return `${source.topic}-${String(source.partition)}-${source.offset}-${String(source.index)}`;
}

/**
 * A dead letter carries its event's id in a header, and a replay keeps that. So an event without an id of its own
 * keeps the identity of its first position. Only the first event of a record: a header names just one.
 */
function replayedId(headers: RecordEnvelope['headers'], index: number): string | undefined {
  const header = headers['event-id'];
  // Beside a header that only a dead letter or its replay has: a producer's own header of this name says nothing.
  const isReplay = headers['source-offset'] !== undefined || headers['replays'] !== undefined;
  if (index !== 0 || header === undefined || Array.isArray(header) || !isReplay) return undefined;
  const text = headerText(header);
  return isId(text) ? text : undefined;
}

function readableId(value: unknown, field: string): string | undefined {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, field)) return undefined;
  const found: unknown = Reflect.get(value, field);
  return typeof found === 'string' && isId(found) ? found : undefined;
}

function explain(value: unknown): string {
  const { error } = eventShape.safeParse(value);
  return (error?.issues ?? [])
    .slice(0, 5)
    .map((issue) =>
      issue.path.length === 0 ? 'expected a JSON object' : `${issue.path.join('.')}: ${issue.message}`,
    )
    .join('; ');
}
