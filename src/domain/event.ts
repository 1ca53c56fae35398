/**
 * A location event: what a shopper's phone reported. Its fields stand once, in {@link eventShape}: what is read of a
 * large event, what an event is after validation and what rules see of it follow from there or do not compile.
 * Its identity is (`userId`, `eventId`): two records with the same pair are one event to the push side.
 */
import { z } from 'zod';
import { compileCheck } from '../runtime/compile-check.ts';
import { parseInstant } from './instant.ts';

export const TRIGGERS = ['enter', 'dwell', 'exit'] as const;
export type Trigger = (typeof TRIGGERS)[number];

const MAX_ID_LENGTH = 128;

const id = z
  .string({ error: 'expected a string of 1–128 characters' })
  .refine(isId, { error: 'expected a string of 1–128 well-formed characters' });

/** An event's JSON. Other fields are ignored, null in an optional one is absent. */
export const eventShape = z.object({
  userId: id,
  occurredAt: z
    .string({ error: 'expected RFC 3339 with offset' })
    .refine((text) => parseInstant(text) !== undefined, { error: 'expected RFC 3339 with offset' }),
  latitude: z.number({ error: 'expected a number' }).min(-90, 'expected −90…90').max(90, 'expected −90…90'),
  longitude: z
    .number({ error: 'expected a number' })
    .min(-180, 'expected −180…180')
    .max(180, 'expected −180…180'),
  merchantId: id.nullish(),
  eventId: id.nullish(),
  trigger: z.enum(TRIGGERS, { error: `expected one of ${TRIGGERS.join(', ')}` }).nullish(),
  accuracyMeters: z.number({ error: 'expected a number ≥ 0' }).min(0, 'expected a number ≥ 0').nullish(),
  /** Whatever stands there: validation takes what is no time zone, or no locale, for absent. */
  timeZone: z.unknown().optional(),
  locale: z.unknown().optional(),
  pushConsent: z.boolean({ error: 'expected true or false' }).nullish(),
});

/** What {@link eventShape} accepts, without its errors and in a third of its time. */
export const isEventJson: (value: unknown) => value is EventJson = compileCheck(eventShape);

export type EventField = keyof typeof eventShape.shape;
/** The fields of an event's JSON. */
export const EVENT_FIELDS: ReadonlySet<string> = new Set(Object.keys(eventShape.shape));

export type EventJson = z.output<typeof eventShape>;
/** Every event has them: they are required, or have a default. */
type AlwaysThere = 'eventId' | 'userId' | 'latitude' | 'longitude' | 'trigger' | 'pushConsent';
/** They are in another form in an event. */
type Converted = 'occurredAt' | 'timeZone' | 'locale';
type MayBeAbsent = Exclude<keyof EventJson, AlwaysThere | Converted>;

/** An event that has passed validation. */
export type LocationEvent = Readonly<
  { [Field in AlwaysThere]: NonNullable<EventJson[Field]> } & {
    [Field in MayBeAbsent]?: NonNullable<EventJson[Field]> | undefined;
  } & {
    /** Epoch ms; never later than the moment of validation (up to five minutes ahead counts as now). */
    occurredAtMs: number;
    /** An IANA name that this runtime knows. */
    timeZone?: string | undefined;
    /** A well-formed BCP 47 tag in canonical form. */
    locale?: string | undefined;
  }
>;

/** The event's identity, as the push side keys it. */
export interface EventRef {
  readonly userId: string;
  readonly eventId: string;
}

/** @returns true for 1–128 characters of well-formed Unicode, which may become part of a key. */
export function isId(text: string): boolean {
  if (text.length === 0 || !text.isWellFormed()) return false;
  // Counted in characters, not in UTF-16 units; more than twice the limit can't fit either way.
  if (text.length <= MAX_ID_LENGTH) return true;
  return text.length <= 2 * MAX_ID_LENGTH && Array.from(text).length <= MAX_ID_LENGTH;
}
