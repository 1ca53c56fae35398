/** The lag that more pods would help with: what a deployment may be scaled by. */
import type { PartitionStatus } from '../../domain/partition-status.ts';
import type { PodRecord } from '../pods.ts';

type Consumes = Pick<PodRecord, 'topic' | 'groupId' | 'partitions'>;

export interface CurableLagFacts {
  /** Services that are away: another pod would wait for them, too. */
  readonly away: readonly string[];
  /** This pod, and all live ones, this one among them or not yet. */
  readonly own: Consumes;
  readonly pods: readonly Consumes[];
  readonly partitions: readonly Pick<PartitionStatus, 'lag' | 'fault'>[];
}

/**
 * @returns offsets of this pod's partitions; all pods' sum is the deployment's. 0 while a service is away, while pods are
 * as many as the partitions that they have together, and for a partition that can't be read.
 */
export function curableLag({ away, own, pods, partitions }: CurableLagFacts): number {
  if (away.length > 0) return 0;
  const mates = pods.filter(({ topic, groupId }) => topic === own.topic && groupId === own.groupId);
  const all = new Set([own, ...mates].flatMap((pod) => pod.partitions.map(({ partition }) => partition)));
  if (mates.length >= all.size) return 0;
  return partitions.reduce((sum, { lag, fault }) => sum + (fault === undefined ? (lag ?? 0) : 0), 0);
}
