/** The consumer's part of /status and /ready. */
import type { Clock } from '../pipeline/ports.ts';
import type { ConsumerStatus, PartitionStatus } from './consumer-options.ts';
import type { KafkaWatch } from './kafka-watch.ts';
import type { Membership } from './membership.ts';

export interface StatusSources {
  readonly topic: string;
  readonly sessionTimeoutMs: number;
  readonly clock: Clock;
  readonly membership: Membership;
  readonly watch: KafkaWatch;
  readonly marks: { readonly fetchAtMs?: number; readonly progressAtMs?: number };
}

export function readStatus(sources: StatusSources): ConsumerStatus {
  const { topic, membership, watch, marks, clock } = sources;
  const { current } = membership;
  const member = current !== undefined && current.state !== 'over';
  const flows = member ? [...current.flows.values()] : [];
  const partitions = flows.map((flow): PartitionStatus => {
    const committed = flow.committed ?? flow.startOffset;
    const { partition, highWaterMark, inFlight } = flow;
    return {
      topic,
      partition,
      committed,
      highWaterMark,
      lag: Math.max(0, highWaterMark - committed),
      inFlight,
    };
  });
  const awayMs = watch.awaySinceMs === undefined ? 0 : clock.now() - watch.awaySinceMs;
  return {
    // Away for longer than the session, the group has gone on without this pod, whatever it still holds.
    joined: member && current.state !== 'opening' && awayMs <= sources.sessionTimeoutMs,
    connected: watch.awaySinceMs === undefined && marks.fetchAtMs !== undefined,
    partitions: partitions.sort((a, b) => a.partition - b.partition),
    inFlight: flows.reduce((sum, flow) => sum + flow.inFlight, 0),
    inFlightBytes: flows.reduce((sum, flow) => sum + flow.heldBytes, 0),
    lastFetchAtMs: marks.fetchAtMs,
    lastProgressAtMs: marks.progressAtMs,
    awaySinceMs: watch.awaySinceMs,
    rebalancingSinceMs: membership.closedSinceMs,
  };
}
