/**
 * Pods that share a Redis prefix share claims, queue, kill switch and documents' announcements. A pod that works
 * another topic or pushes elsewhere would take the others' jobs. Lanes of one topic must also agree on their threshold.
 * Two that start together see each other, as each is listed before it looks: then both refuse, which is safe.
 */
import { RefusedToStart } from '../runtime/errors.ts';
import type { LivePod, PodRecord } from './pods.ts';

/** @throws RefusedToStart where the pod would be in the way of a live one. */
export function assertMayJoin(own: PodRecord, live: readonly LivePod[]): void {
  const fault = fleetFault(own, live);
  if (fault !== undefined) throw new RefusedToStart(fault);
}

/** @returns all that keeps a pod from starting beside the live ones, with both and the variable; undefined where it may. */
export function fleetFault(own: PodRecord, live: readonly LivePod[]): string | undefined {
  const others = live.filter(({ pod }) => pod !== own.pod);
  const faults = [deploymentFault(own, others), dryRunFault(own, others), laneFault(own, others)];
  const found = faults.filter((fault) => fault !== undefined);
  return found.length === 0 ? undefined : found.join('; ');
}

function deploymentFault(own: PodRecord, others: readonly LivePod[]): string | undefined {
  const refuse = (variable: string, mine: string, theirs: string, pod: string): string =>
    `${variable} is ${mine} here and ${theirs} in the live pod ${pod}, which has the same REDIS_PREFIX: give this ` +
    'deployment a REDIS_PREFIX of its own, or stop the other one first where this replaces it';
  const stranger = others.find(({ topic }) => topic !== own.topic);
  if (stranger !== undefined) return refuse('KAFKA_TOPIC', own.topic, stranger.topic, stranger.pod);
  // A dry run has claims and a queue of its own, and calls no push API.
  if (own.dryRun === true) return undefined;
  const elsewhere = others.find(
    ({ pushApi, dryRun }) => dryRun !== true && pushApi !== undefined && pushApi !== own.pushApi,
  );
  if (elsewhere === undefined) return undefined;
  return refuse('PUSH_API_URL', own.pushApi ?? 'unset', elsewhere.pushApi ?? 'unset', elsewhere.pod);
}

function dryRunFault(own: PodRecord, others: readonly LivePod[]): string | undefined {
  const mate = others.find(
    ({ groupId, dryRun }) => groupId === own.groupId && dryRun !== undefined && dryRun !== own.dryRun,
  );
  if (mate === undefined) return undefined;
  return (
    `DRY_RUN is ${String(own.dryRun)} here and ${String(mate.dryRun)} in the live pod ${mate.pod} of the same ` +
    `KAFKA_GROUP_ID ${own.groupId}: the dry run would take the others’ events without a push`
  );
}

/** Lanes that disagree on their threshold would skip records, or handle them twice. */
function laneFault(own: PodRecord, others: readonly LivePod[]): string | undefined {
  if (own.lane === 'all') return undefined;
  const groupmate = others.find((pod) => pod.groupId === own.groupId && pod.lane !== own.lane);
  if (groupmate !== undefined) {
    return (
      `KAFKA_GROUP_ID ${own.groupId} is shared with the live pod ${groupmate.pod} of lane ${groupmate.lane}: ` +
      'each lane needs a group of its own, or each would commit past the other’s records'
    );
  }
  const other = others.find((pod) => pod.lane !== 'all' && pod.laneThresholdBytes !== own.laneThresholdBytes);
  if (other === undefined) return undefined;
  return (
    `LANE_THRESHOLD_BYTES is ${String(own.laneThresholdBytes)} here and ${String(other.laneThresholdBytes)} in the ` +
    `live pod ${other.pod}: records between the two would be skipped or handled twice`
  );
}
