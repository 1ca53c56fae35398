/** Apache Kafka as one JVM, broker and controller in one (KRaft), from its Maven jars. */
import { kafkaProperties, newClusterId, planBroker } from './broker-plan.ts';
import { classFlags } from './kafka-classes.ts';
import type { LocalServiceSpec } from './local-service.ts';
import type { KafkaOptions } from './options.ts';

/** `java` is the path of a Java 17 or newer. */
export function localKafka(options: KafkaOptions, java: string): LocalServiceSpec {
  return {
    name: 'kafka',
    kind: 'kafka',
    portCount: 2,
    async plan(directory, [port, controllerPort]) {
      const address = `127.0.0.1:${String(port)}`;
      const controller = `127.0.0.1:${String(controllerPort)}`;
      const detours = (options.detours ?? []).map((detour, at) => ({
        name: `DETOUR${String(at + 1)}`,
        ...detour,
      }));
      const properties = kafkaProperties(options);
      const settings = {
        ...properties,
        'controller.quorum.voters': `1@${controller}`,
        'listener.security.protocol.map': [
          properties['listener.security.protocol.map'],
          ...detours.map(({ name }) => `${name}:PLAINTEXT`),
        ].join(','),
        listeners: [
          `PLAINTEXT://${address},CONTROLLER://${controller}`,
          ...detours.map((detour) => `${detour.name}://127.0.0.1:${String(detour.port)}`),
        ].join(','),
        'advertised.listeners': [
          `PLAINTEXT://${address}`,
          ...detours.map((detour) => `${detour.name}://127.0.0.1:${String(detour.advertisedPort)}`),
        ].join(','),
      };
      return planBroker({
        ...{ directory, address, settings, java, clusterId: newClusterId() },
        classFlags: await classFlags(java),
        heapMegabytes: 640,
      });
    },
  };
}
