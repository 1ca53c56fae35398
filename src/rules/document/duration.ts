/** Durations as product people write them: a whole number and one unit, `90s`, `15m`, `24h`, `7d`. */

export const SECOND_MS = 1000;
export const MINUTE_MS = 60 * SECOND_MS;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** Letter and ms, the longest first. */
export const DURATION_UNITS = [
  ['d', DAY_MS],
  ['h', HOUR_MS],
  ['m', MINUTE_MS],
  ['s', SECOND_MS],
] as const;

/** At most eight digits: every duration that fits is an exact number of ms. */
export const DURATION_PATTERN = /^\d{1,8}[smhd]$/;

/** @returns ms, or undefined where the text is no duration. */
export function parseDuration(text: string): number | undefined {
  if (!DURATION_PATTERN.test(text)) return undefined;
  const unit = DURATION_UNITS.find(([letter]) => text.endsWith(letter));
  return unit && Number(text.slice(0, -1)) * unit[1];
}

/**
 * For a duration that the schema has let through.
 * @throws Error where the text is none: a defect of the caller.
 */
export function durationMs(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined) throw new Error(`not a duration: ${text}`);
  return ms;
}

/** The shortest text that {@link parseDuration} reads back as the same; `ms` is a whole number of seconds ≥ 0. */
export function formatDuration(ms: number): string {
  for (const [letter, unitMs] of DURATION_UNITS) {
    if (ms >= unitMs && ms % unitMs === 0) return `${String(ms / unitMs)}${letter}`;
  }
  return `${String(Math.floor(ms / SECOND_MS))}s`;
}
