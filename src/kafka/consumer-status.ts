/** The consumer's part of /status and /ready. */
import type { Clock } from '../runtime/clock.ts';
import { createBacklogPace, type BacklogPace } from '../stream/pace/backlog-pace.ts';
import type { CommitHealth } from './commit/commit-health.ts';
import type { PartitionStatus } from '../domain/partition-status.ts';
import type { ConsumerStatus } from './consumer-options.ts';
import type { FindFetchFault } from './fetch/fetch-apart.ts';
import type { KafkaWatch } from './kafka-watch.ts';
import type { Membership } from './group/membership.ts';
import type { PartitionPositions } from './group/partition-positions.ts';
import type { PartitionFetch } from './fetch/partition-fetch.ts';
import type { PartitionFlow } from '../stream/partition/partition-flow.ts';
import type { Partitions } from '../stream/partitions.ts';

export interface StatusSources {
  readonly topic: string;
  readonly sessionTimeoutMs: number;
  readonly clock: Clock;
  readonly partitions: Partitions;
  readonly positions: PartitionPositions;
  readonly membership: Membership;
  readonly watch: KafkaWatch;
  readonly findFetchFault: FindFetchFault;
  readonly fetching: PartitionFetch;
  readonly commits: CommitHealth;
  /** Of the latest fetch, epoch ms; undefined before the first. */
  readonly lastFetchAtMs: () => number | undefined;
}

/** @returns the status reader. It knows a backlog’s pace the better, the oftener it is called. */
export function createStatusReader(sources: StatusSources): () => ConsumerStatus {
  const paces = new WeakMap<PartitionFlow, BacklogPace>();
  return () =>
    readStatus(sources, (flow) => {
      const pace = paces.get(flow) ?? createBacklogPace();
      paces.set(flow, pace);
      return pace;
    });
}

type PaceOf = (flow: PartitionFlow) => BacklogPace;

function readStatus(sources: StatusSources, paceOf: PaceOf): ConsumerStatus {
  const { topic, membership, watch, clock, findFetchFault } = sources;
  const { current, executor, committer } = sources.partitions;
  const lastFetchAtMs = sources.lastFetchAtMs();
  const member = current !== undefined && current.state !== 'over';
  const flows = member ? [...current.flows.values()] : [];
  const held = member && current.state !== 'opening' ? current.partitions : [];
  const faults = new Map(sources.fetching.faults().map(({ partition, reason }) => [partition, reason]));
  const uncommitted = new Map(
    sources.commits
      .partitionFaults()
      .map(({ partition, reason }) => [partition, `its commits are refused: ${reason}`]),
  );
  const partitions = held.map((partition): PartitionStatus => {
    const flow = current?.flows.get(partition);
    const fault =
      findFetchFault(topic, partition) ??
      faults.get(partition) ??
      uncommitted.get(partition) ??
      (flow === undefined ? 'where it begins is not known yet' : undefined);
    const inFlight = flow?.inFlight ?? 0;
    const positions = positionsOf(flow, paceOf, clock.now());
    const row = { topic, partition, ...positions, inFlight, ...sources.positions.seenOf(partition) };
    return fault === undefined ? row : { ...row, fault };
  });
  const awayMs = watch.awaySinceMs === undefined ? 0 : clock.now() - watch.awaySinceMs;
  return {
    // After a longer absence than the session the group has gone on without this pod.
    joined: member && current.state !== 'opening' && awayMs <= sources.sessionTimeoutMs,
    commitFault: sources.commits.fault(),
    connected: watch.awaySinceMs === undefined && lastFetchAtMs !== undefined,
    partitions,
    inFlight: flows.reduce((sum, flow) => sum + flow.inFlight, 0),
    atWork: executor.running,
    inFlightBytes: flows.reduce((sum, flow) => sum + flow.heldBytes, 0),
    lastFetchAtMs,
    lastProgressAtMs: committer.lastFinishedAtMs,
    awaySinceMs: watch.awaySinceMs,
    rebalancingSinceMs: membership.closedSinceMs,
  };
}

type Positions = Pick<
  PartitionStatus,
  'committed' | 'highWaterMark' | 'lag' | 'heldByTransactions' | 'behindSeconds' | 'etaSeconds'
>;

function positionsOf(flow: PartitionFlow | undefined, paceOf: PaceOf, nowMs: number): Positions {
  if (flow === undefined) {
    const unknown = {
      committed: null,
      highWaterMark: null,
      lag: null,
      behindSeconds: null,
      etaSeconds: null,
    };
    return { ...unknown, heldByTransactions: 0 };
  }
  const { highWaterMark, lastStableOffset, oldestUndecidedMs } = flow;
  const committed = flow.committed ?? flow.startOffset;
  const lag = Math.max(0, lastStableOffset - committed);
  const heldByTransactions = Math.max(0, highWaterMark - lastStableOffset);
  const pace = paceOf(flow);
  pace.sample(performance.now(), lag);
  const behindSeconds = lag === 0 ? 0 : secondsSince(oldestUndecidedMs, nowMs);
  const etaSeconds = pace.etaSeconds();
  return { committed, highWaterMark, lag, heldByTransactions, behindSeconds, etaSeconds };
}

function secondsSince(thenMs: number | undefined, nowMs: number): number | null {
  return thenMs === undefined ? null : Math.max(0, Math.round((nowMs - thenMs) / 100) / 10);
}
