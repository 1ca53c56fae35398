/** How far one partition is, as the consumer tells it and /status shows it. */

export interface PartitionStatus {
  readonly topic: string;
  readonly partition: number;
  /** The committed offset, or where reading began while nothing has been committed; null while it is not known. */
  readonly committed: number | null;
  readonly highWaterMark: number | null;
  /** Offsets that can be read and are not committed. Excludes what an open transaction holds back. */
  readonly lag: number | null;
  /** Offsets at the log's end that an open transaction holds back. */
  readonly heldByTransactions: number;
  /** Offsets that Kafka deleted unread, since this pod started. */
  readonly lost: number;
  /** How often reading went back to the beginning since this pod started, as the topic was made anew or cut off. */
  readonly resets: number;
  /** Events received without outcome. */
  readonly inFlight: number;
  /** Why the partition can't be read or committed now; absent while it can. */
  readonly fault?: string;
  /**
   * Age of the oldest undecided event since its record was written to Kafka; null where none of the backlog has been
   * read yet.
   */
  readonly behindSeconds: number | null;
  /**
   * Seconds until the backlog is gone at the present pace. Null where it grows or stands, or the pace is not known yet.
   */
  readonly etaSeconds: number | null;
}
