/**
 * The one place that knows kafkajs’s inside. It names what is adapted, by the version in which it was read. kafkajs has
 * no hook where a partly bad cluster needs one, and is no longer maintained: so its clusters are adapted as they are
 * made. Another version, or one that lacks a name, is refused when this file is loaded or a client is made.
 */
import { createRequire } from 'node:module';
import type { Socket } from 'node:net';
import type { Broker, Cluster, Kafka } from 'kafkajs';
import type { HostPort } from '../../runtime/address.ts';

const KNOWN_VERSION = '2.2.4';
const require = createRequire(import.meta.url);

const { version } = require('kafkajs/package.json') as { version: string };
if (version !== KNOWN_VERSION) {
  throw new Error(
    `kafkajs ${version}: what src/kafka adapts of its inside was read in ${KNOWN_VERSION}; read it again, then name the version here`,
  );
}

/**
 * A request as kafkajs’s protocol makes it. `parse` gets what `decode` returned, and throws what the broker refused.
 */
export interface ProtocolRequest {
  readonly request: { readonly apiKey: number; readonly apiName: string };
  readonly response: { readonly parse: (data: unknown) => Promise<unknown> };
}

export interface Connection {
  /** Exists once a connection has been tried. */
  readonly socket?: Pick<Socket, 'destroy' | 'once' | 'closed'>;
  chunks: readonly Buffer[];
  bytesBuffered: number;
  bytesNeeded: number;
  /** While a login waits for an answer. */
  readonly authHandlers: { onError(): void } | null;
  isConnected(): boolean;
  connect(): Promise<unknown>;
  authenticate(): Promise<void>;
  rejectRequests(error: Error): void;
}

/** The connections to one broker: one for fetches, one for everything else. */
export interface ConnectionPool {
  readonly host: string;
  readonly port: number;
  readonly pool: readonly Connection[];
  send(protocol: ProtocolRequest): Promise<unknown>;
}

export interface PartitionMetadata {
  readonly partitionErrorCode: number;
  readonly partitionId: number;
  /** -1: nobody. */
  leader: number;
}

export interface TopicMetadata {
  readonly topic: string;
  readonly partitionMetadata: readonly PartitionMetadata[];
}

export type InsideBroker = Broker & { readonly connectionPool: ConnectionPool; versions: unknown };

export interface BrokerPool {
  brokers: Readonly<Record<string, InsideBroker>>;
  seedBroker: InsideBroker | undefined;
  versions: unknown;
  metadata: { readonly topicMetadata: readonly TopicMetadata[] } | null;
  /** Epoch ms. */
  metadataExpireAt: number | null;
  readonly rootLogger: unknown;
  readonly retrier: <T>(attempt: (bail: (error: unknown) => void) => Promise<T>) => Promise<T>;
  readonly createBroker: (options: { connectionPool: ConnectionPool; logger: unknown }) => InsideBroker;
  hasConnectedBrokers(): boolean;
  connect(): Promise<void>;
  refreshMetadata(topics: string[]): Promise<void>;
  findBroker(node: { nodeId: string }): Promise<InsideBroker>;
  findConnectedBroker(): Promise<Broker>;
  withBroker<T>(ask: (found: { nodeId: string; broker: Broker }) => Promise<T>): Promise<T | null>;
}

export interface InsideCluster extends Cluster {
  readonly brokerPool: BrokerPool;
  readonly connectionPoolBuilder: { build(to?: Partial<HostPort>): Promise<ConnectionPool> };
  readonly targetTopics: ReadonlySet<string>;
}

export interface ClusterSettings {
  readonly metadataMaxAge: number;
  readonly allowAutoTopicCreation: boolean;
}

type CreateCluster = (settings: ClusterSettings) => InsideCluster;

/** Calls `adapt` with each cluster that this client will make, before anything is asked of it. */
export function adaptClusters(kafka: Kafka, adapt: (cluster: InsideCluster) => void): void {
  const name = createClusterOf(kafka);
  const create = Reflect.get(kafka, name) as CreateCluster;
  const adapted: CreateCluster = (settings) => {
    const cluster = create(settings);
    assertShape(cluster);
    adapt(cluster);
    return cluster;
  };
  Reflect.set(kafka, name, adapted);
}

/** A cluster’s connections alone, as kafkajs’s own clients use them. */
export function makeCluster(kafka: Kafka, settings: ClusterSettings): InsideCluster {
  return (Reflect.get(kafka, createClusterOf(kafka)) as CreateCluster)(settings);
}

function createClusterOf(kafka: Kafka): symbol {
  const found = Object.getOwnPropertySymbols(kafka).find(
    ({ description }) => description === 'private:Kafka:createCluster',
  );
  if (found === undefined) throw new Error('kafkajs makes its clusters elsewhere than it did');
  return found;
}

/** What is adapted must exist: adapting a missing name would have no effect. */
function assertShape(cluster: InsideCluster): void {
  const { brokerPool, connectionPoolBuilder } = cluster;
  const needed: [object, readonly string[]][] = [
    [cluster, ['findBroker', 'findGroupCoordinator', 'refreshMetadata', 'refreshMetadataIfNecessary']],
    [cluster, ['fetchTopicsOffset', 'findTopicPartitionMetadata']],
    [brokerPool, ['connect', 'refreshMetadata', 'findBroker', 'findConnectedBroker', 'withBroker']],
    [brokerPool, ['hasConnectedBrokers', 'createBroker', 'retrier']],
    [connectionPoolBuilder, ['build']],
  ];
  for (const [object, names] of needed) {
    const missing = names.find((name) => typeof Reflect.get(object, name) !== 'function');
    if (missing !== undefined) throw new Error(`kafkajs has no ${missing} where it had one`);
  }
}
