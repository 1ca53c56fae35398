/**
 * Partitions that can't be read now, as something that events wait for: by name, and for how long. Their events have
 * not been read, so they are no events at work and nobody else's.
 */
import type { PartitionStatus } from '../../domain/partition-status.ts';
import type { WaitingFor } from './waits.ts';

type Seen = Pick<PartitionStatus, 'topic' | 'partition' | 'lag' | 'fault'>;

export interface PartitionWaits {
  /** To be called often: a fault counts from the call that saw it first. Monotonic ms, by default the process's. */
  observe(partitions: readonly Seen[], nowMs?: number): WaitingFor[];
}

export function createPartitionWaits(): PartitionWaits {
  let since = new Map<string, number>();
  return {
    observe(partitions, nowMs = performance.now()) {
      const faulted = partitions.filter(({ fault }) => fault !== undefined);
      const nameOf = ({ topic, partition }: Seen): string => `partition ${topic}-${String(partition)}`;
      since = new Map(faulted.map((one) => [nameOf(one), since.get(nameOf(one)) ?? nowMs]));
      return faulted.map((one) => ({
        for: `${nameOf(one)}: ${one.fault ?? ''}`,
        // Its end is not known where nothing of it could be asked.
        events: one.lag ?? 0,
        oldestSeconds: Math.round((nowMs - (since.get(nameOf(one)) ?? nowMs)) / 100) / 10,
      }));
    },
  };
}
