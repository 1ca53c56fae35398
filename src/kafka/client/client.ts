/**
 * Makes every kafkajs client, so that consumer, producers and admin agree on time limits and on where their log lines
 * go. kafkajs reads NODE_ENV and environment variables for some defaults: so everything that matters is set here.
 */
import { Kafka, logLevel, type LogEntry } from 'kafkajs';
import { parseHostPort } from '../../runtime/address.ts';
import type { Logger } from '../../runtime/logger.ts';
import { askAnyBroker } from './ask-any-broker.ts';
import { adaptClusters } from './kafkajs-inside.ts';
import { readLeaderless } from './leaderless-metadata.ts';
import { lookBeside } from './metadata-beside.ts';
import { saslOptions, type KafkaLogin } from './login.ts';
import { keepSound } from './sound-connections.ts';

export { brokerErrorType, messageOf } from './broker-error.ts';

/** PEM texts. */
export interface KafkaTls {
  /** The authorities that may vouch for brokers; absent: Node's own. */
  readonly ca?: string;
  /** The client's certificate and its key. */
  readonly cert?: string;
  readonly key?: string;
}

export interface KafkaConnection {
  /** `host:port` each; at least one. */
  readonly brokers: readonly string[];
  readonly clientId: string;
  /** TLS, with Node's own list of authorities and NODE_EXTRA_CA_CERTS where no other is given. Default false: none. */
  readonly ssl?: false | KafkaTls;
  readonly login?: KafkaLogin | undefined;
  /** Default 3000 ms. */
  readonly connectionTimeoutMs?: number;
  /** A request has failed after this long without an answer. Default 15,000 ms; JoinGroup has its own limit. */
  readonly requestTimeoutMs?: number;
}

/** Five tries within about three seconds. Longer waits are the callers’: callers log them and can be stopped. */
const CLIENT_RETRY = {
  initialRetryTime: 100,
  multiplier: 2,
  factor: 0.2,
  maxRetryTime: 1000,
  retries: 4,
} as const;

const AUTHENTICATION_TIMEOUT_MS = 10_000;

export function createKafkaClient(connection: KafkaConnection, logger: Logger): Kafka {
  const seeds = connection.brokers.map(parseHostPort);
  const kafka = new Kafka({
    brokers: [...connection.brokers],
    clientId: connection.clientId,
    ssl: connection.ssl ?? false,
    ...(connection.login !== undefined && { sasl: saslOptions(connection.login) }),
    connectionTimeout: connection.connectionTimeoutMs ?? 3000,
    requestTimeout: connection.requestTimeoutMs ?? 15_000,
    authenticationTimeout: AUTHENTICATION_TIMEOUT_MS,
    enforceRequestTimeout: true,
    retry: CLIENT_RETRY,
    logLevel: logLevel.INFO,
    logCreator: () => (entry) => {
      forward(entry, logger);
    },
  });
  adaptClusters(kafka, (cluster) => {
    const { connectionPoolBuilder } = cluster;
    const build = connectionPoolBuilder.build.bind(connectionPoolBuilder);
    let turn = 0;
    connectionPoolBuilder.build = async (to) => {
      // kafkajs cuts an address at its first colon; `[::1]:9092` has more.
      const pool = await build(to?.host === undefined ? seeds[turn++ % seeds.length] : to);
      keepSound(pool, AUTHENTICATION_TIMEOUT_MS);
      readLeaderless(pool);
      return pool;
    };
    askAnyBroker(cluster, seeds);
    lookBeside(cluster);
  });
  return kafka;
}

/**
 * kafkajs logs as errors what it then retries by itself, and reports every pause. This room’s own lines say what
 * matters to an operator; kafkajs’s come one level lower. Stacks and error objects stay out.
 */
function forward(entry: LogEntry, logger: Logger): void {
  const { message, timestamp: _at, logger: _name, stack: _stack, error, ...details } = entry.log;
  const fields = {
    ...details,
    kafkajs: entry.namespace,
    ...(error === undefined ? {} : { error: typeof error === 'string' ? error : String(error) }),
  };
  // A broker’s refusal (“the group is rebalancing”), which its caller handles or reports.
  const isAnswer = entry.namespace === 'Connection' && message.startsWith('Response ');
  if (entry.level === logLevel.ERROR && !isAnswer) logger.warn(fields, message);
  else if (entry.level === logLevel.WARN && !isAnswer) logger.info(fields, message);
  else logger.debug(fields, message);
}
