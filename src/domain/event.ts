/**
 * A location event: what a shopper's phone reported, after it has passed validation.
 * Its identity is (`userId`, `eventId`): two records with the same pair are one event to the push side.
 */

export const TRIGGERS = ['enter', 'dwell', 'exit'] as const;
export type Trigger = (typeof TRIGGERS)[number];

/** The fields of an event's JSON; all others are ignored. */
export const EVENT_FIELDS: ReadonlySet<string> = new Set([
  'userId',
  'occurredAt',
  'latitude',
  'longitude',
  'merchantId',
  'eventId',
  'trigger',
  'accuracyMeters',
  'timeZone',
  'locale',
  'pushConsent',
]);

export interface LocationEvent {
  readonly eventId: string;
  readonly userId: string;
  /** Epoch ms; never later than the moment of validation (up to five minutes ahead counts as now). */
  readonly occurredAtMs: number;
  readonly latitude: number;
  readonly longitude: number;
  readonly trigger: Trigger;
  readonly pushConsent: boolean;
  readonly merchantId?: string;
  readonly accuracyMeters?: number;
  /** An IANA name that this runtime knows. */
  readonly timeZone?: string;
  /** A well-formed BCP 47 tag in canonical form. */
  readonly locale?: string;
}

/** The event's identity, as the push side keys it. */
export interface EventRef {
  readonly userId: string;
  readonly eventId: string;
}
