/** Where in a letter's bytes its fault is, found again by the checks that pods make. */
import { isUtf8 } from 'node:buffer';
import { gunzipSync } from 'node:zlib';
import { headerText } from '../../domain/record.ts';
import { checkJson } from '../../runtime/json/check-json.ts';
import type { Slice } from '../../runtime/json/json-bytes.ts';
import type { Letter } from './letter.ts';

export interface Fault {
  /** The index of the first byte that is wrong; undefined where the bytes do not tell. */
  readonly at: number | undefined;
  /** In a few words. */
  readonly what: string;
}

const MAX_DEPTH = 2048;
const UNPACKED_BYTES = 16 * 1024 * 1024;

/** @returns the bytes as a pod reads them; `why` where they can't be unpacked. */
export function unpacked({ value, headers }: Letter): { readonly bytes: Buffer; readonly why?: string } {
  const bytes = value ?? Buffer.alloc(0);
  const packing = headers['content-encoding'];
  if (packing === undefined || !/gzip/i.test(headerText(packing))) return { bytes };
  try {
    return { bytes: gunzipSync(bytes, { maxOutputLength: UNPACKED_BYTES }) };
  } catch (error) {
    return { bytes, why: error instanceof Error ? error.message : '' };
  }
}

/** @param bytes unpacked. */
export function findFault(bytes: Buffer, { reason, error }: Pick<Letter, 'reason' | 'error'>): Fault {
  if (bytes.length === 0) return { at: undefined, what: 'there are no bytes' };
  if (!isUtf8(bytes)) return { at: firstStrangeByte(bytes), what: 'no UTF-8 from here on' };
  const members = new Map<string, Slice>();
  const checked = check(bytes, (key, value) => {
    members.set(textOf(bytes, key), value);
  });
  if (checked.kind === 'broken') {
    return checked.at >= bytes.length
      ? { at: bytes.length, what: 'the JSON ends too early' }
      : { at: checked.at, what: 'this can’t be here in JSON' };
  }
  if (checked.kind === 'too_deep')
    return { at: undefined, what: `nested deeper than ${String(MAX_DEPTH)} levels` };
  if (checked.kind !== 'object') return { at: 0, what: 'expected a JSON object' };
  // `latitude: expected −90…90; userId: …`
  const [, field = '', rest = ''] = /^([A-Za-z]{1,40}): ([^;]*)/.exec(error) ?? [];
  if (reason !== 'invalid' || field === '') return { at: undefined, what: 'the bytes are JSON' };
  const slice = members.get(field);
  return slice === undefined
    ? { at: undefined, what: `there is no ${field}: ${rest}` }
    : { at: slice.start, what: `${field}: ${rest}` };
}

function check(bytes: Buffer, onMember: (key: Slice, value: Slice) => void) {
  const walk = checkJson(bytes, MAX_DEPTH, onMember);
  for (;;) {
    const step = walk.next();
    if (step.done === true) return step.value;
  }
}

function textOf(bytes: Buffer, { start, end }: Slice): string {
  return JSON.parse(bytes.toString('utf8', start, end)) as string;
}

/** What is no UTF-8 becomes another character when it is read, so both differ there first. */
function firstStrangeByte(bytes: Buffer): number {
  const read = Buffer.from(bytes.toString());
  let at = 0;
  while (bytes[at] === read[at]) at += 1;
  return at;
}
