/**
 * The short form of what is kept of a push whose end is told (scripts/short-form.ts), as it is read here.
 *
 * A pod of the version before can read a short record, and finds no coupon in it. So records are made short only while
 * every live pod reads them whole: each says in its record among the pods which form it reads.
 */
import type { CapField } from '../domain/cap.ts';
import type { EventRef } from '../domain/event.ts';
import type { EndedEnvelope } from '../domain/push.ts';
import type { EventSource } from '../domain/record.ts';
import { namesOf } from '../runtime/names-of.ts';
import { MEMBER_EVENT_LENGTH, PARTS } from './history-member.ts';

/** Which form of records this version reads; a pod that names none reads only what the version before wrote. */
export const RECORD_FORM = 2;

/** In the place of a short record's envelope: what a pod of the version before can read. */
export const SHORT_ENVELOPE = '{"push":{}}';

const PLACE = /^(.+)-(\d+)-(\d+)-(\d+)$/;

type PartName = CapField | 'event';

/** Bytes of each part that a short member has. */
const BYTES = { event: 3, merchantId: 5, couponId: 5 } as const satisfies Readonly<Record<PartName, number>>;

interface ShortPart {
  readonly name: PartName;
  /** Where it begins in a long member, from 1. */
  readonly from: number;
  /** Where it begins in a short one, from 1. */
  readonly at: number;
  readonly bytes: number;
}

const LONG_STARTS = {
  event: 1,
  merchantId: MEMBER_EVENT_LENGTH + 1,
  couponId: MEMBER_EVENT_LENGTH + PARTS.merchantId + 1,
} as const;

export const SHORT_PARTS: readonly ShortPart[] = shortParts();
/** Its length in bytes. */
export const SHORT_MEMBER = SHORT_PARTS.reduce((sum, { bytes }) => sum + bytes, 0);

function shortParts(): readonly ShortPart[] {
  let at = 1;
  return namesOf(BYTES).map((name) => {
    const part: ShortPart = { name, from: LONG_STARTS[name], at, bytes: BYTES[name] };
    at += part.bytes;
    return part;
  });
}

/** The short form of a member of any version, a character a byte: what it says of its event and its push. */
export function shortMember(member: string): string {
  if (member.length === SHORT_MEMBER) return member;
  return SHORT_PARTS.map(({ from, bytes }) =>
    Buffer.from(member.slice(from - 1, from - 1 + Math.ceil(bytes / 3) * 4), 'base64url')
      .subarray(0, bytes)
      .toString('latin1'),
  ).join('');
}

/** @returns what a short member (see {@link shortMember}) says of one part. */
export function shortPart(short: string, name: PartName): string {
  const part = SHORT_PARTS.find((one) => one.name === name);
  return part === undefined ? '' : short.slice(part.at - 1, part.at - 1 + part.bytes);
}

/** What stands in the envelope's place: couponId, merchantId, rulesVersion, rulesHash, source, traceparent. */
export const SHORT_FIELDS = ['k', 'i', 'v', 'h', 'o', 'd'] as const;
/** Their values; null: the record has none. */
export type ShortFields = readonly (string | null)[];

/** @throws TypeError where the record lacks what every short record has. */
export function readShort(fields: ShortFields, { userId, eventId }: EventRef): EndedEnvelope {
  const [couponId, merchantId, rulesVersion, rulesHash, source, traceparent] = fields;
  if (typeof couponId !== 'string' || typeof merchantId !== 'string' || typeof rulesVersion !== 'string')
    throw new TypeError('a short record lacks its coupon, merchant or rules');
  return {
    push: { userId, eventId, couponId, merchantId, rulesVersion },
    source: readSource(source ?? eventId),
    ...(typeof traceparent === 'string' && { traceparent, isTraced: true }),
    ...(typeof rulesHash === 'string' && { rulesHash }),
  };
}

/** An event without an id of its own has its source as its id. */
function readSource(text: string): EventSource {
  const [, topic = '', partition, offset = '', index] = PLACE.exec(text) ?? [];
  return { topic, partition: Number(partition), offset, index: Number(index) };
}
