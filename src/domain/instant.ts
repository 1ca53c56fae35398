/**
 * Instants as text from outside: RFC 3339 with offset. Read character by character, as every event has one and every
 * coupon two: 50 ns, where a pattern and a Date took a microsecond.
 */
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

const ZERO = 0x30;
const PLUS = 0x2b;
const MINUS = 0x2d;
const POINT = 0x2e;
const COLON = 0x3a;
/** What makes a Latin letter small. */
const SMALL = 0x20;
const SMALL_T = 0x74;
const SMALL_Z = 0x7a;
/** `2026-11-27T10:15`. */
const TO_MINUTE = 16;

const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;

/**
 * RFC 3339 with offset → epoch ms, or undefined where the text is none. Days that the month doesn't have are
 * refused; a leap second (`:60`) counts as the second after `:59`. Seconds may be left out, as Java does where
 * they are 0. Of a fraction, three digits count.
 */
export function parseInstant(text: string): number | undefined {
  if (text.length <= TO_MINUTE) return undefined;
  const days = readDay(text);
  const isDivided = (text.charCodeAt(10) | SMALL) === SMALL_T && text.charCodeAt(13) === COLON;
  const hour = twoDigits(text, 11, 23);
  const minute = twoDigits(text, 14, 59);
  if (days === undefined || !isDivided || hour === undefined || minute === undefined) return undefined;
  let at = TO_MINUTE;
  let ms = 0;
  if (text.charCodeAt(at) === COLON) {
    const second = twoDigits(text, at + 1, 60);
    if (second === undefined) return undefined;
    at += 3;
    ms = second * 1000;
    if (text.charCodeAt(at) === POINT) {
      const end = endOfDigits(text, at + 1);
      if (end === at + 1) return undefined;
      ms += millis(text, at + 1, end);
      at = end;
    }
  }
  const offsetMs = readOffset(text, at);
  if (offsetMs === undefined) return undefined;
  return days * DAY_MS + hour * HOUR_MS + minute * MINUTE_MS + ms - offsetMs;
}

/** @returns days since 1970-01-01. */
function readDay(text: string): number | undefined {
  const century = twoDigits(text, 0, 99);
  const ofCentury = twoDigits(text, 2, 99);
  const month = twoDigits(text, 5, 12);
  const day = twoDigits(text, 8, 31);
  if (century === undefined || ofCentury === undefined || month === undefined || day === undefined)
    return undefined;
  if (text.charCodeAt(4) !== MINUS || text.charCodeAt(7) !== MINUS || month === 0 || day === 0)
    return undefined;
  const year = century * 100 + ofCentury;
  if (day > daysInMonth(year, month)) return undefined;
  return daysSinceEpoch(year, month, day);
}

function daysInMonth(year: number, month: number): number {
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return month === 2 && isLeap ? 29 : (MONTH_DAYS[month - 1] ?? 0);
}

/**
 * Gregorian, also before 1582, as Date has it. Years begin in March, so that a leap day ends one: 153 days are five
 * months then (Hinnant, “chrono-Compatible Low-Level Date Algorithms”, days_from_civil).
 */
function daysSinceEpoch(year: number, month: number, day: number): number {
  const fromMarch = month <= 2 ? year - 1 : year;
  const monthFromMarch = month <= 2 ? month + 9 : month - 3;
  const leapDays = Math.floor(fromMarch / 4) - Math.floor(fromMarch / 100) + Math.floor(fromMarch / 400);
  return fromMarch * 365 + leapDays + Math.floor((153 * monthFromMarch + 2) / 5) + day - 719_469;
}

/** What is behind the time up to the end: `Z` or `±hh:mm`. @returns ms ahead of UTC. */
function readOffset(text: string, at: number): number | undefined {
  const sign = text.charCodeAt(at);
  if ((sign | SMALL) === SMALL_Z) return text.length === at + 1 ? 0 : undefined;
  if ((sign !== PLUS && sign !== MINUS) || text.length !== at + 6) return undefined;
  const hours = twoDigits(text, at + 1, 23);
  const minutes = twoDigits(text, at + 4, 59);
  if (hours === undefined || minutes === undefined || text.charCodeAt(at + 3) !== COLON) return undefined;
  const ms = hours * HOUR_MS + minutes * MINUTE_MS;
  return sign === PLUS ? ms : -ms;
}

/** @returns undefined where there are no two digits, or they say more than `max`. */
function twoDigits(text: string, at: number, max: number): number | undefined {
  const tens = text.charCodeAt(at) - ZERO;
  const ones = text.charCodeAt(at + 1) - ZERO;
  // NaN beyond the text's end is neither.
  if (!(tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9)) return undefined;
  const value = tens * 10 + ones;
  return value <= max ? value : undefined;
}

function endOfDigits(text: string, from: number): number {
  let at = from;
  for (; at < text.length; at += 1) {
    const digit = text.charCodeAt(at) - ZERO;
    if (digit < 0 || digit > 9) break;
  }
  return at;
}

function millis(text: string, from: number, end: number): number {
  let value = 0;
  for (let digit = 0; digit < 3; digit += 1) {
    const at = from + digit;
    value = value * 10 + (at < end ? text.charCodeAt(at) - ZERO : 0);
  }
  return value;
}
