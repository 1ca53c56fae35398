/** A dead letter as a command sees it: a record of the dead-letter topic, with what its headers say. */
import { isUtf8 } from 'node:buffer';
import { parseInstant } from '../../domain/instant.ts';
import { headerText, type EventSource } from '../../domain/record.ts';
import type { FetchedMessage } from '../../kafka/fetch/fetched-records.ts';

/** Where a letter lies in the dead-letter topic. */
export interface LetterAddress {
  readonly partition: number;
  readonly offset: number;
}

export interface Letter {
  readonly address: LetterAddress;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, Buffer | Buffer[]>>;
  readonly reason: string;
  readonly error: string;
  /** Where the event came from; of a letter that came back, where its replay lay. */
  readonly source: EventSource;
  readonly eventId: string | undefined;
  /** Epoch ms. */
  readonly failedAtMs: number;
  /** Epoch ms: of a letter that came back, when the event failed first. */
  readonly firstFailedAtMs: number;
  /** How often it was put back. */
  readonly replays: number;
  /** The topic has not taken the value for its size: how large it was. */
  readonly lostBytes: number | undefined;
}

/** One that has come back so often is parked: putting it back needs `--parked`. */
const PARKED_FROM = 3;
/** A larger value is not searched for its user. */
const SEARCHED_BYTES = 1024 * 1024;

export function isParked({ replays }: Letter): boolean {
  return replays >= PARKED_FROM;
}

/** @returns undefined for a record that is no letter of ours. */
export function readLetter(message: FetchedMessage, partition: number): Letter | undefined {
  const { value } = message;
  const headers = withoutNull(message.headers);
  const text = (name: string): string | undefined =>
    headers[name] === undefined ? undefined : headerText(headers[name]);
  const [reason, topic, offset] = [text('reason'), text('source-topic'), text('source-offset')];
  if (reason === undefined || topic === undefined || offset === undefined) return undefined;
  const failedAtMs = parseInstant(text('failed-at') ?? '') ?? message.timestamp;
  return {
    address: { partition, offset: Number(message.offset) },
    key: text('original-key') === 'none' ? null : message.key,
    ...{ value, headers, reason, error: text('error') ?? '' },
    source: {
      ...{ topic, offset },
      partition: countOf(text('source-partition')),
      index: countOf(text('source-index')),
    },
    eventId: text('event-id'),
    failedAtMs,
    firstFailedAtMs: parseInstant(text('first-failed-at') ?? '') ?? failedAtMs,
    replays: countOf(text('replays')),
    lostBytes:
      value === null && text('value-sha256') !== undefined ? countOf(text('value-bytes')) : undefined,
  };
}

/** What has no value counts as empty, as in a pod. */
function withoutNull(headers: FetchedMessage['headers']): Letter['headers'] {
  const filled = Object.entries(headers).map(([name, header]) => {
    const values = [header].flat().map((one) => one ?? Buffer.alloc(0));
    return [name, Array.isArray(header) ? values : (values[0] ?? Buffer.alloc(0))] as const;
  });
  return Object.fromEntries(filled);
}

function countOf(text: string | undefined): number {
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : 0;
}

/** `3:1204`: partition and offset in the dead-letter topic. */
export function formatAddress({ partition, offset }: LetterAddress): string {
  return `${String(partition)}:${String(offset)}`;
}

/** @returns undefined where the text is no address. */
export function parseAddress(text: string): LetterAddress | undefined {
  const [, partition, offset] = /^(\d{1,9}):(\d{1,15})$/.exec(text) ?? [];
  if (partition === undefined || offset === undefined) return undefined;
  return { partition: Number(partition), offset: Number(offset) };
}

/** Whose event it is: as its JSON says, else as its key does; undefined where neither can be read. */
export function userOf({ value, key }: Letter): string | undefined {
  const said = value === null ? undefined : fieldOf(value, 'userId');
  if (said !== undefined) return said;
  return key !== null && key.length > 0 && isUtf8(key) ? key.toString() : undefined;
}

/** @returns a text of the outermost object; undefined where the bytes are no such JSON. */
export function fieldOf(value: Buffer, name: string): string | undefined {
  if (value.length > SEARCHED_BYTES || !isUtf8(value)) return undefined;
  try {
    const parsed: unknown = JSON.parse(value.toString());
    if (typeof parsed !== 'object' || parsed === null || !Object.hasOwn(parsed, name)) return undefined;
    const found: unknown = Reflect.get(parsed, name);
    return typeof found === 'string' ? found : undefined;
  } catch {
    return undefined;
  }
}
