/**
 * Validation: a piece of a record becomes a location event, or says in one line which field breaks which
 * rule. Synchronous and cheap, because the engine needs the user before it can order the work.
 */
import { z } from 'zod';
import { TRIGGERS, type LocationEvent } from '../../domain/event.ts';
import type { DeadLetterReason } from '../../domain/outcome.ts';
import { headerText, type EventSource, type RecordEnvelope, type RecordPiece } from '../../domain/record.ts';
import { canonicalTimeZone, parseInstant, readLocale } from '../../domain/civil.ts';

/** An event up to this far ahead of our clock counts as now; further ahead is invalid. */
const MAX_AHEAD_MS = 5 * 60 * 1000;
const MAX_ID_LENGTH = 128;

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

const id = z
  .string({ error: 'expected a string of 1–128 characters' })
  .refine(isId, { error: 'expected a string of 1–128 well-formed characters' });

const shape = z.object({
  userId: id,
  occurredAt: z.string({ error: 'expected RFC 3339 with offset' }).transform((text, context) => {
    const atMs = parseInstant(text);
    if (atMs !== undefined) return atMs;
    context.issues.push({ code: 'custom', message: 'expected RFC 3339 with offset', input: text });
    return z.NEVER;
  }),
  latitude: z.number({ error: 'expected a number' }).min(-90, 'expected −90…90').max(90, 'expected −90…90'),
  longitude: z
    .number({ error: 'expected a number' })
    .min(-180, 'expected −180…180')
    .max(180, 'expected −180…180'),
  merchantId: id.nullish(),
  eventId: id.nullish(),
  trigger: z.enum(TRIGGERS, { error: `expected one of ${TRIGGERS.join(', ')}` }).nullish(),
  accuracyMeters: z.number({ error: 'expected a number ≥ 0' }).min(0, 'expected a number ≥ 0').nullish(),
  timeZone: z.unknown().optional(),
  locale: z.unknown().optional(),
  pushConsent: z.boolean({ error: 'expected true or false' }).nullish(),
});

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
  const parsed = shape.safeParse(content.value);
  const refuse = (error: string): Validated => ({
    ok: false,
    reason: 'invalid',
    error,
    eventId: readableId(content.value, 'eventId') ?? fallbackId(),
    userId: readableId(content.value, 'userId'),
  });
  if (!parsed.success) return refuse(explain(parsed.error));
  const fields = parsed.data;
  if (fields.occurredAt - nowMs > MAX_AHEAD_MS)
    return refuse('occurredAt: more than five minutes ahead of now');
  const event: { -readonly [Field in keyof LocationEvent]: LocationEvent[Field] } = {
    eventId: fields.eventId ?? fallbackId(),
    userId: fields.userId,
    occurredAtMs: Math.min(fields.occurredAt, nowMs),
    latitude: fields.latitude,
    longitude: fields.longitude,
    trigger: fields.trigger ?? 'enter',
    pushConsent: fields.pushConsent ?? true,
  };
  if (isPresent(fields.merchantId)) event.merchantId = fields.merchantId;
  if (isPresent(fields.accuracyMeters)) event.accuracyMeters = fields.accuracyMeters;
  const timeZone = canonicalTimeZone(fields.timeZone);
  if (timeZone !== undefined) event.timeZone = timeZone;
  const locale = readLocale(fields.locale);
  if (locale !== undefined) event.locale = locale;
  return { ok: true, event };
}

/** The identity of an event that brings none: where it stands in Kafka. */
function positionId(source: EventSource): string {
  return `${source.topic}-${String(source.partition)}-${source.offset}-${String(source.index)}`;
}

function isId(text: string): boolean {
  if (text.length === 0 || !text.isWellFormed()) return false;
  // Counted in characters, not in UTF-16 units; more than twice the limit can't fit either way.
  if (text.length <= MAX_ID_LENGTH) return true;
  return text.length <= 2 * MAX_ID_LENGTH && Array.from(text).length <= MAX_ID_LENGTH;
}

function isPresent<T>(value: T): value is NonNullable<T> {
  return value !== undefined && value !== null;
}

/**
 * A dead letter carries its event's id in a header, and a replay puts it back: so an event without an id of
 * its own keeps the identity of its first position. Only for the first event, as a header names just one.
 */
function replayedId(headers: RecordEnvelope['headers'], index: number): string | undefined {
  const header = headers['event-id'];
  // Beside the header that only a dead letter has: a producer's own header of this name says nothing.
  if (
    index !== 0 ||
    header === undefined ||
    Array.isArray(header) ||
    headers['source-offset'] === undefined
  ) {
    return undefined;
  }
  const text = headerText(header);
  return isId(text) ? text : undefined;
}

function readableId(value: unknown, field: string): string | undefined {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, field)) return undefined;
  const found: unknown = Reflect.get(value, field);
  return typeof found === 'string' && isId(found) ? found : undefined;
}

function explain(error: z.ZodError): string {
  return error.issues
    .slice(0, 5)
    .map((issue) =>
      issue.path.length === 0 ? 'expected a JSON object' : `${issue.path.join('.')}: ${issue.message}`,
    )
    .join('; ');
}
