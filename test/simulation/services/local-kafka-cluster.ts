/**
 * A Kafka cluster of three brokers as processes of this machine, for what only several brokers can do: move a
 * partition's leader, lose the group's coordinator, lose one of three and go on.
 *
 * Every topic, the group's offsets included, lives on all three and takes writes as long as two of them are in
 * step, so one broker may be killed without a loss. Each broker is a guarded process: it ends with this process,
 * however that ends. Needs Java and Kafka's jars.
 */
import { prepareArtifacts } from './artifacts.ts';
import { chooseOrigins } from './choose-origins.ts';
import { findFreePorts } from './free-ports.ts';
import { kafkaProperties, newClusterId, planBroker } from './broker-plan.ts';
import { classFlags } from './kafka-classes.ts';
import { startLocalService } from './local-service.ts';
import { probeKafka } from './readiness.ts';
import type { Say, ServiceHandle } from './service.ts';

export const BROKER_IDS = [1, 2, 3] as const;
/** The service's name of a broker, 1–3. */
export const brokerName = (id: number): string => `kafka-${String(id)}`;

const HEAP_MEGABYTES = 256;
const WANTED = [{ name: 'kafka', kind: 'kafka', extra: false }] as const;

const PROPERTIES = {
  'default.replication.factor': '3',
  'min.insync.replicas': '2',
  'offsets.topic.replication.factor': '3',
  // A killed broker's partitions get their new leaders after this.
  'broker.session.timeout.ms': '3000',
  'leader.imbalance.check.interval.seconds': '3600',
} as const;

/** One client's way to one broker: what it is told to connect to, and what that has to lead to. */
export interface BrokerDetour {
  /** 1–3. */
  readonly broker: number;
  readonly advertisedPort: number;
  readonly port: number;
}

export interface LocalKafkaCluster {
  /** Bootstrap addresses of all brokers. */
  readonly brokers: readonly string[];
  /** By node id, 1–3. */
  node(id: number): ServiceHandle;
  readonly nodes: readonly ServiceHandle[];
  stop(): Promise<void>;
}

export interface LocalKafkaClusterOptions {
  readonly say: Say;
  /** Of each client that has a way of its own: one a broker. Default: none has. */
  readonly detours?: readonly (readonly BrokerDetour[])[];
  /** Broker settings beyond the cluster's own. */
  readonly properties?: Readonly<Record<string, string>>;
}

/** Resolves when all three brokers answer and know each other. */
export async function startLocalKafkaCluster(options: LocalKafkaClusterOptions): Promise<LocalKafkaCluster> {
  const { say, detours = [] } = options;
  const { artifacts, java } = await chooseOrigins(WANTED, { origins: ['local'], say: () => undefined });
  await prepareArtifacts(artifacts, say);
  const ports = await findFreePorts(BROKER_IDS.length * 2);
  const addresses = BROKER_IDS.map((_, at) => `127.0.0.1:${String(ports[at])}`);
  const controllers = BROKER_IDS.map((_, at) => `127.0.0.1:${String(ports[BROKER_IDS.length + at])}`);
  const voters = BROKER_IDS.map((id, at) => `${String(id)}@${controllers[at] ?? ''}`).join(',');
  const clusterId = newClusterId();
  const properties = kafkaProperties({ properties: { ...PROPERTIES, ...options.properties } });

  const startNode = (id: number, at: number): Promise<ServiceHandle> => {
    const address = addresses[at] ?? '';
    const ways = detours.flatMap((client, index) =>
      client
        .filter(({ broker }) => broker === id)
        .map((way) => ({ ...way, name: `DETOUR${String(index + 1)}` })),
    );
    const listener = (name: string, port: number): string => `${name}://127.0.0.1:${String(port)}`;
    return startLocalService({
      name: brokerName(id),
      kind: 'kafka',
      portCount: 0,
      async plan(directory) {
        const settings = {
          ...properties,
          'node.id': String(id),
          'controller.quorum.voters': voters,
          listeners: [
            `PLAINTEXT://${address},CONTROLLER://${controllers[at] ?? ''}`,
            ...ways.map(({ name, port }) => listener(name, port)),
          ].join(','),
          'advertised.listeners': [
            `PLAINTEXT://${address}`,
            ...ways.map(({ name, advertisedPort }) => listener(name, advertisedPort)),
          ].join(','),
          'listener.security.protocol.map': [
            properties['listener.security.protocol.map'],
            ...ways.map(({ name }) => `${name}:PLAINTEXT`),
          ].join(','),
        };
        return planBroker({
          ...{ directory, address, settings, clusterId, java, heapMegabytes: HEAP_MEGABYTES },
          classFlags: await classFlags(java),
        });
      },
    });
  };

  const started = await Promise.allSettled(BROKER_IDS.map(startNode));
  const nodes = started.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const stop = async (): Promise<void> => {
    await Promise.all(nodes.map((node) => node.stop()));
  };
  const failed = started.find((result) => result.status === 'rejected');
  if (failed !== undefined) {
    await stop();
    throw failed.reason;
  }
  await probeKafka(addresses.join(','));
  return {
    brokers: addresses,
    nodes,
    node(id) {
      const node = nodes[id - 1];
      if (node === undefined) throw new Error(`no broker ${String(id)}`);
      return node;
    },
    stop,
  };
}
