/**
 * A topic’s id tells a topic that was deleted and made anew from the old one; offsets don’t. kafkajs 2.2.4 does not
 * know the request (metadata, version 10; brokers since 2.8).
 */
import { brokerError, brokerErrorName } from '../client/error-codes.ts';
import type { InsideCluster, ProtocolRequest } from '../client/kafkajs-inside.ts';
import { createWireReader, type WireReader } from '../client/wire-reader.ts';

const METADATA_API = 3;
const VERSION = 10;
const ID_BYTES = 16;
const NO_ID = Buffer.alloc(ID_BYTES).toString('base64url');
const NO_TAGS = 0;
const FALSE = 0;

/**
 * In base64url, 22 characters; undefined where the broker knows no ids.
 * @throws Error where the broker does not answer, or refuses.
 */
export async function readTopicId(cluster: InsideCluster, topic: string): Promise<string | undefined> {
  const { brokers } = cluster.brokerPool;
  const nodeId =
    Object.keys(brokers).find((id) => brokers[id]?.isConnected()) ?? Object.keys(brokers)[0] ?? '';
  const { versions, connectionPool } = await cluster.brokerPool.findBroker({ nodeId });
  const known = (versions as Readonly<Record<number, { readonly maxVersion: number }>> | null)?.[
    METADATA_API
  ];
  if (known === undefined || known.maxVersion < VERSION) return undefined;
  const request = {
    ...{ apiKey: METADATA_API, apiVersion: VERSION, apiName: 'TopicId' },
    encode: () => Promise.resolve(asEncoder(writeTopicIdRequest(topic))),
  };
  const response = {
    decode: (answer: Buffer) => Promise.resolve(readTopicIdAnswer(answer)),
    parse: (id: unknown) => Promise.resolve(id),
  };
  const asked: ProtocolRequest = { request, response };
  return (await connectionPool.send(asked)) as string | undefined;
}

/** Looks to kafkajs like one of its encoders. */
function asEncoder(bytes: Buffer): { readonly buf: Buffer; readonly buffer: Buffer } {
  return { buf: bytes, buffer: bytes };
}

/** From the tags of the request's header on. */
function writeTopicIdRequest(topic: string): Buffer {
  const name = Buffer.from(topic);
  return Buffer.concat([
    // Compact arrays and texts have their length plus one in front; a topic’s name has at most 249 bytes.
    Buffer.from([NO_TAGS, 2]),
    Buffer.alloc(ID_BYTES),
    writeLength(name.length + 1),
    name,
    Buffer.from([NO_TAGS, FALSE, FALSE, FALSE, NO_TAGS]),
  ]);
}

function writeLength(length: number): Buffer {
  return Buffer.from(length < 128 ? [length] : [(length % 128) + 128, Math.floor(length / 128)]);
}

/** From the tags of the answer’s header on. @throws what the broker says of the topic, under its own name. */
function readTopicIdAnswer(answer: Buffer): string | undefined {
  const reader = createWireReader(answer);
  skipTags(reader);
  reader.int32();
  for (let brokers = reader.uvarint() - 1; brokers > 0; brokers -= 1) {
    reader.int32();
    skipCompact(reader);
    reader.int32();
    skipCompact(reader);
    skipTags(reader);
  }
  skipCompact(reader);
  reader.int32();
  if (reader.uvarint() < 2) return undefined;
  const type = brokerErrorName(reader.int16());
  skipCompact(reader);
  const id = reader.bytes(ID_BYTES)?.toString('base64url');
  if (type !== undefined && type !== 'LEADER_NOT_AVAILABLE') throw brokerError(type);
  return id === NO_ID ? undefined : id;
}

function skipCompact(reader: WireReader): void {
  reader.skip(Math.max(0, reader.uvarint() - 1));
}

function skipTags(reader: WireReader): void {
  for (let tags = reader.uvarint(); tags > 0; tags -= 1) {
    reader.uvarint();
    reader.skip(reader.uvarint());
  }
}
