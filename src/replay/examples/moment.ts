/**
 * Moments as people write them in examples: by a clock somewhere (`2026-11-24 12:00 Europe/Berlin`), with an offset
 * (RFC 3339), or by what lies between (`-2h`). Pure: what "now" is, is handed in.
 */
import { canonicalTimeZone } from '../../domain/civil.ts';
import { parseInstant } from '../../domain/instant.ts';
import { DAY_MS, parseDuration } from '../../rules/document/duration.ts';
import { utcOffsetMs } from '../../rules/time-zone.ts';

const RELATIVE = /^([+-])(\d+[smhd])$/;
const LOCAL = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2})?) ([a-z]\S*)$/i;
const DATE_AND_TIME = /^(\d{4}-\d{2}-\d{2})([T ])(\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)(.*)$/;
const TIME = /^(?:(mon|tue|wed|thu|fri|sat|sun) )?(\d{2}:\d{2}(?::\d{2})?)$/i;
const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

/**
 * @param text RFC 3339 with offset, `YYYY-MM-DD HH:MM Zone`, or `-2h` and `+45m` from now.
 * @returns epoch ms, or undefined where it is none of them, or a time that the zone's clocks leap over.
 */
export function readMoment(text: string, nowMs: number): number | undefined {
  const [, sign, distance = ''] = RELATIVE.exec(text) ?? [];
  const distanceMs = parseDuration(distance);
  if (distanceMs !== undefined) return sign === '-' ? nowMs - distanceMs : nowMs + distanceMs;
  const [, date = '', time = '', zone] = LOCAL.exec(text) ?? [];
  return zone === undefined ? parseInstant(text) : localMs(`${date}T${time}Z`, zone);
}

/** Of an hour that the clocks repeat, the first. */
function localMs(wall: string, zone: string): number | undefined {
  const wallMs = parseInstant(wall);
  const known = canonicalTimeZone(zone);
  if (wallMs === undefined || known === undefined) return undefined;
  const around = [wallMs - DAY_MS, wallMs + DAY_MS].map((atMs) => wallMs - utcOffsetMs(known, atMs));
  return around.find((atMs) => atMs + utcOffsetMs(known, atMs) === wallMs);
}

/**
 * A time of day, with or without a weekday, on the day of another moment: `09:30`, or `Sat 09:30` for the first
 * Saturday from that day on.
 *
 * @returns the whole moment's text, or undefined where `text` is no such time, or the day is not there.
 */
export function onDayOf(day: string | undefined, text: string): string | undefined {
  const [, weekday, time] = TIME.exec(text) ?? [];
  const [, date, between = '', , zone = ''] = DATE_AND_TIME.exec(day ?? '') ?? [];
  const dateMs = parseInstant(`${date ?? ''}T00:00Z`);
  if (time === undefined || dateMs === undefined) return undefined;
  const wanted = WEEKDAYS.indexOf(weekday?.toLowerCase() ?? '');
  const days = wanted === -1 ? 0 : (wanted - new Date(dateMs).getUTCDay() + 7) % 7;
  return `${new Date(dateMs + days * DAY_MS).toISOString().slice(0, 10)}${between}${time}${zone}`;
}

/** Whether it is a time of day that {@link onDayOf} takes. */
export function isTimeOfDay(text: string): boolean {
  return TIME.test(text);
}
