/** Batches as kafkajs hands them over, made of a fake log's entries. */
import type { Batch, KafkaMessage } from 'kafkajs';
import type { LogEntry } from './fake-group.ts';

/** @param from where the fetch began. @param taken not empty. @param end the partition's high watermark. */
export function batchOf(
  topic: string,
  partition: number,
  from: number,
  taken: readonly LogEntry[],
  end: number,
): Batch {
  const messages = taken.flatMap((entry) => (entry.kind === 'record' ? [messageOf(entry)] : []));
  const last = String(taken.at(-1)!.offset);
  return {
    topic,
    partition,
    highWatermark: String(end),
    messages,
    isEmpty: () => messages.length === 0,
    firstOffset: () => String(taken[0]!.offset),
    lastOffset: () => last,
    offsetLag: () => '0',
    offsetLagLow: () => '0',
    ...{ fetchedOffset: String(from) },
  };
}

/** Large ones are taken apart over several turns of the event loop: they stay open meanwhile. */
function messageOf(entry: LogEntry & { kind: 'record' }): KafkaMessage {
  const events = entry.users.map((userId) => JSON.stringify({ userId }));
  const padding = entry.large ? ' '.repeat(300_000) : '';
  const value = Buffer.from(
    events.length === 1 && !entry.large ? events[0]! : `[${events.join()}${padding}]`,
  );
  return { key: null, value, offset: String(entry.offset), timestamp: '0', attributes: 0, headers: {} };
}
