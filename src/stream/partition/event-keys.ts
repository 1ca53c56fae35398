/** Under which key an event's work is done one at a time. */
import type { EventWork } from '../../domain/event-work.ts';

export type Ordering = 'user' | 'partition' | 'none';

/**
 * `user`: the event’s user, in any partition. `partition`: all events of the partition. An event without an order to
 * keep gets a key of its own, which no user id can be.
 */
export function createKeyRule(ordering: Ordering): (work: EventWork, partition: number) => string | symbol {
  switch (ordering) {
    case 'user':
      return (work) => work.key ?? Symbol('unordered');
    case 'partition':
      return (_work, partition) => String(partition);
    case 'none':
      return () => Symbol('unordered');
  }
}
