/**
 * A member of a consumer group that is no pod: it joins and then does nothing of what a member owes the group. So
 * a group can be held up, or filled with strangers, as by another program that uses the same group id or a
 * member that hangs.
 */
import kafkajs, { type Assigner, type Cluster, type Kafka } from 'kafkajs';

const { PartitionAssigners } = kafkajs;

/** Longer than any test: what holds the group up is not thrown out of it meanwhile. */
const SESSION_TIMEOUT_MS = 300_000;
const REBALANCE_TIMEOUT_MS = 600_000;

export interface GroupIntruder {
  /** Joins as one more member; resolves when the group has taken it in. `protocol`: the pods' own by default. */
  join(protocol?: string): Promise<void>;
  /** Does not wait for a join that the group still holds. */
  close(): void;
}

/** The part of kafkajs's broker that its types leave out. */
interface Joinable {
  joinGroup(request: {
    readonly groupId: string;
    readonly sessionTimeout: number;
    readonly rebalanceTimeout: number;
    readonly memberId: string;
    readonly groupProtocols: readonly { readonly name: string; readonly metadata: Buffer }[];
  }): Promise<unknown>;
}

export async function openIntruder(
  kafka: Kafka,
  names: { readonly groupId: string; readonly topic: string },
): Promise<GroupIntruder> {
  const { groupId, topic } = names;
  let found: { cluster: Cluster; protocol: ReturnType<Assigner['protocol']> } | undefined;
  kafka.consumer({
    groupId,
    partitionAssigners: [
      (config) => {
        const assigner = PartitionAssigners.roundRobin(config);
        found = { cluster: config.cluster, protocol: assigner.protocol({ topics: [topic] }) };
        return assigner;
      },
    ],
  });
  if (found === undefined) throw new Error('kafkajs makes its assigners later than it did');
  const { cluster, protocol } = found;
  await cluster.connect();
  return {
    async join(name = protocol.name) {
      const coordinator = (await cluster.findGroupCoordinator({ groupId })) as unknown as Joinable;
      await coordinator.joinGroup({
        groupId,
        sessionTimeout: SESSION_TIMEOUT_MS,
        rebalanceTimeout: REBALANCE_TIMEOUT_MS,
        memberId: '',
        groupProtocols: [{ ...protocol, name }],
      });
    },
    close: () => {
      cluster.disconnect().catch(() => undefined);
    },
  };
}
