/**
 * Requests and answers in Kafka's flexible versions (KIP-482), which kafkajs 2.2.4 does not know: compact texts and
 * lists, and tags after each structure. It takes a header of its own versions for one of these, but for the tags that
 * end it: a request begins with them here, and so does an answer.
 */
import type { ConnectionPool, ProtocolRequest } from './kafkajs-inside.ts';
import { createWireReader, type WireReader } from './wire-reader.ts';

export const NO_TAGS = Buffer.from([0]);
export const TRUE = Buffer.from([1]);
export const FALSE = Buffer.from([0]);

export interface FlexibleQuestion<Answer> {
  readonly apiKey: number;
  readonly apiVersion: number;
  /** As logs name the request. */
  readonly apiName: string;
  /** From behind the header. */
  readonly body: readonly Buffer[];
  /** Reads an answer from behind its header. Throws what the broker refuses. */
  readonly read: (reader: WireReader) => Answer;
}

/** Rejects where the broker does not answer, or with what `read` throws. */
export async function askFlexibly<Answer>(
  connectionPool: ConnectionPool,
  { apiKey, apiVersion, apiName, body, read }: FlexibleQuestion<Answer>,
): Promise<Answer> {
  const bytes = Buffer.concat([NO_TAGS, ...body]);
  const request = {
    ...{ apiKey, apiVersion, apiName },
    // Looks to kafkajs like one of its encoders.
    encode: () => Promise.resolve({ buf: bytes, buffer: bytes }),
  };
  const response = {
    decode: (answer: Buffer) => {
      const reader = createWireReader(answer);
      skipTags(reader);
      return Promise.resolve(read(reader));
    },
    parse: (answer: unknown) => Promise.resolve(answer),
  };
  const asked: ProtocolRequest = { request, response };
  return (await connectionPool.send(asked)) as Answer;
}

/** The broker's highest version of a request; 0 where it is not known. */
export function maxVersionOf(versions: unknown, apiKey: number): number {
  const known = versions as Readonly<Record<number, { readonly maxVersion: number }>> | null | undefined;
  return known?.[apiKey]?.maxVersion ?? 0;
}

export function writeCompact(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([writeCount(bytes.length), bytes]);
}

/** The length of a compact text or list, which is written plus one. @param count 0 … 2^31. */
export function writeCount(count: number): Buffer {
  const bytes: number[] = [];
  let left = count + 1;
  for (; left >= 128; left = Math.floor(left / 128)) bytes.push((left % 128) + 128);
  return Buffer.from([...bytes, left]);
}

/** 0 for a list that is null. */
export function readCount(reader: WireReader): number {
  return Math.max(0, reader.uvarint() - 1);
}

/** Empty for a text that is null. */
export function readCompact(reader: WireReader): string {
  return reader.bytes(readCount(reader))?.toString('utf8') ?? '';
}

export function skipCompact(reader: WireReader): void {
  reader.skip(readCount(reader));
}

export function skipTags(reader: WireReader): void {
  for (let tags = reader.uvarint(); tags > 0; tags -= 1) {
    reader.uvarint();
    reader.skip(reader.uvarint());
  }
}
