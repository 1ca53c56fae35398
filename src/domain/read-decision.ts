/**
 * Reads a line of a recording back. Unknown fields are ignored, so that a recording of a later version can be read, and
 * what a line leaves out is filled in: a number is 0 then, a flag false.
 */
import { isRecord } from '../runtime/as-record.ts';
import { parseInstant } from './instant.ts';
import {
  COUPON_ANSWERS,
  RECORDED,
  type DecisionCoupon,
  type DecisionEvent,
  type DecisionMerchant,
  type DecisionRecord,
  type DeliveryRecord,
  type RecordingLine,
} from './decision.ts';
import { DELIVERY_OUTCOMES } from './delivery.ts';
import { isId, TRIGGERS } from './event.ts';
import { DEAD_LETTER_REASONS, FILTER_REASONS } from './outcome.ts';
import { VARIABLES } from './rule-variables.ts';

export type ReadDecision =
  { readonly ok: true; readonly record: RecordingLine } | { readonly ok: false; readonly problem: string };

const OUTCOMES = ['queued', 'filtered', 'dead_lettered'] as const;
const REASONS = Object.keys({ ...FILTER_REASONS, ...DEAD_LETTER_REASONS });
const KINDS = ['decision', 'delivery'] as const;

type Fields = Readonly<Record<string, unknown>>;

/** Says what is wrong with a line, for a reader to catch. */
class Unreadable extends Error {}

/** @returns the record, or one sentence that says what is wrong with the line. Never throws. */
export function readDecision(line: string): ReadDecision {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return { ok: false, problem: 'not JSON' };
  }
  try {
    const fields = objectAt(value, 'the line');
    const kind = oneOf(KINDS, fields, 'kind');
    return { ok: true, record: kind === 'decision' ? readEventDecision(fields) : readDelivery(fields) };
  } catch (error) {
    if (error instanceof Unreadable) return { ok: false, problem: error.message };
    throw error;
  }
}

function readEventDecision(fields: Fields): DecisionRecord {
  const { coupons } = fields;
  const couponApi = oneOf(COUPON_ANSWERS, fields, 'couponApi');
  if (couponApi === 'answered' && !Array.isArray(coupons)) throw expected('coupons', 'a list', coupons);
  const reason = fields['reason'];
  return {
    kind: 'decision',
    ...common(fields),
    at: instant(fields, 'at'),
    ...given(fields, 'askedAt', instant),
    ...given(fields, 'recalledAt', instant),
    ...given(fields, 'claimedAt', instant),
    event: readEvent(objectAt(fields['event'], 'event')),
    maxEventAgeMs: number(fields, 'maxEventAgeMs'),
    ...given(fields, 'podAheadMs', number),
    couponApi,
    ...(couponApi === 'answered' && { coupons: (coupons as unknown[]).map(readCoupon) }),
    ...given(fields, 'invalidCoupons', number),
    outcome: oneOf(OUTCOMES, fields, 'outcome'),
    ...(reason !== undefined && {
      reason: oneOf(REASONS, fields, 'reason') as NonNullable<DecisionRecord['reason']>,
    }),
    ...given(fields, 'rule', text),
    ...given(fields, 'couponId', text),
    ...given(fields, 'merchantId', text),
    ...given(fields, 'error', text),
    rulesVersion: text(fields, 'rulesVersion'),
    rulesHash: text(fields, 'rulesHash'),
    pod: text(fields, 'pod'),
  };
}

function readDelivery(fields: Fields): DeliveryRecord {
  return {
    kind: 'delivery',
    ...common(fields),
    at: instant(fields, 'at'),
    outcome: oneOf(DELIVERY_OUTCOMES, fields, 'outcome'),
  };
}

function common(fields: Fields) {
  const v = number(fields, 'v');
  if (v < 1) throw expected('v', 'a version from 1', v);
  return { v: 1, userId: id(fields, 'userId'), eventId: id(fields, 'eventId') } as const;
}

function readEvent(fields: Fields): DecisionEvent {
  const variables = readVariables('event', fields, 'event') as Omit<
    DecisionEvent,
    'occurredAt' | 'pushConsent'
  >;
  oneOf(TRIGGERS, fields, 'trigger', 'event.trigger');
  return {
    ...variables,
    occurredAt: instant(fields, 'occurredAt', 'event.occurredAt'),
    ...given(fields, 'timeZone', text),
    pushConsent: flag(fields, 'pushConsent', 'event.pushConsent'),
  };
}

function readCoupon(value: unknown, index: number): DecisionCoupon {
  const path = `coupons[${String(index)}]`;
  const fields = objectAt(value, path);
  const merchant = objectAt(fields['merchant'], `${path}.merchant`);
  return {
    ...(readVariables('coupon', fields, path) as Omit<DecisionCoupon, 'merchant'>),
    merchant: readVariables('merchant', merchant, `${path}.merchant`) as DecisionMerchant,
  };
}

/** @returns every variable that is always recorded, and the texts that are given. */
function readVariables(object: keyof typeof RECORDED, fields: Fields, path: string): unknown {
  const types: Readonly<Record<string, 'string' | 'double' | 'bool'>> = VARIABLES[object];
  const values: Record<string, string | number | boolean> = {};
  for (const [name, how] of Object.entries(RECORDED[object])) {
    const at = `${path}.${name}`;
    if (how === 'never' || (how === 'given' && fields[name] === undefined)) continue;
    if (types[name] === 'string') values[name] = text(fields, name, at);
    else values[name] = types[name] === 'double' ? number(fields, name, at, 0) : flag(fields, name, at);
  }
  return values;
}

function objectAt(value: unknown, path: string): Fields {
  if (isRecord(value)) return value;
  throw expected(path, 'an object', value);
}

/** The field where the line has it. */
function given<Name extends string, T>(
  fields: Fields,
  name: Name,
  read: (fields: Fields, name: Name) => T,
): Readonly<Partial<Record<Name, T>>> {
  return (fields[name] === undefined ? {} : { [name]: read(fields, name) }) as Readonly<
    Partial<Record<Name, T>>
  >;
}

function text(fields: Fields, name: string, path = name): string {
  const value = fields[name];
  if (typeof value === 'string') return value;
  throw expected(path, 'a text', value);
}

function number(fields: Fields, name: string, path = name, absent?: number): number {
  const value = fields[name] ?? absent;
  if (typeof value === 'number') return value;
  throw expected(path, 'a number', value);
}

function flag(fields: Fields, name: string, path = name): boolean {
  const value = fields[name] ?? false;
  if (typeof value === 'boolean') return value;
  throw expected(path, 'true or false', value);
}

function id(fields: Fields, name: string): string {
  const value = text(fields, name);
  if (isId(value)) return value;
  throw expected(name, 'a text of 1–128 characters', value);
}

function instant(fields: Fields, name: string, path = name): string {
  const value = text(fields, name, path);
  if (parseInstant(value) !== undefined) return value;
  throw expected(path, 'RFC 3339 with offset', value);
}

function oneOf<Word extends string>(words: readonly Word[], fields: Fields, name: string, path = name): Word {
  const value = fields[name];
  const found = words.find((word) => word === value);
  if (found !== undefined) return found;
  throw expected(path, `one of ${words.join(', ')}`, value);
}

const SHOWN = 60;

function expected(path: string, what: string, found: unknown): Unreadable {
  const shown = found === undefined ? 'nothing' : JSON.stringify(found).slice(0, SHOWN);
  return new Unreadable(`${path}: expected ${what}, found ${shown}`);
}
