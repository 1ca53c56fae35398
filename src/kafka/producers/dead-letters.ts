/**
 * Dead letters: the original key and bytes of one bad event, with headers that say what was wrong and where it came
 * from. A letter is acknowledged by all in-sync replicas before the offset is committed. Where the topic refuses a
 * letter, it gets a form that it takes: without the value, under a key of ours. Where it takes no form, the event
 * waits.
 */
import { createHash } from 'node:crypto';
import { UnavailableError, type Service } from '../../runtime/errors.ts';
import type { EventSource } from '../../domain/record.ts';
import type { DeadLetter, DeadLetters } from '../../pipeline/ports.ts';
import type { RecordRefusal } from './record-refusals.ts';
import type { OutgoingRecord, RecordSender } from './record-sender.ts';

const MAX_ERROR_CHARS = 500;

/**
 * The sender’s topic is the dead letter topic. `service` is what the event waits for where the topic takes no form of a
 * letter.
 */
export function createDeadLetters(sender: RecordSender, service: Service = 'dead-letter topic'): DeadLetters {
  /** A compacted topic takes no record without a key. */
  let needsKey = false;

  async function send(record: OutgoingRecord, source: EventSource): Promise<'sent' | RecordRefusal> {
    const hasKey = record.key !== null;
    if (!hasKey && needsKey) return sender.send(underItsPosition(record, source));
    const answer = await sender.send(record);
    if (answer !== 'invalid' || hasKey) return answer;
    const keyed = await sender.send(underItsPosition(record, source));
    needsKey ||= keyed === 'sent';
    return keyed;
  }

  return {
    async publish(letter) {
      const record = toRecord(letter);
      const { source, bytes } = letter.piece;
      let answer = await send(record, source);
      if (answer === 'too_large') answer = await send(withoutValue(record), source);
      if (answer === 'too_large') {
        // Even the key and the event’s own headers are too large: what remains says where to find them.
        const headers = ownHeaders(letter, valueHeaders(bytes));
        answer = await send({ key: null, value: null, headers }, source);
      }
      if (answer === 'sent') return;
      // Nothing may be lost: the event waits until somebody changes the topic.
      throw new UnavailableError(service, `the topic refuses every form of a letter as ${answer}`);
    },
  };
}

/** A key for a letter without one, where the topic wants one: each its own, so that compaction keeps all. */
function underItsPosition(record: OutgoingRecord, source: EventSource): OutgoingRecord {
  const { topic, partition, offset, index } = source;
  return {
    ...record,
    key: `${topic}-${String(partition)}-${offset}-${String(index)}`,
    headers: { ...record.headers, 'original-key': 'none' },
  };
}

function toRecord(letter: DeadLetter): OutgoingRecord {
  const { envelope, bytes, unpacked } = letter.piece;
  const kept = Object.entries(envelope.headers).filter(
    ([name]) => !(unpacked && name.toLowerCase() === 'content-encoding'),
  );
  // kafkajs cannot write a header without a value, as it measures it: such a header becomes empty.
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
  const bytes = Buffer.isBuffer(value) ? value : Buffer.from(value ?? '');
  return {
    'value-bytes': String(bytes.length),
    'value-sha256': createHash('sha256').update(bytes).digest('hex'),
  };
}

/** Turns control and invisible characters and line ends into spaces, and cuts the text at a limit. */
export function oneLine(text: string): string {
  const flat = text
    .slice(0, MAX_ERROR_CHARS * 4)
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim();
  return flat.length <= MAX_ERROR_CHARS ? flat : `${flat.slice(0, MAX_ERROR_CHARS - 1).toWellFormed()}…`;
}
