/**
 * What a phone makes of a sighting: the event's JSON, as the contract's table has it. `occurredAt` counts back from
 * the real now, because the service judges age and quiet hours by the real clock. Some phones report late, with
 * poor fixes, with clocks that run ahead, with fields that are null, unknown or no real zone; all of that is valid.
 */
import { localHour, type CityZones } from './zones.ts';
import type { Sighting } from './day.ts';
import { toDegrees } from './map.ts';
import type { Random } from './random.ts';

/** An event before it becomes bytes. */
export interface PhoneEvent {
  readonly userId: string;
  /** Undefined: the phone names none, the record's coordinates will. */
  readonly eventId: string | undefined;
  readonly body: Readonly<Record<string, unknown>>;
}

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;

/** RFC 3339, in UTC or with the zone's own offset: phones do both. */
const formatTime = (atMs: number, timeZone: string | undefined): string => {
  if (timeZone === undefined) return new Date(atMs).toISOString();
  const ahead = ((localHour(timeZone, atMs) - new Date(atMs).getUTCHours() + 36) % 24) - 12;
  const sign = ahead < 0 ? '-' : '+';
  const local = new Date(atMs + ahead * 60 * MINUTE_MS).toISOString().slice(0, 19);
  return `${local}${sign}${String(Math.abs(ahead)).padStart(2, '0')}:00`;
};

const zoneOf = (sighting: Sighting, zones: CityZones): string | undefined => {
  const kind = sighting.person.phone.zone;
  return kind === 'unknown' ? undefined : zones[kind];
};

const ageMs = (random: Random, staleShare: number): number => {
  if (random.chance(staleShare)) return random.int(16, 180) * MINUTE_MS;
  // A clock that runs ahead by less than five minutes counts as now.
  if (random.chance(0.004)) return -random.int(5, 230) * SECOND_MS;
  return Math.min(random.logNormal(4, 1.2), 600) * SECOND_MS;
};

const accuracy = (random: Random, median: number | undefined): number | undefined =>
  median === undefined ? undefined : Math.round(random.logNormal(median, 0.45) * 10) / 10;

/** Builds the event of one sighting, sent now. */
export const reportSighting = (
  random: Random,
  sighting: Sighting,
  eventNumber: number,
  at: { readonly nowMs: number; readonly zones: CityZones },
): PhoneEvent => {
  const { person, shop } = sighting;
  const { phone } = person;
  const zone = zoneOf(sighting, at.zones);
  const fix = accuracy(random, phone.accuracyMeters);
  const body: Record<string, unknown> = {
    userId: person.userId,
    occurredAt: formatTime(at.nowMs - ageMs(random, phone.staleShare), random.chance(0.3) ? zone : undefined),
    ...toDegrees(sighting.at),
  };
  if (phone.namesEvents) body['eventId'] = `e-${person.userId.slice(2)}-${eventNumber}`;
  if (phone.namesMerchant) body['merchantId'] = shop.merchantId;
  if (sighting.trigger !== 'enter' || random.chance(0.7)) body['trigger'] = sighting.trigger;
  if (fix !== undefined) body['accuracyMeters'] = fix;
  if (zone !== undefined) body['timeZone'] = zone;
  else if (random.chance(0.5)) body['timeZone'] = random.pick(['Mars/Olympus_Mons', 'local', 'GMT+25']);
  if (phone.locale !== undefined) body['locale'] = random.chance(0.01) ? 'no_such_locale!' : phone.locale;
  if (phone.consent !== 'unsaid') body['pushConsent'] = phone.consent === 'given';
  if (random.chance(0.1)) body['appVersion'] = `4.${random.int(0, 12)}.0`;
  if (fix === undefined && random.chance(0.3)) body['accuracyMeters'] = null;
  return {
    userId: person.userId,
    eventId: phone.namesEvents ? `e-${person.userId.slice(2)}-${eventNumber}` : undefined,
    body,
  };
};
