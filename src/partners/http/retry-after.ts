/** `Retry-After` as the partner asks. Pure: the time is given. */

/** A partner that asks for more is taken at this much; what waits is bounded by its own deadline anyway. */
const LONGEST_RETRY_AFTER_MS = 24 * 60 * 60 * 1000;

const MONTH = '(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)';
const TIME = '\\d{2}:\\d{2}:\\d{2}';
/** RFC 9110 §5.6.7: the one form to send and the two old ones to accept. `Date.parse` alone takes any text for a date. */
const HTTP_DATE = new RegExp(
  `^(?:[A-Z][a-z]{2}, \\d{2} ${MONTH} \\d{4} ${TIME} GMT|[A-Z][a-z]+day, \\d{2}-${MONTH}-\\d{2} ${TIME} GMT|(?<asctime>[A-Z][a-z]{2} ${MONTH} [ \\d]\\d ${TIME} \\d{4}))$`,
);

/**
 * `Retry-After` as seconds or as an HTTP-date → ms from now: 0…24 h, 0 for a date that has passed.
 * Undefined where the header is absent or neither of the two; never throws.
 *
 * @param nowMs epoch ms.
 */
export function parseRetryAfter(
  header: string | readonly string[] | undefined,
  nowMs: number,
): number | undefined {
  const text = (typeof header === 'string' ? header : header?.[0])?.trim();
  if (text === undefined) return undefined;
  if (/^\d+$/.test(text)) return Math.min(Number(text) * 1000, LONGEST_RETRY_AFTER_MS);
  const date = HTTP_DATE.exec(text);
  if (date === null) return undefined;
  const atMs = Date.parse(date.groups?.['asctime'] === undefined ? text : `${text} GMT`);
  if (Number.isNaN(atMs)) return undefined;
  return Math.min(Math.max(atMs - nowMs, 0), LONGEST_RETRY_AFTER_MS);
}
