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

/** `hold`: ask again soon. `refuse`: never, the pod is leaving. */
export type JoinAnswer = 'join' | 'hold' | 'refuse';

export interface JoinGate {
  /** For the kafkajs consumer. */
  readonly assigner: PartitionAssigner;
  /** The kafkajs consumer's own connection to the cluster. @throws before that consumer was made. */
  readonly cluster: () => Cluster;
  /** @param ask called synchronously right before each JoinGroup request; until it is given, every join is held. */
  admitBy(ask: () => JoinAnswer): void;
}

export function createJoinGate(): JoinGate {
  let known: Cluster | undefined;
  let ask = (): JoinAnswer => 'hold';
  return {
    assigner: (config) => {
      known = config.cluster;
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
    admitBy(asked) {
      ask = asked;
    },
  };
}

function createHold(): Error {
  const error = new Error('work is being handed over before the group is joined again');
  return Object.assign(error, { type: 'REBALANCE_IN_PROGRESS' });
}
