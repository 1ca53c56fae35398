/** `show LETTER`: one letter whole: what it says, where it came from, and its bytes with a mark at the fault. */
import { isUtf8 } from 'node:buffer';
import { headerText } from '../../domain/record.ts';
import type { CommandLine } from '../command.ts';
import { findFault, unpacked, type Fault } from './fault.ts';
import { fieldOf, formatAddress, isParked, readLetter, type Letter, type LetterAddress } from './letter.ts';
import type { Desk, ExitCode } from './ports.ts';
import { cover, redactError, redactText } from './redact.ts';
import { spansOf } from './spans.ts';

export interface ShowOptions {
  readonly address: LetterAddress;
  /** Ids, coordinates and headers as they are. */
  readonly reveal: boolean;
  readonly json: boolean;
}

/** Their values say nothing of a person. */
const HARMLESS_HEADERS: ReadonlySet<string> = new Set([
  ...['reason', 'source-topic', 'source-partition', 'source-offset', 'source-index', 'failed-at'],
  ...['first-failed-at', 'replays', 'value-bytes', 'value-sha256', 'original-key'],
  ...['content-type', 'content-encoding', 'traceparent'],
]);
const POSITION_ID = /-\d+-\d+-\d+$/;
const LINES_AROUND = 2;
const LEAST_COLUMNS = 60;
const MOST_SHOWN = 64 * 1024;

export async function show(
  desk: Desk,
  { address, reveal, json }: ShowOptions,
  { say, complain, terminal }: CommandLine,
): Promise<ExitCode> {
  await desk.look();
  const letter = await find(desk, address);
  if (letter === undefined) {
    complain(`there is no letter ${formatAddress(address)} in ${desk.topic}`);
    return 1;
  }
  const seen = describe(letter, desk, reveal);
  if (json) say(JSON.stringify({ topic: desk.topic, letter: formatAddress(address), ...seen }, undefined, 2));
  else for (const line of inWords(letter, seen, terminal?.columns ?? 120)) say(line);
  return 0;
}

async function find(desk: Desk, address: LetterAddress): Promise<Letter | undefined> {
  for (const span of await spansOf(desk, { letter: [address] })) {
    for await (const message of desk.read(span)) return readLetter(message, span.partition);
  }
  return undefined;
}

interface Seen {
  readonly state: string;
  readonly reason: string;
  readonly error: string;
  readonly source: Letter['source'];
  readonly eventId: string | null;
  readonly failedAt: string;
  readonly firstFailedAt: string;
  readonly replays: number;
  readonly key: string | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly valueBytes: number | null;
  /** Null where the topic has not taken it. */
  readonly value: string | null;
  readonly fault: { readonly byte: number | null; readonly what: string };
}

function describe(letter: Letter, desk: Desk, reveal: boolean): Seen {
  const { value, key, eventId = null, lostBytes, source } = letter;
  const { bytes, why } = unpacked(letter);
  const fault: Fault =
    lostBytes !== undefined
      ? { at: undefined, what: 'the dead-letter topic has not taken the value: it can’t be put back' }
      : why === undefined
        ? findFault(bytes, letter)
        : { at: undefined, what: `it can’t be unpacked: ${why}` };
  const hide = (text: string): string => (reveal ? text : cover(text));
  const idText = (id: string | null): string | null => (id === null || POSITION_ID.test(id) ? id : hide(id));
  const text = why === undefined && isUtf8(bytes) ? bytes.toString() : bytes.toString('latin1');
  const ids = ['userId', 'eventId', 'merchantId'].flatMap((name) => (value && fieldOf(value, name)) ?? []);
  const named = [...ids, ...(key === null ? [] : [key.toString()]), ...(eventId === null ? [] : [eventId])];
  const headers = Object.entries(letter.headers).map(([name, header]) => {
    const said = headerText(header);
    if (name === 'event-id') return [name, idText(said) ?? ''];
    if (name === 'error') return [name, reveal ? said : redactError(said, named)];
    return [name, HARMLESS_HEADERS.has(name) ? said : hide(said)];
  });
  return {
    state: desk.marks.of(letter.address) ?? (isParked(letter) ? 'parked' : 'open'),
    reason: letter.reason,
    error: reveal ? letter.error : redactError(letter.error, named),
    ...{ source, eventId: idText(eventId) },
    failedAt: new Date(letter.failedAtMs).toISOString(),
    firstFailedAt: new Date(letter.firstFailedAtMs).toISOString(),
    replays: letter.replays,
    key: key === null ? null : hide(key.toString()),
    headers: Object.fromEntries(headers) as Record<string, string>,
    valueBytes: lostBytes ?? value?.length ?? null,
    value: value === null ? null : reveal ? text : redactText(text),
    fault: { byte: fault.at ?? null, what: fault.what },
  };
}

function inWords(letter: Letter, seen: Seen, columns: number): string[] {
  const { topic, partition, offset, index } = seen.source;
  const rows: [string, string][] = [
    ['letter', `${formatAddress(letter.address)}, ${seen.state}`],
    ['reason', seen.reason],
    ['error', seen.error],
    [
      'from',
      `${topic}, partition ${String(partition)}, offset ${offset}, event ${String(index)} of the record`,
    ],
    ['event id', seen.eventId ?? '–'],
    ['failed at', seen.failedAt],
  ];
  if (seen.replays > 0)
    rows.push(['put back', `${String(seen.replays)} times; failed first at ${seen.firstFailedAt}`]);
  rows.push(['key', seen.key ?? '–']);
  for (const [name, value] of Object.entries(seen.headers)) rows.push([`header ${name}`, value]);
  rows.push(['value', seen.valueBytes === null ? 'none: a tombstone' : `${String(seen.valueBytes)} bytes`]);
  const width = Math.max(...rows.map(([name]) => name.length));
  const lines = rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`);
  const at = seen.fault.byte;
  if (seen.value === null) return [...lines, `fault: ${seen.fault.what}`];
  const { bytes } = unpacked(letter);
  const caret = at === null ? undefined : charactersBefore(bytes, at);
  const where = at === null ? '' : ` at byte ${String(at)}`;
  return [
    ...lines,
    `fault${where}: ${seen.fault.what}`,
    '',
    ...excerpt(seen.value, caret, Math.max(LEAST_COLUMNS, columns)),
  ];
}

/** As the text was read: what is no UTF-8 byte by byte. */
function charactersBefore(bytes: Buffer, at: number): number {
  return isUtf8(bytes) ? bytes.toString('utf8', 0, at).length : at;
}

/** The lines around the fault, cut to the width, with `^` under it. */
function excerpt(text: string, caret: number | undefined, columns: number): string[] {
  const shown = text.slice(0, Math.max(MOST_SHOWN, (caret ?? 0) + columns));
  const lines = shown.split('\n');
  if (caret === undefined) return lines.slice(0, 2 * LINES_AROUND + 1).map((line) => clip(line, 0, columns));
  let line = 0;
  let column = caret;
  while (column > (lines[line]?.length ?? 0) && line < lines.length - 1) {
    column -= (lines[line]?.length ?? 0) + 1;
    line += 1;
  }
  const from = Math.max(0, Math.min(column - Math.floor(columns / 2), (lines[line]?.length ?? 0) - columns));
  const before = lines.slice(Math.max(0, line - LINES_AROUND), line).map((one) => clip(one, from, columns));
  const after = lines.slice(line + 1, line + 1 + LINES_AROUND).map((one) => clip(one, from, columns));
  return [...before, clip(lines[line] ?? '', from, columns), `${' '.repeat(column - from)}^`, ...after];
}

/** Control characters would move the cursor. */
function clip(line: string, from: number, columns: number): string {
  return line.slice(from, from + columns).replace(/\p{Cc}/gu, '·');
}
