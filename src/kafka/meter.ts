/** What the consumer counts. */

import type { CommitResult } from '../stream/pace/committer.ts';

/** Must not throw. */
export interface ConsumerMeter {
  commit(result: CommitResult): void;
  /** A join of the group after the first. */
  rebalanced(): void;
  /** Records of the other lane. */
  passedOver(records: number): void;
  /** Kafka deleted this many offsets of a partition before anybody had read them. */
  offsetsLost(partition: number, offsets: number): void;
  /** A partition’s position says nothing of its log any more: the topic was made anew, or the log’s end cut off. */
  positionReset(partition: number, reason: 'remade' | 'cut_off'): void;
}
