/** Reads the scripts' answers: strings and numbers in, the domain's types out. An unknown answer is a defect. */
import { DELIVERY_OUTCOMES, type DeliveryOutcome } from '../domain/delivery.ts';
import type { EventRef } from '../domain/event.ts';
import type { EndedEnvelope, PushEnvelope } from '../domain/push.ts';
import { readShort, type ShortFields } from './short-form.ts';

export function readWord(reply: readonly unknown[], index: number): string {
  const value = reply[index];
  if (typeof value !== 'string')
    throw new TypeError(`expected a word at ${String(index)} of a script's answer`);
  return value;
}

export function readNumber(reply: readonly unknown[], index: number): number {
  const value = Number(reply[index]);
  if (!Number.isFinite(value))
    throw new TypeError(`expected a number at ${String(index)} of a script's answer`);
  return value;
}

/** Of a push whose end is not told yet. Written by ourselves, so its shape is known. */
export function readEnvelope(reply: readonly unknown[], index: number): PushEnvelope {
  return JSON.parse(readWord(reply, index)) as PushEnvelope;
}

/** Of a push that may have ended: its record may be short. */
export function readEnded(reply: readonly unknown[], index: number, ref: EventRef): EndedEnvelope {
  const found = reply[index];
  return Array.isArray(found) ? readShort(found as ShortFields, ref) : readEnvelope(reply, index);
}

export function readOutcome(reply: readonly unknown[], index: number): DeliveryOutcome {
  const word = readWord(reply, index);
  const outcome = DELIVERY_OUTCOMES.find((known) => known === word);
  if (outcome === undefined) throw new TypeError(`not a delivery outcome: ${word}`);
  return outcome;
}

export function unknownAnswer(script: string, reply: readonly unknown[]): never {
  throw new Error(`${script} answered ${String(reply[0])}`);
}
