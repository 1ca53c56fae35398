/**
 * Ends a pod's membership of its consumer group from outside, at once: to the group the pod is as dead as after its
 * session timeout, which then needs not be waited for.
 */
import kafkajs, { type Admin, type Cluster, type Kafka } from 'kafkajs';

const { PartitionAssigners } = kafkajs;

/** The part of kafkajs's broker that its types leave out. */
interface Leavable {
  leaveGroup(request: { readonly groupId: string; readonly memberId: string }): Promise<unknown>;
}

/** A pod is known to its group by its name. Nothing happens where it is no member. */
export async function evictMember(
  kafka: Kafka,
  admin: Admin,
  { groupId, name }: { readonly groupId: string; readonly name: string },
): Promise<void> {
  const { groups } = await admin.describeGroups([groupId]);
  const memberIds = groups
    .flatMap(({ members }) => members)
    .filter(({ clientId }) => clientId === name)
    .map(({ memberId }) => memberId);
  if (memberIds.length === 0) return;
  let cluster: Cluster | undefined;
  // kafkajs hands its cluster to assigners only, and makes those with the consumer.
  kafka.consumer({
    groupId,
    partitionAssigners: [
      (config) => {
        cluster = config.cluster;
        return PartitionAssigners.roundRobin(config);
      },
    ],
  });
  if (cluster === undefined) throw new Error('kafkajs makes its assigners later than it did');
  await cluster.connect();
  try {
    const coordinator = (await cluster.findGroupCoordinator({ groupId })) as unknown as Leavable;
    for (const memberId of memberIds) await coordinator.leaveGroup({ groupId, memberId });
  } finally {
    await cluster.disconnect();
  }
}
