/**
 * A topic’s id tells a topic that was deleted and made anew from the old one; offsets don’t. kafkajs 2.2.4 does not
 * know the request (metadata, version 10; brokers since 2.8).
 */
import { brokerError, brokerErrorName } from '../client/error-codes.ts';
import {
  askFlexibly,
  FALSE,
  maxVersionOf,
  NO_TAGS,
  readCount,
  skipCompact,
  skipTags,
  writeCompact,
  writeCount,
} from '../client/flexible-wire.ts';
import type { InsideCluster } from '../client/kafkajs-inside.ts';
import type { WireReader } from '../client/wire-reader.ts';

const METADATA_API = 3;
const VERSION = 10;
const ID_BYTES = 16;
const NO_ID = Buffer.alloc(ID_BYTES).toString('base64url');

/**
 * In base64url, 22 characters; undefined where the broker knows no ids.
 * @throws Error where the broker does not answer, or refuses.
 */
export async function readTopicId(cluster: InsideCluster, topic: string): Promise<string | undefined> {
  const { brokers } = cluster.brokerPool;
  const nodeId =
    Object.keys(brokers).find((id) => brokers[id]?.isConnected()) ?? Object.keys(brokers)[0] ?? '';
  const { versions, connectionPool } = await cluster.brokerPool.findBroker({ nodeId });
  if (maxVersionOf(versions, METADATA_API) < VERSION) return undefined;
  return askFlexibly(connectionPool, {
    ...{ apiKey: METADATA_API, apiVersion: VERSION, apiName: 'TopicId' },
    body: [
      ...[writeCount(1), Buffer.alloc(ID_BYTES), writeCompact(topic), NO_TAGS],
      // No topic is made, and nobody's rights are asked for.
      ...[FALSE, FALSE, FALSE, NO_TAGS],
    ],
    read: readTopicIdAnswer,
  });
}

/** @throws what the broker says of the topic, under its own name. */
function readTopicIdAnswer(reader: WireReader): string | undefined {
  reader.int32();
  for (let brokers = readCount(reader); brokers > 0; brokers -= 1) {
    reader.int32();
    skipCompact(reader);
    reader.int32();
    skipCompact(reader);
    skipTags(reader);
  }
  skipCompact(reader);
  reader.int32();
  if (readCount(reader) < 1) return undefined;
  const type = brokerErrorName(reader.int16());
  skipCompact(reader);
  const id = reader.bytes(ID_BYTES)?.toString('base64url');
  if (type !== undefined && type !== 'LEADER_NOT_AVAILABLE') throw brokerError(type);
  return id === NO_ID ? undefined : id;
}
