/** The consumer's part of /status and /ready. */
import type { Clock } from '../pipeline/ports.ts';
import type { ConsumerStatus, PartitionStatus } from './consumer-options.ts';
import type { FindObstacle } from './fetch-apart.ts';
import type { KafkaWatch } from './kafka-watch.ts';
import type { Membership } from './membership.ts';
import type { PartitionFlow } from './partition-flow.ts';

export interface StatusSources {
  readonly topic: string;
  readonly sessionTimeoutMs: number;
  readonly clock: Clock;
  readonly membership: Membership;
  readonly watch: KafkaWatch;
  readonly findObstacle: FindObstacle;
  readonly marks: { readonly fetchAtMs?: number; readonly progressAtMs?: number };
}

export function readStatus(sources: StatusSources): ConsumerStatus {
  const { topic, membership, watch, marks, clock, findObstacle } = sources;
  const { current } = membership;
  const member = current !== undefined && current.state !== 'over';
  const flows = member ? [...current.flows.values()] : [];
  const held = member && current.state !== 'opening' ? current.partitions : [];
  const partitions = held.map((partition): PartitionStatus => {
    const flow = current?.flows.get(partition);
    const fault =
      findObstacle(topic, partition) ?? (flow === undefined ? 'where it begins is not known yet' : undefined);
    const inFlight = flow?.inFlight ?? 0;
    const row = { topic, partition, ...positionsOf(flow), inFlight };
    return fault === undefined ? row : { ...row, fault };
  });
  const awayMs = watch.awaySinceMs === undefined ? 0 : clock.now() - watch.awaySinceMs;
  return {
    // Away for longer than the session, the group has gone on without this pod, whatever it still holds.
    joined: member && current.state !== 'opening' && awayMs <= sources.sessionTimeoutMs,
    connected: watch.awaySinceMs === undefined && marks.fetchAtMs !== undefined,
    partitions,
    inFlight: flows.reduce((sum, flow) => sum + flow.inFlight, 0),
    inFlightBytes: flows.reduce((sum, flow) => sum + flow.heldBytes, 0),
    lastFetchAtMs: marks.fetchAtMs,
    lastProgressAtMs: marks.progressAtMs,
    awaySinceMs: watch.awaySinceMs,
    rebalancingSinceMs: membership.closedSinceMs,
  };
}

function positionsOf(
  flow: PartitionFlow | undefined,
): Pick<PartitionStatus, 'committed' | 'highWaterMark' | 'lag'> {
  if (flow === undefined) return { committed: null, highWaterMark: null, lag: null };
  const committed = flow.committed ?? flow.startOffset;
  return { committed, highWaterMark: flow.highWaterMark, lag: Math.max(0, flow.highWaterMark - committed) };
}
