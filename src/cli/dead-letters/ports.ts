/** What the commands on dead letters need of Kafka and S3. The adapters are made in `connect-desk.ts`, `today.ts`. */
import type { FetchedMessage } from '../../kafka/fetch/fetched-records.ts';
import type { PartitionSpan } from '../../kafka/fetch/topic-reader.ts';
import type { PlacedRecord } from '../../kafka/producers/transactions.ts';
import type { Actions } from './actions.ts';
import type { LedgerRecord, Marks } from './ledger.ts';

/** The dead-letter topic and the ledger beside it, for the time of a command. */
export interface Desk {
  /** The dead-letter topic. */
  readonly topic: string;
  /** As of the last look. */
  readonly marks: Marks;
  readonly actions: Actions;
  /** As `TopicReader` says it. */
  span(sinceMs: number): Promise<readonly PartitionSpan[]>;
  read(span: PartitionSpan): AsyncIterable<FetchedMessage>;
  /** @returns undefined where there is no such topic. */
  partitionsOf(topic: string): Promise<number | undefined>;
  /** Reads what was added to the ledger since the last look. */
  look(): Promise<void>;
  /**
   * From now on this command alone may write; one that wrote until now is told at its next try. Looks at the ledger
   * then, so that all that was ever committed is known.
   */
  takePen(): Promise<void>;
  /**
   * Writes all of it or nothing. Needs the pen, and loses it where it rejects, with what `Transactions.commit` says.
   * What was written to the ledger is known at once.
   */
  commit(records: readonly PlacedRecord[], ledger: readonly LedgerRecord[]): Promise<void>;
  close(): Promise<void>;
}

/** The process's exit code: 0 done, 1 not done, 78 the environment is not enough. */
export type ExitCode = 0 | 1 | 78;
