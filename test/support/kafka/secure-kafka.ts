/**
 * A broker that lets pods in by TLS and a password only, as managed ones do, with every mechanism that the service
 * knows. A test's own clients use its other listener, which is open.
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { artifactDirectory, prepareArtifacts } from '../../simulation/services/artifacts.ts';
import { chooseOrigins } from '../../simulation/services/choose-origins.ts';
import {
  kafkaProperties,
  newClusterId,
  planBroker,
  QUICK_JVM_FLAGS,
} from '../../simulation/services/local-kafka.ts';
import { startLocalService } from '../../simulation/services/local-service.ts';
import type { ServiceHandle } from '../../simulation/services/service.ts';
import { makeCertificate, type Certificate } from '../tls/certificates.ts';

const run = promisify(execFile);

const HEAP_MEGABYTES = 384;
/** The name of the listener for pods. */
const LISTENER = 'SECURE';

type ScramMechanism = 'SCRAM-SHA-256' | 'SCRAM-SHA-512';

export interface SecureKafka {
  /** `host:port` without encryption or login, for the test itself. */
  readonly openAddress: string;
  /** `host:port` for pods. */
  readonly address: string;
  /** What the broker shows its clients. */
  readonly certificate: Certificate;
  readonly broker: ServiceHandle;
  /** The user exists from now on, or has another password. Default: SCRAM-SHA-256, each has passwords of its own. */
  setScramPassword(user: string, password: string, mechanism?: ScramMechanism): Promise<void>;
  stop(): Promise<void>;
}

export interface SecureKafkaOptions {
  /** Existing; the certificate goes there. */
  readonly directory: string;
  /** Who may log in by PLAIN; those of SCRAM are made later. */
  readonly plainUser: { readonly name: string; readonly password: string };
  /** Ms after which the broker wants to see the password again on a connection that lives on. */
  readonly reauthenticateMs: number;
}

/** Needs Java and Kafka's jars; a machine without them is named, see local-obstacle.ts. */
export async function startSecureKafka(options: SecureKafkaOptions): Promise<SecureKafka> {
  const { artifacts, java } = await chooseOrigins([{ name: 'kafka', kind: 'kafka', extra: false }], {
    origins: ['local'],
    say: () => undefined,
  });
  await prepareArtifacts(artifacts, (line) => {
    console.log(`services: ${line}`);
  });
  const certificate = await makeCertificate(options.directory, 'broker', java);
  let secureAddress = '';
  const broker = await startLocalService({
    name: 'secure-kafka',
    kind: 'kafka',
    portCount: 3,
    plan(directory, ports) {
      const [open = '', controller = '', secure = ''] = ports.map((port) => `127.0.0.1:${String(port)}`);
      secureAddress = secure;
      const settings = {
        ...kafkaProperties({ properties: listenerProperties(certificate, options) }),
        'controller.quorum.voters': `1@${controller}`,
        listeners: `PLAINTEXT://${open},CONTROLLER://${controller},${LISTENER}://${secure}`,
        'advertised.listeners': `PLAINTEXT://${open},${LISTENER}://${secure}`,
      };
      return planBroker({
        ...{ directory, settings, java, address: open, clusterId: newClusterId() },
        heapMegabytes: HEAP_MEGABYTES,
      });
    },
  });
  return {
    openAddress: broker.address,
    address: secureAddress,
    certificate,
    broker,
    async setScramPassword(user, password, mechanism = 'SCRAM-SHA-256') {
      await run(java, [
        ...[...QUICK_JVM_FLAGS, '-cp', join(artifactDirectory('kafka'), '*')],
        ...['kafka.admin.ConfigCommand', '--bootstrap-server', broker.address, '--alter'],
        ...[
          '--entity-type',
          'users',
          '--entity-name',
          user,
          '--add-config',
          `${mechanism}=[password=${password}]`,
        ],
      ]);
    },
    stop: () => broker.stop(),
  };
}

function listenerProperties(
  certificate: Certificate,
  { plainUser, reauthenticateMs }: SecureKafkaOptions,
): Record<string, string> {
  const of = `listener.name.${LISTENER.toLowerCase()}`;
  const module = 'org.apache.kafka.common.security';
  const login = `${module}.scram.ScramLoginModule required;`;
  return {
    'listener.security.protocol.map': `CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,${LISTENER}:SASL_SSL`,
    [`${of}.ssl.keystore.type`]: 'PKCS12',
    [`${of}.ssl.keystore.location`]: certificate.keyStore,
    [`${of}.ssl.keystore.password`]: certificate.password,
    [`${of}.ssl.key.password`]: certificate.password,
    [`${of}.sasl.enabled.mechanisms`]: 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
    [`${of}.plain.sasl.jaas.config`]: `${module}.plain.PlainLoginModule required user_${plainUser.name}="${plainUser.password}";`,
    [`${of}.scram-sha-256.sasl.jaas.config`]: login,
    [`${of}.scram-sha-512.sasl.jaas.config`]: login,
    'connections.max.reauth.ms': String(reauthenticateMs),
  };
}
