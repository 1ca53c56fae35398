/** A letter as the record that it was: the original key and bytes, in the partition from which it came. */
import type { PlacedRecord } from '../../kafka/producers/transactions.ts';
import type { Letter } from './letter.ts';

/** What a dead letter has of its own. The rest are the record’s. */
const OF_THE_LETTER: ReadonlySet<string> = new Set([
  'reason',
  'error',
  'source-topic',
  'source-partition',
  'source-offset',
  'source-index',
  'failed-at',
  'value-bytes',
  'value-sha256',
  'original-key',
  'event-id',
  'replays',
  'first-failed-at',
]);

/**
 * Its headers are the record’s own and three more, however often it is put back. Pods take the event’s identity from
 * `event-id` where the event brings none, and carry the other two into a new letter.
 *
 * @param partitions of the source topic now, ≥ 1. Where it has fewer than it had, the key decides.
 */
export function replayRecord(letter: Letter, partitions: number): PlacedRecord {
  const { source, key, value } = letter;
  const { topic, partition, offset, index } = source;
  const own = Object.entries(letter.headers).filter(([name]) => !OF_THE_LETTER.has(name));
  return {
    ...{ topic, key, value },
    // Without a key another try could place it elsewhere.
    ...(partition < partitions ? { partition } : key === null && { partition: partition % partitions }),
    headers: {
      ...Object.fromEntries(own),
      'event-id': letter.eventId ?? `${topic}-${String(partition)}-${offset}-${String(index)}`,
      replays: String(letter.replays + 1),
      'first-failed-at': new Date(letter.firstFailedAtMs).toISOString(),
    },
  };
}
