/**
 * Records that break the contract, each with the reason it must be dead-lettered for: what is not JSON at all
 * (`malformed`), JSON that breaks the event's table (`invalid`), and what unpacks to more than a pod will hold
 * (`too_large`). The bytes kept beside each are the ones the dead letter must carry.
 */
import { gzipSync } from 'node:zlib';
import type { DeadLetterReason } from '../../../src/domain/outcome.ts';
import type { PhoneEvent } from './phone.ts';
import type { Random } from './random.ts';

export type BadReason = Extract<DeadLetterReason, 'malformed' | 'invalid' | 'too_large'>;

export interface BrokenValue {
  readonly reason: BadReason;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, string>>;
}

type Breaker = (event: PhoneEvent, random: Random) => BrokenValue;

const of = (
  reason: BadReason,
  value: Buffer | string | null,
  headers: Readonly<Record<string, string>> = {},
): BrokenValue => ({ reason, value: typeof value === 'string' ? Buffer.from(value) : value, headers });

const MALFORMED: readonly [Breaker, ...Breaker[]] = [
  // Cut off in the middle, as by a producer that died.
  ({ body }, random) => {
    const text = JSON.stringify(body);
    return of('malformed', text.slice(0, random.int(5, text.length - 1)));
  },
  ({ body }) => {
    const bytes = Buffer.from(JSON.stringify(body));
    bytes[bytes.indexOf(':') + 2] = 0xff;
    return of('malformed', bytes);
  },
  () => of('malformed', null),
  () => of('malformed', ''),
  () => of('malformed', '   \n  \n'),
  ({ body }) => of('malformed', JSON.stringify(body), { 'content-encoding': 'gzip' }),
  ({ body }) => {
    const packed = gzipSync(JSON.stringify(body));
    return of('malformed', packed.subarray(0, packed.length - 12), { 'content-encoding': 'gzip' });
  },
  ({ userId }) => of('malformed', `<event user="${userId}"/>`),
];

/** Changes one field of an event so that it breaks the table. */
export const spoilEvent = (body: PhoneEvent['body'], random: Random): Record<string, unknown> => {
  const spoil = random.pick<Record<string, unknown>>([
    { userId: undefined },
    { userId: '' },
    { userId: 42 },
    { userId: 'x'.repeat(129) },
    { latitude: 91 },
    { latitude: '52.5' },
    { longitude: -180.5 },
    { longitude: undefined },
    { occurredAt: 'yesterday' },
    { occurredAt: '2026-11-22T10:00:00' },
    { occurredAt: 'ahead' },
    { trigger: 'teleport' },
    { accuracyMeters: -1 },
    { pushConsent: 'yes' },
    { eventId: 7 },
    { merchantId: '' },
  ]);
  if (spoil['occurredAt'] !== 'ahead') return { ...body, ...spoil };
  const ahead = Date.parse(String(body['occurredAt'])) + random.int(240, 600) * 60_000;
  return { ...body, occurredAt: new Date(ahead).toISOString() };
};

const INVALID: readonly [Breaker, ...Breaker[]] = [
  () => of('invalid', '42'),
  ({ userId }) => of('invalid', JSON.stringify(userId)),
  () => of('invalid', '[]'),
  () => of('invalid', 'null'),
  () => of('invalid', '{}'),
  ...Array.from(
    { length: 8 },
    (): Breaker =>
      ({ body }, random) =>
        of('invalid', JSON.stringify(spoilEvent(body, random))),
  ),
];

/** A whole record that must be dead-lettered. */
export const breakRecord = (event: PhoneEvent, random: Random): BrokenValue =>
  random.pick(random.chance(0.5) ? MALFORMED : INVALID)(event, random);

/** Small as it comes, larger than `maxRecordBytes` once unpacked. */
export const inflateRecord = (event: PhoneEvent, maxRecordBytes: number): BrokenValue =>
  of('too_large', gzipSync(JSON.stringify({ ...event.body, note: 'x'.repeat(maxRecordBytes) })), {
    'content-encoding': 'gzip',
  });
