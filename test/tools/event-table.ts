/**
 * The table of an event's fields, for those who produce events. Form and bounds are what the schema itself says to a
 * value that breaks them, so the table and the `error` of a dead letter speak the same words.
 */
import { eventShape, type EventField } from '../../src/domain/event.ts';
import { namesOf } from '../../src/runtime/names-of.ts';

/** Markdown: what the field says, and what its absence does. */
const MEANINGS: Readonly<Record<EventField, string>> = {
  userId: 'whose event it is: order and caps go by it, whatever the record’s key',
  occurredAt: 'when it happened; up to five minutes ahead counts as now, further ahead is `invalid`',
  latitude: 'where the phone was, in degrees',
  longitude: 'where the phone was, in degrees',
  merchantId: 'the shop whose geofence it is; passed on to the coupon API',
  eventId: 'absent: `topic-partition-offset-index`; with `userId` the event’s identity',
  trigger: 'what the phone did at the geofence; absent: `enter`',
  accuracyMeters: 'the position’s error, in m',
  timeZone: 'where the user is; any other value counts as absent',
  locale: 'the language of the texts, also as `de_DE`; any other value counts as absent',
  pushConsent: '`false` ends the event as `no_consent`; absent: `true`',
};

/** Of fields in which the schema takes whatever stands there. */
const TAKEN_AS: Partial<Readonly<Record<EventField, string>>> = {
  timeZone: 'IANA name',
  locale: 'BCP 47 tag',
};

/** Values of which each form refuses at least one: no JSON at all, then numbers beyond every bound. */
const BREAKING: readonly unknown[] = [Symbol('no JSON'), -Number.MAX_VALUE, Number.MAX_VALUE];

/** @returns what the schema expects of the field, as it says so: `number, −90…90`. */
function formOf(field: EventField): string {
  const said = BREAKING.flatMap((value) => {
    const { error } = eventShape.shape[field].safeParse(value);
    return error?.issues.map(({ message }) => message.replace(/^expected (an? )?/, '')) ?? [];
  });
  return [...new Set(said)].join(', ');
}

/** @returns the Markdown table, a line a field in the order of the schema. */
export function eventTable(): string {
  const rows = namesOf(eventShape.shape).map((field) => {
    const required = eventShape.shape[field].safeParse(undefined).success ? '' : 'yes';
    return `| \`${field}\` | ${TAKEN_AS[field] ?? formOf(field)} | ${required} | ${MEANINGS[field]} |`;
  });
  return ['| field | form | required | what it says |', '| --- | --- | --- | --- |', ...rows].join('\n');
}
