/**
 * A Kafka cluster of three brokers on this machine, for tests of what only several brokers can do, and a second way to
 * each of them for one client whose network is worse than the others'. A machine without Java or Kafka's jars is named,
 * see local-obstacle.ts.
 */
import { findFreePorts } from '../../simulation/services/free-ports.ts';
import { BROKER_IDS, startLocalKafkaCluster } from '../../simulation/services/local-kafka-cluster.ts';
import type { ServiceHandle } from '../../simulation/services/service.ts';

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
  const ports = await findFreePorts(BROKER_IDS.length * 2);
  const detours = BROKER_IDS.map((nodeId, at) => ({
    nodeId,
    port: ports[at] ?? 0,
    upstreamPort: ports[BROKER_IDS.length + at] ?? 0,
  }));
  const { brokers, node, stop } = await startLocalKafkaCluster({
    // Of what is written beside an offset; 4096 by default.
    properties: { 'offset.metadata.max.bytes': '100' },
    say: (line) => {
      console.log(`services: ${line}`);
    },
    detours: [
      detours.map(({ nodeId, port, upstreamPort }) => ({
        broker: nodeId,
        advertisedPort: port,
        port: upstreamPort,
      })),
    ],
  });
  return { brokers: [...brokers], detours, node, stop };
}
