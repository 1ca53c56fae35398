/**
 * Ready means that a service answered a real request of its own protocol: an open port is not enough (Kafka
 * listens before its broker is registered, Redis answers LOADING while it reads its data).
 * Each probe resolves or rejects within a few seconds; `pollUntil` repeats it until a deadline.
 */
import { setTimeout as delay } from 'node:timers/promises';

const PROBE_TIMEOUT_MS = 3_000;
const POLL_INTERVAL_MS = 50;

export interface PollOptions {
  readonly timeoutMs: number;
  /** Ends the polling early. */
  readonly signal?: AbortSignal;
}

/**
 * Repeats `probe` until it resolves. Rejects with the last fault after `timeoutMs`, and at once when `signal`
 * aborts; a probe that is under way then is left to its own time limit.
 */
export async function pollUntil(
  probe: () => Promise<void>,
  { timeoutMs, signal }: PollOptions,
): Promise<void> {
  const expiry = AbortSignal.timeout(timeoutMs);
  const end = signal === undefined ? expiry : AbortSignal.any([expiry, signal]);
  const ended = Promise.withResolvers<never>();
  ended.promise.catch(() => undefined); // awaited only in races
  const onEnd = (): void => {
    ended.reject(new Error('no answer yet'));
  };
  end.addEventListener('abort', onEnd, { once: true });
  if (end.aborted) onEnd();
  let last: unknown = new Error('no answer yet');
  try {
    do {
      try {
        await Promise.race([probe(), ended.promise]);
        return;
      } catch (error) {
        if (!end.aborted) last = error;
      }
      await Promise.race([delay(POLL_INTERVAL_MS), ended.promise]).catch(() => undefined);
    } while (!end.aborted);
  } finally {
    end.removeEventListener('abort', onEnd);
  }
  signal?.throwIfAborted();
  const reason = last instanceof Error ? last.message : String(last);
  throw new Error(`no answer within ${String(timeoutMs / 1000)} s (${reason})`, { cause: last });
}

/** Asks for the cluster's description; `env` gives TLS and SASL as the service's own variables do. */
export async function probeKafka(brokers: string, env: NodeJS.ProcessEnv = {}): Promise<void> {
  const { Kafka, logLevel } = await import('kafkajs');
  const username = env['KAFKA_SASL_USERNAME'];
  const admin = new Kafka({
    brokers: brokers.split(',').map((broker) => broker.trim()),
    logLevel: logLevel.NOTHING,
    connectionTimeout: PROBE_TIMEOUT_MS,
    requestTimeout: PROBE_TIMEOUT_MS,
    retry: { retries: 0 },
    ssl: env['KAFKA_SSL'] === 'true',
    ...(username === undefined ? {} : { sasl: readSasl(env, username) }),
  }).admin();
  try {
    await admin.connect();
    const cluster = await admin.describeCluster();
    if (cluster.brokers.length === 0) throw new Error('no broker is registered yet');
  } finally {
    await admin.disconnect();
  }
}

function readSasl(env: NodeJS.ProcessEnv, username: string) {
  const password = env['KAFKA_SASL_PASSWORD'] ?? '';
  const mechanism = (env['KAFKA_SASL_MECHANISM'] ?? 'plain').toLowerCase();
  if (mechanism === 'scram-sha-256') return { mechanism, username, password } as const;
  if (mechanism === 'scram-sha-512') return { mechanism, username, password } as const;
  return { mechanism: 'plain', username, password } as const;
}

/** PING. */
export async function probeRedis(url: string): Promise<void> {
  const { Redis } = await import('ioredis');
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: PROBE_TIMEOUT_MS,
    commandTimeout: PROBE_TIMEOUT_MS,
    enableReadyCheck: false,
    retryStrategy: () => null,
  });
  redis.on('error', () => undefined); // the rejected call tells
  try {
    await redis.connect();
    await redis.ping();
  } finally {
    redis.disconnect();
  }
}

/** HEAD on a bucket, or on the endpoint where `bucket` is undefined (any HTTP answer will do there). */
export async function probeS3(endpoint: string, bucket?: string): Promise<void> {
  const url =
    bucket === undefined ? endpoint : new URL(bucket, endpoint.endsWith('/') ? endpoint : `${endpoint}/`);
  const answer = await fetch(url, { method: 'HEAD', signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) });
  if (bucket !== undefined && !answer.ok) throw new Error(`HEAD ${String(url)}: ${String(answer.status)}`);
}
