/**
 * A partition without a leader concerns that partition. kafkajs 2.2.4 throws away the metadata of all topics for one
 * such partition. Here its leader is -1, as in the protocol, and the others keep their leaders. The error of a whole
 * topic (missing, or not this user’s to see) is thrown as before.
 */
import type { ConnectionPool, PartitionMetadata, TopicMetadata } from './kafkajs-inside.ts';

/** Says that a replica is down: the named leader is valid all the same. */
const REPLICA_NOT_AVAILABLE = 9;
const NOBODY = -1;

interface MetadataAnswer {
  readonly topicMetadata: readonly TopicMetadata[];
}

type Parse = (data: unknown) => Promise<unknown>;

/** Makes these connections read metadata so. */
export function readLeaderless(pool: ConnectionPool): void {
  const send = pool.send.bind(pool);
  pool.send = (protocol) => {
    const { request, response } = protocol;
    if (request.apiName !== 'Metadata') return send(protocol);
    const parse: Parse = (data) => readMetadata(data as MetadataAnswer, (topics) => response.parse(topics));
    return send({ ...protocol, response: { ...response, parse } });
  };
}

/** @param parseTopics throws a topic's error. */
async function readMetadata(data: MetadataAnswer, parseTopics: Parse): Promise<MetadataAnswer> {
  await parseTopics({
    ...data,
    topicMetadata: data.topicMetadata.map((topic) => ({ ...topic, partitionMetadata: [] })),
  });
  return {
    ...data,
    topicMetadata: data.topicMetadata.map((topic) => ({
      ...topic,
      partitionMetadata: topic.partitionMetadata.map(withKnownLeader),
    })),
  };
}

function withKnownLeader(partition: PartitionMetadata): PartitionMetadata {
  const { partitionErrorCode } = partition;
  if (partitionErrorCode === 0 || partitionErrorCode === REPLICA_NOT_AVAILABLE) return partition;
  return { ...partition, leader: NOBODY };
}
