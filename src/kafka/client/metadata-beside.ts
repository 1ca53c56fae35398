/**
 * Metadata is looked up beside the work: what is known is used until the newer is there, and a look that fails is
 * tried again a second later. kafkajs 2.2.4 has every fetch and every send wait for a look that is due, and fail
 * with it. While a partition has no leader, or its leader refuses, it is looked up often, so that it goes on within
 * a second of its leader's return.
 */
import type { BrokerPool, InsideCluster } from './kafkajs-inside.ts';

const LOOK_AGAIN_MS = 1000;
const LEADERLESS_LOOK_MS = 500;

/** Makes this cluster look up what it knows in the background. */
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
      // Told by kafkajs already; what was known stays in force.
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

/** Has it looked up anew when next needed, but not before the time has passed. */
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
