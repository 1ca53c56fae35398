/**
 * A Kafka cluster of three brokers on this machine, for tests of what only several brokers can do: move a
 * partition's leader, lose the group's coordinator, lose one of three and go on.
 *
 * Every topic, the group's offsets included, lives on all three and takes writes as long as two of them are in
 * step, so one broker may be killed without a loss. Each broker is a guarded process: it ends with this process,
 * however that ends. Needs Java and Kafka's jars; a machine without them is named, see local-obstacle.ts.
 */
import { prepareArtifacts } from '../../src/simulation/services/artifacts.ts';
import { chooseOrigins } from '../../src/simulation/services/choose-origins.ts';
import { findFreePorts } from '../../src/simulation/services/free-ports.ts';
import { kafkaProperties, newClusterId, planBroker } from '../../src/simulation/services/local-kafka.ts';
import { startLocalService } from '../../src/simulation/services/local-service.ts';
import { probeKafka } from '../../src/simulation/services/readiness.ts';
import type { ServiceHandle } from '../../src/simulation/services/service.ts';

const NODES = [1, 2, 3] as const;
const HEAP_MEGABYTES = 256;
const WANTED = [{ name: 'kafka', kind: 'kafka', extra: false }] as const;
const LOCAL = { origins: ['local'], say: () => undefined } as const;

const PROPERTIES = {
  'default.replication.factor': '3',
  'min.insync.replicas': '2',
  'offsets.topic.replication.factor': '3',
  // A killed broker's partitions get their new leaders after this.
  'broker.session.timeout.ms': '3000',
  'leader.imbalance.check.interval.seconds': '3600',
} as const;

export interface KafkaCluster {
  /** Bootstrap addresses of all brokers. */
  readonly brokers: string[];
  /** The same by a way of their own, for a client whose network is worse than the others': what they lead through. */
  readonly detours: readonly {
    readonly nodeId: number;
    readonly port: number;
    readonly upstreamPort: number;
  }[];
  /** By node id, 1–3. */
  node(id: number): ServiceHandle;
  stop(): Promise<void>;
}

/** Resolves when all three brokers answer and know each other. */
export async function startKafkaCluster(): Promise<KafkaCluster> {
  const { artifacts, java } = await chooseOrigins(WANTED, LOCAL);
  await prepareArtifacts(artifacts, (line) => {
    console.log(`services: ${line}`);
  });
  const ports = await findFreePorts(NODES.length * 4);
  const port = (at: number): string => `127.0.0.1:${String(ports[at])}`;
  const clusterId = newClusterId();
  const addresses = NODES.map((_, at) => port(at));
  const controllers = NODES.map((_, at) => port(NODES.length + at));
  const detours = NODES.map((nodeId, at) => ({
    nodeId,
    port: ports[NODES.length * 2 + at] ?? 0,
    upstreamPort: ports[NODES.length * 3 + at] ?? 0,
  }));
  const voters = NODES.map((id, at) => `${String(id)}@${controllers[at] ?? ''}`).join(',');

  const startNode = (id: number, at: number): Promise<ServiceHandle> => {
    const address = addresses[at] ?? '';
    return startLocalService({
      name: `kafka-${String(id)}`,
      kind: 'kafka',
      portCount: 0,
      async plan(directory) {
        const settings = {
          ...kafkaProperties({ properties: PROPERTIES }),
          'node.id': String(id),
          'controller.quorum.voters': voters,
          listeners: `PLAINTEXT://${address},CONTROLLER://${controllers[at] ?? ''},DETOUR://${port(NODES.length * 3 + at)}`,
          'advertised.listeners': `PLAINTEXT://${address},DETOUR://${port(NODES.length * 2 + at)}`,
          'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,DETOUR:PLAINTEXT',
        };
        return planBroker({ directory, address, settings, clusterId, java, heapMegabytes: HEAP_MEGABYTES });
      },
    });
  };

  const started = await Promise.allSettled(NODES.map(startNode));
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
    detours,
    node(id) {
      const node = nodes[id - 1];
      if (node === undefined) throw new Error(`no broker ${String(id)}`);
      return node;
    },
    stop,
  };
}
