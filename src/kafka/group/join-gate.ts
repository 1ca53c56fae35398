/**
 * Holds every way into a join of the group until this pod has handed over its work.
 *
 * kafkajs 2.2.4 has no callback before partitions are taken away. It enters a join from several places: a rejected
 * heartbeat, a leader change or new partitions found while fetching, an unknown member. All of them pass `joinAndSync`.
 * That asks each assigner for its `protocol`, synchronously, inside its retrier, right before JoinGroup.
 *
 * An error there whose `type` reads as a rebalance makes the retrier try again after its wait. So the join is held as
 * long as `protocol` throws. The broker waits for this member, and gives none of our partitions to another one
 * meanwhile. kafkajs sends only FindCoordinator in between; the drain sends the heartbeats that keep the session.
 */
import { PartitionAssigners, type Cluster, type PartitionAssigner } from 'kafkajs';

/** `hold`: the gate asks again soon. `refuse`: never, as the pod leaves. */
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
