/**
 * From uploads to Kafka records: single objects, a walk's array, a shop gateway's NDJSON of several people, some
 * packed, some broken, some sent twice. Every record names the events inside it, so that whoever produces it can
 * afterwards ask of each single one what became of it.
 */
import { gzipSync } from 'node:zlib';
import type { BadReason } from './broken.ts';
import { breakRecord, inflateRecord, spoilEvent } from './broken.ts';
import type { PhoneEvent } from './phone.ts';
import type { Random } from './random.ts';

/** One event inside a record. */
export interface CityEvent {
  /** Its place in the record, from 0. */
  readonly index: number;
  /** Undefined where nobody can read it from the bytes. */
  readonly userId: string | undefined;
  /** Undefined: named by the record's coordinates. */
  readonly eventId: string | undefined;
  /** Present where it must be dead-lettered, with the bytes the dead letter must carry. */
  readonly bad: { readonly reason: BadReason; readonly bytes: Buffer | null } | undefined;
}

export interface CityRecord {
  readonly key: string;
  /** Null: a tombstone. */
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly events: readonly CityEvent[];
}

/** Shares of what goes wrong or differently on the way to Kafka. */
export const RATES = {
  brokenRecord: 0.009,
  brokenInBatch: 0.03,
  tooLarge: 0.0004,
  gateway: 0.012,
  packed: 0.02,
  sentTwice: 0.004,
} as const;

const pack = (
  random: Random,
  value: Buffer,
  headers: Readonly<Record<string, string>>,
): { value: Buffer; headers: Readonly<Record<string, string>> } =>
  random.chance(RATES.packed)
    ? { value: gzipSync(value), headers: { ...headers, 'content-encoding': 'gzip' } }
    : { value, headers };

const good = (event: PhoneEvent, index: number): CityEvent => ({
  index,
  userId: event.userId,
  eventId: event.eventId,
  bad: undefined,
});

const bad = (reason: BadReason, bytes: Buffer | null, index = 0): CityEvent => ({
  index,
  userId: undefined,
  eventId: undefined,
  bad: { reason, bytes },
});

/** A record with one event, or a whole record that is broken. */
export const singleRecord = (
  random: Random,
  event: PhoneEvent,
  maxRecordBytes: number | undefined,
): CityRecord => {
  const tooLarge = maxRecordBytes !== undefined && random.chance(RATES.tooLarge);
  if (tooLarge || random.chance(RATES.brokenRecord)) {
    const broken = tooLarge ? inflateRecord(event, maxRecordBytes) : breakRecord(event, random);
    return {
      key: event.userId,
      value: broken.value,
      headers: broken.headers,
      events: [bad(broken.reason, broken.value)],
    };
  }
  const headers = random.chance(0.3) ? { 'content-type': 'application/json' } : {};
  const packed = pack(random, Buffer.from(JSON.stringify(event.body)), headers);
  return { key: event.userId, ...packed, events: [good(event, 0)] };
};

/** Some of a batch's texts are spoilt; the others must go on as if nothing had happened. */
const writeBatch = (
  random: Random,
  events: readonly PhoneEvent[],
  cutLines: boolean,
): { texts: string[]; events: CityEvent[] } => {
  const texts: string[] = [];
  const parts = events.map((event, index): CityEvent => {
    const whole = JSON.stringify(event.body);
    if (!random.chance(RATES.brokenInBatch)) {
      texts.push(whole);
      return good(event, index);
    }
    const cut = cutLines && random.chance(0.5);
    const text = cut
      ? whole.slice(0, random.int(5, whole.length - 1))
      : JSON.stringify(spoilEvent(event.body, random));
    texts.push(text);
    return bad(cut ? 'malformed' : 'invalid', Buffer.from(text), index);
  });
  return { texts, events: parts };
};

/** A phone's whole walk as a JSON array. */
export const arrayRecord = (random: Random, key: string, events: readonly PhoneEvent[]): CityRecord => {
  const batch = writeBatch(random, events, false);
  const separator = random.chance(0.5) ? ',\n  ' : ',';
  const packed = pack(random, Buffer.from(`[${batch.texts.join(separator)}]`), {
    'content-type': 'application/json',
  });
  return { key, ...packed, events: batch.events };
};

/** A gateway's lines, several people's, with blank lines between them here and there. */
export const linesRecord = (random: Random, key: string, events: readonly PhoneEvent[]): CityRecord => {
  const batch = writeBatch(random, events, true);
  const end = random.chance(0.2) ? '\r\n' : '\n';
  const lines = batch.texts.map((text) => text + end + (random.chance(0.1) ? end : ''));
  const packed = pack(random, Buffer.from(lines.join('')), { 'content-type': 'application/x-ndjson' });
  return { key, ...packed, events: batch.events };
};
