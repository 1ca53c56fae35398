/**
 * How one broker's process is run: its settings, its JVM, its directory.
 *
 * Set for tests: groups form at once, internal topics are small and single, topics are created only when asked
 * for, and records of 64 MiB and more pass. The heap is bounded and the JVM is told to start fast rather than to
 * become fast.
 */
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { artifactDirectory } from './artifacts.ts';
import type { LaunchPlan } from './local-service.ts';
import type { KafkaOptions } from './options.ts';
import { probeKafka } from './readiness.ts';

/** The largest record batch: a record at the service's default MAX_RECORD_BYTES (64 MiB) with room for its frame. */
const MAX_MESSAGE_BYTES = 80 * 1024 * 1024;

export const QUICK_JVM_FLAGS = ['-XX:TieredStopAtLevel=1', '-Xshare:auto', '-XX:+UseSerialGC'] as const;

/** Broker settings common to every way of running Kafka; `properties` win. */
export function kafkaProperties({ properties = {} }: KafkaOptions): Record<string, string> {
  return {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
    // A killed broker may register again only when its old session has ended (9 s by default).
    'broker.session.timeout.ms': '4000',
    'broker.heartbeat.interval.ms': '500',
    'group.initial.rebalance.delay.ms': '0',
    'offsets.topic.replication.factor': '1',
    'offsets.topic.num.partitions': '4',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'transaction.state.log.num.partitions': '4',
    'share.coordinator.state.topic.replication.factor': '1',
    'share.coordinator.state.topic.min.isr': '1',
    'auto.create.topics.enable': 'false',
    'message.max.bytes': String(MAX_MESSAGE_BYTES),
    'replica.fetch.max.bytes': String(MAX_MESSAGE_BYTES),
    'socket.request.max.bytes': String(MAX_MESSAGE_BYTES + 20 * 1024 * 1024),
    ...properties,
  };
}

const LOG4J_PROPERTIES = `status = warn
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d %p %c: %m%n
rootLogger.level = warn
rootLogger.appenderRef.console.ref = console
`;

/** One broker's process: where it lives and what it is set to. */
export interface BrokerPlan {
  /** Existing and empty: settings, log and data go here. */
  readonly directory: string;
  /** `host:port` of its clients' listener. */
  readonly address: string;
  /** Beside `log.dirs`, which is added. */
  readonly settings: Readonly<Record<string, string>>;
  /** The same for all brokers of a cluster. */
  readonly clusterId: string;
  /** Path of a Java 17 or newer. */
  readonly java: string;
  /** Where its classes come from, see kafka-classes.ts. */
  readonly classFlags: readonly string[];
  readonly heapMegabytes: number;
  /** Of the broker's own, such as `-Dname=value`. */
  readonly jvmFlags?: readonly string[];
}

export const newClusterId = (): string => randomBytes(16).toString('base64url');

/** Writes the broker's settings and says how to run it. */
export async function planBroker(broker: BrokerPlan): Promise<LaunchPlan> {
  const { directory, address, java } = broker;
  const settings = { ...broker.settings, 'log.dirs': join(directory, 'data') };
  const settingsFile = join(directory, 'server.properties');
  const loggingFile = join(directory, 'log4j2.properties');
  const lines = Object.entries(settings).map(([key, value]) => `${key}=${value.replaceAll('\\', '\\\\')}`);
  await writeFile(settingsFile, `${lines.join('\n')}\n`);
  await writeFile(loggingFile, LOG4J_PROPERTIES);
  const jvm = [
    ...[...QUICK_JVM_FLAGS, ...broker.classFlags, `-Xmx${String(broker.heapMegabytes)}m`],
    ...[`-Dlog4j2.configurationFile=${loggingFile}`, '-cp', join(artifactDirectory('kafka'), '*')],
  ];
  return {
    prepare: {
      command: java,
      // In one word: one id in 64 begins with a dash, and would be taken for an option.
      args: [
        ...jvm,
        'kafka.tools.StorageTool',
        'format',
        `--cluster-id=${broker.clusterId}`,
        '-c',
        settingsFile,
      ],
    },
    command: java,
    args: [...jvm, ...(broker.jvmFlags ?? []), 'kafka.Kafka', settingsFile],
    address,
    env: { KAFKA_BROKERS: address },
    probe: () => probeKafka(address),
  };
}
