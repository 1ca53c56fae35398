/**
 * Dead letters: the original key and bytes of one bad event, with headers that say what was wrong and where it
 * came from. Published before the offset is committed, and acknowledged by all in-sync replicas.
 */
import { createHash } from 'node:crypto';
import type { DeadLetter, DeadLetters } from '../pipeline/ports.ts';
import type { OutgoingRecord, RecordSender } from './record-sender.ts';

const MAX_ERROR_CHARS = 500;

/** The sender's topic is the dead letter topic. */
export function createDeadLetters(sender: RecordSender): DeadLetters {
  return {
    async publish(letter) {
      const record = toRecord(letter);
      if ((await sender.send(record)) === 'sent') return;
      const shortened = withoutValue(record);
      if ((await sender.send(shortened)) === 'sent') return;
      // Even its key and own headers are too large: what remains says where to find it.
      await sender.send({
        key: null,
        value: null,
        headers: ownHeaders(letter, valueHeaders(letter.piece.bytes)),
      });
    },
  };
}

function toRecord(letter: DeadLetter): OutgoingRecord {
  const { envelope, bytes, unpacked } = letter.piece;
  const kept = Object.entries(envelope.headers).filter(
    ([name]) => !(unpacked && name.toLowerCase() === 'content-encoding'),
  );
  // kafkajs cannot write a header without a value (it measures it): it becomes an empty one.
  const headers = Object.fromEntries(kept.map(([name, value]) => [name, value ?? Buffer.alloc(0)]));
  return { key: envelope.key, value: bytes, headers: { ...headers, ...ownHeaders(letter) } };
}

function ownHeaders(letter: DeadLetter, more: Record<string, string> = {}): Record<string, string> {
  const { source } = letter.piece;
  return {
    reason: letter.reason,
    error: oneLine(letter.error),
    'source-topic': source.topic,
    'source-partition': String(source.partition),
    'source-offset': source.offset,
    'source-index': String(source.index),
    ...(letter.eventId === undefined ? {} : { 'event-id': letter.eventId }),
    'failed-at': new Date(letter.failedAtMs).toISOString(),
    ...more,
  };
}

function withoutValue({ key, value, headers }: OutgoingRecord): OutgoingRecord {
  return { key, value: null, headers: { ...headers, ...valueHeaders(value) } };
}

function valueHeaders(value: Buffer | string | null): Record<string, string> {
  const bytes = Buffer.from(value ?? '');
  return {
    'value-bytes': String(bytes.length),
    'value-sha256': createHash('sha256').update(bytes).digest('hex'),
  };
}

/** Control and invisible characters and line ends become spaces; cut at a bound. */
export function oneLine(text: string): string {
  const flat = text
    .slice(0, MAX_ERROR_CHARS * 4)
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim();
  return flat.length <= MAX_ERROR_CHARS ? flat : `${flat.slice(0, MAX_ERROR_CHARS - 1).toWellFormed()}…`;
}
