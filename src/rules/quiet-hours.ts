/**
 * Quiet hours go by the clock on the user's wall. A night that loses or repeats an hour is quiet exactly while that
 * clock shows a time in [from, to). Asked for every event; a zone's answer is worked out once and holds until the next
 * flip, twice a day. Without a section nothing is ever quiet.
 */
import { DAY_MS, HOUR_MS, MINUTE_MS } from './document/duration.ts';
import { findTransition, utcOffsetMs } from './time-zone.ts';

export interface QuietHoursSection {
  /** `HH:MM`; different from each other. */
  readonly from: string;
  readonly to: string;
  /** Default `suppress`. */
  readonly unknownTimeZone?: string | undefined;
}

export interface Quiet {
  readonly quiet: boolean;
  /** Epoch ms at which quiet begins next; undefined where it never does. */
  readonly nextStartMs: number | undefined;
}

type AskQuiet = (timeZone: string | undefined, atMs: number) => Quiet;

interface Stretch extends Quiet {
  readonly fromMs: number;
  readonly untilMs: number;
}

/** `unknownTimeZone` with this value keeps silent where the time zone is unknown. */
export const SUPPRESS = 'suppress';
const NEVER: Quiet = { quiet: false, nextStartMs: undefined };
const ALWAYS: Quiet = { quiet: true, nextStartMs: undefined };
const MAX_REMEMBERED = 2000;

export function createQuietHours(section: QuietHoursSection | undefined): AskQuiet {
  if (section === undefined) return () => NEVER;
  const { unknownTimeZone = SUPPRESS } = section;
  const fallback = unknownTimeZone === SUPPRESS ? undefined : unknownTimeZone;
  const fromMs = wallMs(section.from);
  const toMs = wallMs(section.to);
  const stretches = new Map<string, Stretch>();

  const isQuiet = (zone: string, atMs: number): boolean => {
    const wall = modulo(atMs + utcOffsetMs(zone, atMs), DAY_MS);
    return fromMs < toMs ? wall >= fromMs && wall < toMs : wall >= fromMs || wall < toMs;
  };

  const nextFlip = (zone: string, atMs: number): number => {
    const quiet = isQuiet(zone, atMs);
    let now = atMs;
    // Each turn ends at a flip or passes one change of offset; zones make a few of these a year.
    for (let turn = 0; turn < 8; turn += 1) {
      const offset = utcOffsetMs(zone, now);
      const flip = now + modulo((quiet ? toMs : fromMs) - (now + offset), DAY_MS);
      if (utcOffsetMs(zone, flip) === offset) return flip;
      now = findTransition(zone, now, flip);
      if (isQuiet(zone, now) !== quiet) return now;
    }
    return now;
  };

  return (timeZone, atMs) => {
    const zone = timeZone ?? fallback;
    if (zone === undefined) return ALWAYS;
    const known = stretches.get(zone);
    if (known !== undefined && atMs >= known.fromMs && atMs < known.untilMs) return known;
    const quiet = isQuiet(zone, atMs);
    const untilMs = nextFlip(zone, atMs);
    const nextStartMs = quiet ? nextFlip(zone, untilMs) : untilMs;
    if (stretches.size >= MAX_REMEMBERED) stretches.clear();
    const stretch: Stretch = { quiet, nextStartMs, fromMs: atMs, untilMs };
    stretches.set(zone, stretch);
    return stretch;
  };
}

function wallMs(time: string): number {
  return Number(time.slice(0, 2)) * HOUR_MS + Number(time.slice(3, 5)) * MINUTE_MS;
}

function modulo(value: number, divisor: number): number {
  return ((value % divisor) + divisor) % divisor;
}
