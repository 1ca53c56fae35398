/**
 * What a record’s headers say of its value. Names are exactly `content-type` and `content-encoding`, as Kafka’s header
 * names are case-sensitive. Values may be bytes or text, in any case, with parameters, also in the JSON quotes that
 * Spring adds. Of several content-types the last counts, as with Kafka’s `lastHeader`.
 */
import { headerText, type HeaderValue } from '../../domain/record.ts';

/** `any`: no content-type decides; the content does. */
export type ContentForm = 'json' | 'ndjson' | 'any';

export type ContentPacking = 'none' | 'gzip' | { readonly unknown: string };

type Headers = Readonly<Record<string, HeaderValue>>;

export function readForm(headers: Headers): ContentForm {
  const header = headers['content-type'];
  if (header === undefined) return 'any';
  const type = headerText(header).split(';', 1)[0]?.trim().toLowerCase();
  if (type === 'application/json') return 'json';
  return type === 'application/x-ndjson' ? 'ndjson' : 'any';
}

/** `identity` and an empty header are no packing; `x-gzip` is gzip (RFC 9110 section 8.4.1.3). */
export function readPacking(headers: Headers): ContentPacking {
  const header = headers['content-encoding'];
  if (header === undefined) return 'none';
  const given = (Array.isArray(header) ? header : [header])
    .map((value) => headerText(value))
    .join(',')
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && name !== 'identity');
  if (given.length === 0) return 'none';
  if (given.length === 1 && (given[0] === 'gzip' || given[0] === 'x-gzip')) return 'gzip';
  // An error quotes it: one short line, whatever was sent.
  const unknown = given.join(',').replace(/[^\x21-\x7e]/g, '?');
  return { unknown: unknown.slice(0, 40) };
}
