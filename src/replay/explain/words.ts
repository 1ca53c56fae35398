/** How an explanation writes values: numbers, moments, durations, texts. */
import { DURATION_UNITS } from '../../rules/document/duration.ts';
import { utcOffsetMs } from '../../rules/time-zone.ts';

const MAX_TEXT_LENGTH = 200;

/** At most three decimals, and no sign of the machine's rounding. */
export function numberText(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 3 });
}

/** A length of time: `20m 3s`, `0s`, in whole seconds. */
export function spanText(ms: number): string {
  const parts: string[] = [];
  let left = Math.abs(ms);
  for (const [letter, unitMs] of DURATION_UNITS) {
    const count = Math.floor(left / unitMs);
    if (count > 0) parts.push(`${String(count)}${letter}`);
    left -= count * unitMs;
  }
  return parts.length === 0 ? '0s' : parts.slice(0, 2).join(' ');
}

/** `2026-11-24 12:00:05 UTC`, and by the clock in `zone` where there is one. */
export function momentText(atMs: number, zone?: string): string {
  const utc = `${dayAndTime(atMs)} UTC`;
  return zone === undefined ? utc : `${dayAndTime(atMs + utcOffsetMs(zone, atMs))} in ${zone}`;
}

/** `12:00`, by the clock in a zone. */
export function wallText(atMs: number, zone: string): string {
  return new Date(atMs + utcOffsetMs(zone, atMs)).toISOString().slice(11, 16);
}

function dayAndTime(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19).replace('T', ' ');
}

/** A value as conditions see it: texts in quotes. */
export function valueText(value: unknown): string {
  if (typeof value === 'string') {
    const shown = value.length > MAX_TEXT_LENGTH ? `${value.slice(0, MAX_TEXT_LENGTH)}…` : value;
    return JSON.stringify(shown);
  }
  if (typeof value === 'number') return numberText(value);
  if (Array.isArray(value)) return `[${value.map(valueText).join(', ')}]`;
  return String(value);
}

/** `a`, `a and b`, `a, b and c`. */
export function listText(items: readonly string[], last = 'and'): string {
  if (items.length <= 1) return items.join('');
  return `${items.slice(0, -1).join(', ')} ${last} ${items.at(-1) ?? ''}`;
}

/** `1 coupon`, `2 coupons`. */
export function countText(count: number, one: string, more = `${one}s`): string {
  return `${numberText(count)} ${count === 1 ? one : more}`;
}
