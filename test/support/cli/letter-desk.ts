/**
 * A dead-letter topic, its ledger and the source topics in memory, as long as the test lasts; and desks at it, each a
 * command's own. A desk can be killed at a commit, before or after Kafka has taken it, and one pen is there for all.
 */
import { createActions } from '../../../src/cli/dead-letters/actions.ts';
import { createMarks, type LedgerRecord } from '../../../src/cli/dead-letters/ledger.ts';
import type { Desk } from '../../../src/cli/dead-letters/ports.ts';
import type { FetchedMessage } from '../../../src/kafka/fetch/fetched-records.ts';
import {
  RecordsRefusedError,
  WriterReplacedError,
  type PlacedRecord,
} from '../../../src/kafka/producers/transactions.ts';

export const DEAD_LETTERS = 'location-events.dead-letter';

export interface LetterWish {
  readonly partition?: number;
  readonly key?: string | null;
  readonly value?: string | Buffer | null;
  readonly headers?: Readonly<Record<string, string>>;
  readonly atMs?: number;
}

/** What a desk does at its commits, from 1: dies, with Kafka having taken it or not; or Kafka is away once. */
export interface Fault {
  readonly at: number;
  readonly kind: 'killed before' | 'killed after' | 'away before' | 'away after';
}

export class KilledError extends Error {
  override readonly name = 'KilledError';
}

export interface LetterBench {
  /** What was put back, in the order of the commits. */
  readonly putBack: PlacedRecord[];
  readonly ledger: LedgerRecord[];
  /** Partitions of each source topic. */
  readonly topics: Map<string, number>;
  add(...wishes: readonly LetterWish[]): void;
  /** @param topicId of the dead-letter topic. */
  open(fault?: Fault, topicId?: string): Desk;
  /** Refuses a commit that holds such a value. */
  refuse: ((record: PlacedRecord) => boolean) | undefined;
  /** A topic that takes nothing, as its user may not write to it. */
  forbidden: string | undefined;
  /** Commits that were tried, of all desks. */
  tried: number;
  /** Runs before each commit is taken. */
  onCommit: (() => void) | undefined;
}

export function createLetterBench(partitions = 2): LetterBench {
  const letters: FetchedMessage[][] = Array.from({ length: partitions }, () => []);
  let pen = 0;
  const bench: LetterBench = {
    putBack: [],
    ledger: [],
    topics: new Map([['location-events', 4]]),
    refuse: undefined,
    forbidden: undefined,
    tried: 0,
    onCommit: undefined,
    add(...wishes) {
      for (const wish of wishes) {
        const partition = letters[wish.partition ?? 0]!;
        partition.push(letterMessage(partition.length, wish));
      }
    },
    open(fault, topicId = 'id-1') {
      const marks = createMarks(topicId);
      const actions = createActions();
      let seen = 0;
      let commits = 0;
      let mine = 0;
      let isDead = false;
      const die = (): never => {
        isDead = true;
        throw new KilledError();
      };
      const look = (): void => {
        for (; seen < bench.ledger.length; seen += 1) {
          marks.take(bench.ledger[seen]!);
          actions.take(bench.ledger[seen]!);
        }
      };
      return {
        ...{ topic: DEAD_LETTERS, marks, actions },
        span: async (sinceMs) =>
          letters.map((some, partition) => {
            const first = some.findIndex(({ timestamp }) => timestamp >= sinceMs);
            return { partition, from: first < 0 ? some.length : first, to: some.length };
          }),
        async *read({ partition, from, to }) {
          yield* letters[partition]!.slice(from, to);
        },
        partitionsOf: async (topic) => bench.topics.get(topic),
        look: async () => look(),
        async takePen() {
          if (isDead) throw new KilledError();
          pen += 1;
          mine = pen;
          look();
        },
        async commit(records, ledger) {
          bench.onCommit?.();
          commits += 1;
          bench.tried += 1;
          const kind = fault?.at === commits ? fault.kind : undefined;
          if (kind === 'killed before') die();
          if (kind === 'away before') throw new Error('Kafka is away');
          if (mine !== pen) throw new WriterReplacedError('fenced');
          if (bench.refuse !== undefined && records.some(bench.refuse))
            throw new RecordsRefusedError('too large');
          if (records.some(({ topic }) => topic === bench.forbidden)) throw notAuthorized();
          bench.putBack.push(...records);
          bench.ledger.push(...ledger);
          if (kind === 'killed after') die();
          if (kind === 'away after') throw new Error('no answer');
          look();
        },
        close: async () => undefined,
      };
    },
  };
  return bench;
}

/** As brokers answer a user who may not write to the topic. */
function notAuthorized(): RecordsRefusedError {
  const cause = Object.assign(new Error('not authorized'), { type: 'TOPIC_AUTHORIZATION_FAILED' });
  return new RecordsRefusedError('not authorized', { cause });
}

/** An ordinary letter, but for what is wished. */
export function letterMessage(offset: number, wish: LetterWish): FetchedMessage {
  const { key = 'u-1', value = `{"userId":"u-1","eventId":"e-${String(offset)}"}`, atMs = 1_000_000 } = wish;
  const headers = {
    ...{ reason: 'invalid', error: 'latitude: expected a number', 'source-topic': 'location-events' },
    ...{ 'source-partition': '1', 'source-offset': String(100 + offset), 'source-index': '0' },
    ...{ 'event-id': `e-${String(offset)}`, 'failed-at': new Date(atMs).toISOString() },
    ...wish.headers,
  };
  return {
    offset: String(offset),
    timestamp: atMs,
    key: key === null ? null : Buffer.from(key),
    value: value === null ? null : Buffer.from(value),
    headers: Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)])),
    isControlRecord: false,
  };
}
