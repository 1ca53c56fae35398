/**
 * A broker that lets pods in by TLS only, as managed ones do: by a password, by a token that it checks with Kafka's own
 * validator, or, on a listener of its own, by a client certificate. A test's own clients use the listener that is open.
 */
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { artifactDirectory, prepareArtifacts } from '../../simulation/services/artifacts.ts';
import { chooseOrigins } from '../../simulation/services/choose-origins.ts';
import {
  kafkaProperties,
  newClusterId,
  planBroker,
  QUICK_JVM_FLAGS,
} from '../../simulation/services/broker-plan.ts';
import { classFlags } from '../../simulation/services/kafka-classes.ts';
import { startLocalService } from '../../simulation/services/local-service.ts';
import type { ServiceHandle } from '../../simulation/services/service.ts';
import { makeCertificate, type Certificate } from '../tls/certificates.ts';

const run = promisify(execFile);

const HEAP_MEGABYTES = 384;
/** The names of the listeners for pods: by a login, and by a client certificate. */
const LISTENER = 'SECURE';
const MUTUAL = 'MUTUAL';

type ScramMechanism = 'SCRAM-SHA-256' | 'SCRAM-SHA-512';

export interface SecureKafka {
  /** `host:port` without encryption or login, for the test itself. */
  readonly openAddress: string;
  /** `host:port` for pods. */
  readonly address: string;
  /** `host:port` for pods with a certificate that `clientAuthority` vouches for. */
  readonly mutualAddress: string;
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
  /** PEM: who vouches for clients' certificates. */
  readonly clientAuthority: string;
  /** Whose tokens log in (JSON Web Key Set). */
  readonly tokenKeys: string;
  /** Who may log in by PLAIN; those of SCRAM are made later. */
  readonly plainUser: { readonly name: string; readonly password: string };
  /** Ms after which the broker wants to see the password again on a connection that lives on. */
  readonly reauthenticateMs: number;
  /** More settings of the broker. */
  readonly properties?: Readonly<Record<string, string>>;
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
  const trustFile = join(options.directory, 'clients.pem');
  const keySetFile = join(options.directory, 'token-keys.json');
  await writeFile(trustFile, options.clientAuthority);
  await writeFile(keySetFile, options.tokenKeys);
  const keySetUrl = pathToFileURL(keySetFile).href;
  let secureAddress = '';
  let mutualAddress = '';
  const broker = await startLocalService({
    name: 'secure-kafka',
    kind: 'kafka',
    portCount: 4,
    async plan(directory, ports) {
      const [open = '', controller = '', secure = '', mutual = ''] = ports.map(
        (port) => `127.0.0.1:${String(port)}`,
      );
      secureAddress = secure;
      mutualAddress = mutual;
      const settings = {
        ...kafkaProperties({
          properties: {
            ...listenerProperties(certificate, options),
            ...tlsProperties(`listener.name.${MUTUAL.toLowerCase()}`, certificate),
            [`listener.name.${MUTUAL.toLowerCase()}.ssl.client.auth`]: 'required',
            [`listener.name.${MUTUAL.toLowerCase()}.ssl.truststore.type`]: 'PEM',
            [`listener.name.${MUTUAL.toLowerCase()}.ssl.truststore.location`]: trustFile,
            'sasl.oauthbearer.jwks.endpoint.url': keySetUrl,
            // Kafka 4.1's default checks no signature.
            'sasl.oauthbearer.jwt.validator.class':
              'org.apache.kafka.common.security.oauthbearer.BrokerJwtValidator',
            ...options.properties,
          },
        }),
        'controller.quorum.voters': `1@${controller}`,
        listeners: `PLAINTEXT://${open},CONTROLLER://${controller},${LISTENER}://${secure},${MUTUAL}://${mutual}`,
        'advertised.listeners': `PLAINTEXT://${open},${LISTENER}://${secure},${MUTUAL}://${mutual}`,
      };
      return planBroker({
        ...{ directory, settings, java, address: open, clusterId: newClusterId() },
        classFlags: await classFlags(java),
        heapMegabytes: HEAP_MEGABYTES,
        jvmFlags: [`-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls=${keySetUrl}`],
      });
    },
  });
  return {
    openAddress: broker.address,
    address: secureAddress,
    mutualAddress,
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
    'listener.security.protocol.map': `CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,${LISTENER}:SASL_SSL,${MUTUAL}:SSL`,
    ...tlsProperties(of, certificate),
    [`${of}.sasl.enabled.mechanisms`]: 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER',
    [`${of}.oauthbearer.sasl.jaas.config`]: `${module}.oauthbearer.OAuthBearerLoginModule required;`,
    [`${of}.oauthbearer.sasl.server.callback.handler.class`]: `${module}.oauthbearer.OAuthBearerValidatorCallbackHandler`,
    [`${of}.plain.sasl.jaas.config`]: `${module}.plain.PlainLoginModule required user_${plainUser.name}="${plainUser.password}";`,
    [`${of}.scram-sha-256.sasl.jaas.config`]: login,
    [`${of}.scram-sha-512.sasl.jaas.config`]: login,
    'connections.max.reauth.ms': String(reauthenticateMs),
  };
}

function tlsProperties(of: string, certificate: Certificate): Record<string, string> {
  return {
    [`${of}.ssl.keystore.type`]: 'PKCS12',
    [`${of}.ssl.keystore.location`]: certificate.keyStore,
    [`${of}.ssl.keystore.password`]: certificate.password,
    [`${of}.ssl.key.password`]: certificate.password,
  };
}
