/**
 * A member of a user's history names its event and what caps count its push by, in a few bytes whatever the ids. Within
 * one user's few entries 72 bits do not collide.
 *
 *     version 1   event 16 · merchantId 12 · couponId 12          without a mark; gone 31 days after the last pod of its kind
 *     version 2   event 16 · merchantId 12 · couponId 12 · "2"
 *     later       event 16 · merchantId 12 · couponId 12 · its own mark · its own parts
 *
 * A part keeps its place for good: a later version only appends, and its mark says how far it goes. So pods of an old
 * and of a new version read each other's members while a deployment rolls, and a history may hold both. What an older
 * member does not say counts for every subject: for one window a cap is kept too strictly, and never broken.
 *
 * Redis keeps small sorted sets packed, at a fifth of the memory, while no member is above 64 bytes. Once its end is told
 * a push's member is shorter (short-form.ts).
 */
import { capFields, type CapField, type CapSubject, type PushSubject } from '../domain/cap.ts';
import { namesOf } from '../runtime/names-of.ts';
import { digest } from './keys.ts';

/** One character. A new one for every change of {@link PARTS}. */
export const MEMBER_VERSION = '2';
/** The length of the event's part, which comes first. Lengths are in characters of 6 bits. */
export const MEMBER_EVENT_LENGTH = 16;
/** What follows it, in order. Only ever appended to. */
export const PARTS = {
  merchantId: 12,
  couponId: 12,
  version: MEMBER_VERSION.length,
} as const satisfies Readonly<Record<CapField | 'version', number>>;

/** Of a member of this version. */
export const MEMBER_LENGTH = Object.values(PARTS).reduce((sum, length) => sum + length, MEMBER_EVENT_LENGTH);

type Part = keyof typeof PARTS;

/** Where a part stands in a member: its first and its last character, from 1, as Lua counts. */
interface Slice {
  readonly from: number;
  readonly to: number;
}

const SLICES = slicesOf(PARTS);

/** @param push what caps count it by. */
export function historyMember(eventId: string, push: PushSubject): string {
  let member = memberEvent(eventId);
  for (const part of namesOf(PARTS)) {
    member += part === 'version' ? MEMBER_VERSION : digest(push[part], PARTS[part]);
  }
  return member;
}

/** The part of a history member that names its event, in every version. */
export function memberEvent(eventId: string): string {
  return digest(eventId, MEMBER_EVENT_LENGTH);
}

/** The slices of a member by which a cap counts (`17-28,42-53`), as the claim script takes them; '' for none. */
export function capSlices(per: CapSubject): string {
  return capFields(per)
    .map((field) => `${String(SLICES[field].from)}-${String(SLICES[field].to)}`)
    .join(',');
}

function slicesOf(parts: Readonly<Record<Part, number>>): Readonly<Record<Part, Slice>> {
  let from = MEMBER_EVENT_LENGTH + 1;
  const slices = namesOf(parts).map((part) => {
    const slice: Slice = { from, to: from + parts[part] - 1 };
    from = slice.to + 1;
    return [part, slice] as const;
  });
  return Object.fromEntries(slices) as Record<Part, Slice>;
}
