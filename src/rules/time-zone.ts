/**
 * Local wall time, cheap enough to be asked for every event. Intl takes 12 µs to say a zone's offset and 1.6 ms to
 * make a formatter, so both are remembered: an offset for six hours where it is the same at both ends, else for a
 * quarter of an hour (zones change their offset on the quarter hour of UTC only). The memory is bounded, because a
 * zone's name comes from producers and has many spellings.
 */
import { DAY_MS, HOUR_MS, MINUTE_MS } from './document/duration.ts';

const QUARTER_MS = 15 * MINUTE_MS;
const SPAN_MS = 6 * HOUR_MS;
const MAX_REMEMBERED = 500;

interface Span {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly offsetMs: number;
}

const formatters = new Map<string, Intl.DateTimeFormat>();
const spans = new Map<string, Span>();

/**
 * @param zone an IANA name that this runtime knows.
 * @returns what local wall time is ahead of UTC, in ms.
 */
export function utcOffsetMs(zone: string, atMs: number): number {
  const known = spans.get(zone);
  if (known !== undefined && atMs >= known.fromMs && atMs < known.untilMs) return known.offsetMs;
  const fromMs = Math.floor(atMs / QUARTER_MS) * QUARTER_MS;
  const offsetMs = askIntl(zone, fromMs);
  const steady = askIntl(zone, fromMs + SPAN_MS) === offsetMs;
  remember(spans, zone, { fromMs, untilMs: fromMs + (steady ? SPAN_MS : QUARTER_MS), offsetMs });
  return offsetMs;
}

/** The first moment in (`fromMs`, `untilMs`] with the offset of `untilMs`, given that the offset changes once between. */
export function findTransition(zone: string, fromMs: number, untilMs: number): number {
  const after = askIntl(zone, untilMs);
  let low = Math.floor(fromMs / QUARTER_MS);
  let high = Math.ceil(untilMs / QUARTER_MS);
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (askIntl(zone, middle * QUARTER_MS) === after) high = middle;
    else low = middle;
  }
  return high * QUARTER_MS;
}

/** Hour 0–23 and weekday 1–7 from Monday, by local wall time. */
export function localTime(zone: string, atMs: number): { readonly hour: number; readonly weekday: number } {
  const wallMs = atMs + utcOffsetMs(zone, atMs);
  const day = Math.floor(wallMs / DAY_MS);
  // Day 0 was a Thursday.
  return { hour: Math.floor((wallMs - day * DAY_MS) / HOUR_MS), weekday: ((((day + 3) % 7) + 7) % 7) + 1 };
}

function askIntl(zone: string, atMs: number): number {
  let formatter = formatters.get(zone);
  if (formatter === undefined) {
    formatter = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });
    remember(formatters, zone, formatter);
  }
  const match = /GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/.exec(formatter.format(atMs));
  const [, sign, hours = '0', minutes = '0', seconds = '0'] = match ?? [];
  const size = Number(hours) * HOUR_MS + Number(minutes) * MINUTE_MS + Number(seconds) * 1000;
  return sign === '-' ? -size : size;
}

function remember<T>(memory: Map<string, T>, key: string, value: T): void {
  if (memory.size >= MAX_REMEMBERED && !memory.has(key)) memory.clear();
  memory.set(key, value);
}
