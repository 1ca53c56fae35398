/**
 * Holds every way into a join of the group until this pod has handed over its work.
 *
 * kafkajs 2.2.4 has no callback for partitions that are about to be taken away, and enters a join from several
 * places (a rejected heartbeat, a leader change or new partitions found while fetching, an unknown member). All
 * of them pass `joinAndSync`, and that asks each assigner for its `protocol` synchronously, inside its retrier,
 * right before it sends JoinGroup. An error there whose `type` reads as a rebalance makes the retrier come round
 * again after its wait: so the join is held for as long as it throws, and the broker, which waits for this
 * member, gives no partition of ours to anybody else meanwhile. Nothing is sent in between but FindCoordinator;
 * the drain sends the heartbeats that keep the session.
 */
import { PartitionAssigners, type Cluster, type PartitionAssigner } from 'kafkajs';
import { retryBrokenOff } from '../client/broken-off.ts';
import { followCoordinator } from './coordinator.ts';

/** `hold`: ask again soon. `refuse`: never, the pod is leaving. */
export type JoinAnswer = 'join' | 'hold' | 'refuse';

export interface JoinGate {
  readonly assigner: PartitionAssigner;
  /** The consumer's own connection to the cluster; there once the kafkajs consumer has been made. */
  readonly cluster: () => Cluster;
}

/**
 * @param ask called synchronously right before each JoinGroup request.
 * @param prepare called with the cluster before it is asked for anything.
 */
export function createJoinGate(ask: () => JoinAnswer, prepare: (cluster: Cluster) => void): JoinGate {
  let known: Cluster | undefined;
  return {
    assigner: (config) => {
      known = config.cluster;
      prepare(known);
      followCoordinator(known);
      retryBrokenOff(known);
      const roundRobin = PartitionAssigners.roundRobin(config);
      return {
        name: roundRobin.name,
        version: roundRobin.version,
        assign: (group) => roundRobin.assign(group),
        protocol: (subscription) => {
          const answer = ask();
          if (answer === 'hold') throw createHold();
          if (answer === 'refuse') throw new Error('the consumer is stopping and does not join again');
          return roundRobin.protocol(subscription);
        },
      };
    },
    cluster: () => {
      if (known === undefined) throw new Error('the kafkajs consumer has not been made yet');
      return known;
    },
  };
}

function createHold(): Error {
  const error = new Error('work is being handed over before the group is joined again');
  return Object.assign(error, { type: 'REBALANCE_IN_PROGRESS' });
}
