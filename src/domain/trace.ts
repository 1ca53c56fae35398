/**
 * W3C trace context: a record's `traceparent` is continued with a span of our own, a record without one starts
 * a trace. https://www.w3.org/TR/trace-context/
 */
import { randomBytes } from 'node:crypto';
import { headerText, type HeaderValue } from './record.ts';

const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;
const NO_TRACE = '0'.repeat(32);
const TRACE_DIGITS = 32;
const SPAN_DIGITS = 16;
const IDS_AT_ONCE = 256;

let digits = '';
let used = 0;

/** @returns a valid `traceparent` of version 00 with a new span id. */
export function continueTrace(header: HeaderValue): string {
  const given =
    header === undefined || Array.isArray(header) ? undefined : TRACEPARENT.exec(headerText(header));
  const ids = randomIds();
  if (given?.[1] === undefined || given[1] === NO_TRACE) return `00-${ids.trace}-${ids.span}-01`;
  return `00-${given[1]}-${ids.span}-${given[3] ?? '01'}`;
}

/** Random ids in batches: one system call for 256 events. */
function randomIds(): { readonly trace: string; readonly span: string } {
  if (used === digits.length) {
    digits = randomBytes((IDS_AT_ONCE * (TRACE_DIGITS + SPAN_DIGITS)) / 2).toString('hex');
    used = 0;
  }
  const span = used + TRACE_DIGITS;
  const end = span + SPAN_DIGITS;
  const ids = { trace: digits.slice(used, span), span: digits.slice(span, end) };
  used = end;
  return ids;
}
