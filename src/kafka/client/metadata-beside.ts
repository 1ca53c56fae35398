/**
 * Looks metadata up beside the work. Known metadata is used until the new is there, and a failed lookup is tried again
 * a second later. kafkajs 2.2.4 makes every fetch and every send wait for a due lookup, and fail with it. Lookups come
 * often while a partition has no leader, or its leader refuses. So the partition goes on within a second of its
 * leader’s return.
 */
import type { BrokerPool, InsideCluster } from './kafkajs-inside.ts';

const LOOK_AGAIN_MS = 1000;
const LEADERLESS_LOOK_MS = 500;

/** Makes this cluster look metadata up in the background. */
export function lookBeside(cluster: InsideCluster): void {
  const pool = cluster.brokerPool;
  const refresh = pool.refreshMetadata.bind(pool);
  let looking = false;

  pool.refreshMetadata = async (topics) => {
    await refresh(topics);
    if (hasLeaderless(pool)) expireWithin(pool, LEADERLESS_LOOK_MS);
  };

  async function look(): Promise<void> {
    looking = true;
    try {
      await cluster.refreshMetadata();
    } catch {
      // kafkajs has logged it; known metadata stays in force.
      pool.metadataExpireAt = Date.now() + LOOK_AGAIN_MS;
    } finally {
      looking = false;
    }
  }

  cluster.refreshMetadataIfNecessary = async () => {
    const { metadata } = pool;
    const known = new Set(metadata?.topicMetadata.map(({ topic }) => topic));
    if (metadata === null || [...cluster.targetTopics].some((topic) => !known.has(topic))) {
      await cluster.refreshMetadata();
    } else if (!looking && Date.now() > (pool.metadataExpireAt ?? 0)) void look();
  };
}

/** Lets metadata expire: looked up when next needed, but not before `ms` have passed. */
export function expireWithin(pool: BrokerPool, ms: number): void {
  pool.metadataExpireAt = Math.min(pool.metadataExpireAt ?? 0, Date.now() + ms);
}

function hasLeaderless({ metadata }: BrokerPool): boolean {
  return (
    metadata?.topicMetadata.some(({ partitionMetadata }) =>
      partitionMetadata.some(({ leader }) => leader < 0),
    ) ?? false
  );
}
