/**
 * Numbers as a person reads them: short, with their unit, and never more exact than they are. A no-break space keeps a
 * number and its unit on one line.
 */

const NBSP = '\u00A0';
const GROUPED = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/** `12,345`. */
export function count(value: number): string {
  return GROUPED.format(value);
}

/** Such as `1,204 events`, `1 event`. @param many default: `one` with an s. */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${count(value)}${NBSP}${value === 1 ? one : many}`;
}

/** Per second, without a unit: `812`, `45`, `4.2`, `0.03`, `0`. */
export function rate(perSecond: number): string {
  if (perSecond >= 10) return count(Math.round(perSecond));
  if (perSecond >= 0.1) return trimmed(perSecond, 1);
  return trimmed(perSecond, 2);
}

/** `62 %`, `0.4 %`, `<0.1 %`, `0 %`; a dash where there is nothing to have a share of. */
export function share(part: number, whole: number): string {
  if (whole <= 0) return '–';
  const percent = (100 * part) / whole;
  if (percent === 0) return `0${NBSP}%`;
  if (percent < 0.1) return `<0.1${NBSP}%`;
  if (percent < 10) return `${trimmed(percent, 1)}${NBSP}%`;
  // What is left out is not said to be all.
  return `${count(part < whole ? Math.min(99, Math.round(percent)) : 100)}${NBSP}%`;
}

/** `99.62 %`; what is left out is not rounded away. @param whole > 0. */
export function exactShare(part: number, whole: number): string {
  return `${String(Math.floor((10_000 * part) / whole) / 100)}${NBSP}%`;
}

/** `85 ms`, `1.9 s`. @param ms ≥ 0. */
export function milliseconds(ms: number): string {
  return ms < 1000 ? `${count(Math.round(ms))}${NBSP}ms` : duration(ms / 1000);
}

/** `0.4 s`, `42 s`, `4 min`, `1 h 20 min`, `3 d 4 h`. @param seconds ≥ 0. */
export function duration(seconds: number): string {
  if (seconds < 9.95) return `${trimmed(seconds, 1)}${NBSP}s`;
  if (seconds < 99.5) return `${count(Math.round(seconds))}${NBSP}s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${count(minutes)}${NBSP}min`;
  if (minutes < 24 * 60) return twoUnits(minutes, 60, 'h', 'min');
  return twoUnits(Math.round(minutes / 60), 24, 'd', 'h');
}

/** A duration that is foreseen: below ten minutes to ten seconds, as half a minute would be a quarter of two. */
export function foreseen(seconds: number): string {
  const tens = 10 * Math.round(seconds / 10);
  return seconds < 99.5 || tens >= 600 ? duration(seconds) : twoUnits(tens, 60, 'min', 's');
}

/** `just now`, `12 s ago`. */
export function ago(seconds: number): string {
  return seconds < 2 ? 'just now' : `${duration(Math.floor(seconds))} ago`;
}

/** `12:04:30 UTC`. */
export function secondTime(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(11, 19)}${NBSP}UTC`;
}

/** `12:04 UTC`; with its day where that is another one than now's. */
export function clockTime(atMs: number, nowMs: number): string {
  const [day, time] = new Date(atMs).toISOString().split('T') as [string, string];
  const [today] = new Date(nowMs).toISOString().split('T') as [string];
  return `${day === today ? '' : `${day} `}${time.slice(0, 5)}${NBSP}UTC`;
}

/** `a`, `a and b`, `a, b and 3 more`. @param most how many are named, ≥ 1. */
export function listed(names: readonly string[], most = 3): string {
  const shown = names.length > most ? names.slice(0, most) : names;
  const left = names.length - shown.length;
  const parts = left === 0 ? shown : [...shown, `${count(left)} more`];
  return parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1) ?? ''}`;
}

/** A sentence of Markdown without its links; what is code stays between backticks. */
export function withoutLinks(markdown: string): string {
  return markdown.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1');
}

function twoUnits(value: number, base: number, large: string, small: string): string {
  const rest = value % base;
  const whole = `${count(Math.floor(value / base))}${NBSP}${large}`;
  return rest === 0 ? whole : `${whole}${NBSP}${String(rest)}${NBSP}${small}`;
}

function trimmed(value: number, digits: number): string {
  return String(Number(value.toFixed(digits)));
}
