/**
 * Connections to Redis. One for commands fails fast. Nothing is queued while Redis is away. The driver never repeats a
 * command: whoever wants a transition repeats it. No reply is waited for longer than the command's limit. One for the
 * queue's worker waits without end, as BullMQ needs. Both reconnect for ever, with growing pauses and jitter, and never
 * throw out of an event.
 *
 * Neither asks INFO before it counts as ready, as the driver would: many users may not run it, and without it would
 * never be ready. A server that is loading its data says so in every reply.
 */
import { Cluster, Redis } from 'ioredis';
import { judgeRedisReply } from './redis-failure.ts';
import { parseHostPort } from '../runtime/address.ts';
import { backoffMs, type Backoff } from '../runtime/backoff.ts';
import { within } from '../runtime/deadline.ts';
import { shortError } from '../runtime/error-text.ts';
import type { Logger } from '../runtime/logger.ts';
import { commandName } from './scripts/command-name.ts';

export type RedisClient = Redis | Cluster;

export const isCluster = (client: RedisClient): client is Cluster => client instanceof Cluster;

export interface Sentinels {
  /** `host:port` each; an IPv6 host in brackets. */
  readonly addresses: readonly string[];
  /** Of the master, as the sentinels know it. */
  readonly name: string;
}

export interface RedisConnectionOptions {
  /** `redis://` or `rediss://`, with user, password and database where needed. */
  readonly url: string;
  /** True for a Redis Cluster; the URL then names one of its nodes. */
  readonly cluster: boolean;
  /** Who is asked for the master's address, in place of the URL's host. */
  readonly sentinels?: Sentinels | undefined;
  /** `commands` fails fast; `worker` waits for ever. */
  readonly purpose: 'commands' | 'worker';
  /** Ms; longest wait for a reply of a `commands` connection. Default 1500. */
  readonly commandTimeoutMs?: number;
  readonly connectTimeoutMs?: number;
  /** Shown in `CLIENT LIST`. */
  readonly name?: string;
  readonly logger: Logger;
  /** Why it was lost or refused, in Redis's or the network's words; undefined once it stands. Must not throw. */
  readonly onUnavailable?: (reason: string | undefined) => void;
  /** It has answered as a read-only replica, and is left: whoever leads to it now may lead elsewhere. Must not throw. */
  readonly onDemoted?: () => void;
}

const COMMAND_TIMEOUT_MS = 1500;
const CONNECT_TIMEOUT_MS = 5000;
const RECONNECT: Backoff = { firstMs: 100, longestMs: 3000 };
/** Three times the longest blocking read of a worker: a connection silent for longer is dead. */
const WORKER_SILENCE_MS = 30_000;
/** What was sent and is not answered by then never is: its host may be gone without a word. */
const COMMANDS_SILENCE_MS = 10_000;
/** Where a demoted server is all that can be reached, it is asked again this often at most. */
const LEAVE_EVERY_MS = 1000;

/** Opens at once and in the background; never throws for a Redis that is away. */
export function openRedis(options: RedisConnectionOptions): RedisClient {
  const client = options.cluster
    ? openCluster(options)
    : new Redis(options.url, { ...perNode(options), ...bySentinels(options) });
  reportState(client, options);
  return client;
}

/**
 * The sentinels' word for who is master, asked at each connection. The driver's own watch over them stays off: it writes
 * to stderr whenever one of them is away. A master that is gone or demoted is noticed without it.
 */
function bySentinels({ sentinels, url, connectTimeoutMs = CONNECT_TIMEOUT_MS }: RedisConnectionOptions) {
  if (sentinels === undefined) return {};
  return {
    name: sentinels.name,
    sentinels: sentinels.addresses.map(parseHostPort),
    sentinelRetryStrategy: reconnectPause,
    sentinelCommandTimeout: connectTimeoutMs,
    ...(isTls(url) && { enableTLSForSentinelMode: true, tls: {}, sentinelTLS: {} }),
  };
}

function openCluster(options: RedisConnectionOptions): Cluster {
  const { retryStrategy, enableOfflineQueue, ...redisOptions } = perNode(options);
  return new Cluster([options.url], {
    redisOptions,
    enableOfflineQueue,
    // Slots are followed as they are: whoever asks for one that nobody serves is told.
    enableReadyCheck: false,
    enableAutoPipelining: options.purpose === 'commands',
    clusterRetryStrategy: retryStrategy,
    // A managed cluster's certificate is for its nodes' names, so they stay names.
    ...(isTls(options.url) && { dnsLookup: keepName }),
  });
}

function keepName(address: string, done: (error: null, address: string) => void): void {
  done(null, address);
}

function perNode(options: RedisConnectionOptions) {
  const shared = {
    connectTimeout: options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
    retryStrategy: reconnectPause,
    enableReadyCheck: false,
    // Whoever is subscribed does it again: a refusal would be heard by nobody, and end the process.
    autoResubscribe: false,
    reconnectOnError: leaveDemoted(options.onDemoted),
    ...(options.name !== undefined && { connectionName: options.name }),
    ...(options.cluster && isTls(options.url) && { tls: {} }),
    ...(options.cluster && credentialsOf(options.url)),
  };
  if (options.purpose === 'worker') {
    return {
      ...shared,
      maxRetriesPerRequest: null,
      enableOfflineQueue: true,
      socketTimeout: WORKER_SILENCE_MS,
    };
  }
  return {
    ...shared,
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    socketTimeout: COMMANDS_SILENCE_MS,
    enableAutoPipelining: !options.cluster,
    // Batches already: a pipeline of one would cost another turn of the event loop, and 40 µs.
    autoPipeliningIgnoredCommands: [commandName('recall')],
    commandTimeout: options.commandTimeoutMs ?? COMMAND_TIMEOUT_MS,
  };
}

/** A failover may leave us on a replica. What it says stands anywhere in the text where a script was refused. */
function leaveDemoted(onDemoted: RedisConnectionOptions['onDemoted']): (error: Error) => boolean {
  let leftAtMs = -Infinity;
  return ({ message }) => {
    if (!/(?:^|[ -])READONLY /.test(message)) return false;
    onDemoted?.();
    const nowMs = performance.now();
    if (nowMs - leftAtMs < LEAVE_EVERY_MS) return false;
    leftAtMs = nowMs;
    return true;
  };
}

/** A cluster's further nodes are found by address alone: they want the credentials of the first one's URL. */
function credentialsOf(url: string): { readonly username?: string; readonly password?: string } {
  const { username, password } = new URL(url);
  return {
    ...(username !== '' && { username: decodeURIComponent(username) }),
    ...(password !== '' && { password: decodeURIComponent(password) }),
  };
}

function isTls(url: string): boolean {
  return url.startsWith('rediss:');
}

/** @returns ms before the next try: 100 ms growing to 3 s, jittered by half. */
export function reconnectPause(times: number): number {
  return Math.round(backoffMs(times, RECONNECT));
}

/** A cluster's client says only that no node has answered, and keeps what the last of them said. */
function reasonOf(error: Error): unknown {
  return Reflect.get(error, 'lastNodeError') ?? error;
}

const misfits = new WeakMap<RedisClient, string>();

/** @returns why what answers is no Redis that this connection could be used with; undefined where it is, or is away. */
export function misfitOf(client: RedisClient): string | undefined {
  return misfits.get(client);
}

/** Keeps what a reply to the connection's own beginning says of the configuration, until it begins anew. */
function noteMisfit(client: RedisClient, reason: unknown): void {
  if (!(reason instanceof Error) || reason.name !== 'ReplyError') return;
  // A cluster's own client asks for its slots only: a server that does not follow it says why there.
  const { kind, meaning } = judgeRedisReply(reason.message, false);
  if (kind === 'misconfigured') misfits.set(client, `${meaning}: ${shortError(reason)}`);
  const command: unknown = Reflect.get(reason, 'command');
  const isSelect =
    typeof command === 'object' && command !== null && Reflect.get(command, 'name') === 'select';
  // The driver would go on in database 0, which is somebody else's.
  if (isSelect) client.disconnect(true);
}

/** An unheard `error` event would end the process; a repeated one is said once an outage. */
function reportState(client: RedisClient, { logger, purpose, onUnavailable }: RedisConnectionOptions): void {
  let away = false;
  client.on('error', (error: Error) => {
    const reason = shortError(reasonOf(error));
    noteMisfit(client, reasonOf(error));
    onUnavailable?.(reason);
    if (!away) logger.warn({ purpose, error: reason }, 'redis connection lost or refused');
    away = true;
  });
  client.on('connect', () => misfits.delete(client));
  client.on('ready', () => {
    onUnavailable?.(undefined);
    if (away) logger.info({ purpose }, 'redis is back');
    away = false;
  });
}

/**
 * Ends the connection: politely where the server answers within `timeoutMs` (default 1000), else at once.
 * Never rejects.
 */
export async function closeRedis(client: RedisClient, timeoutMs = 1000): Promise<void> {
  if (client.status === 'end') return;
  if (client.status === 'ready') {
    const quit = client.quit().catch(() => undefined);
    await within(quit, { limitMs: timeoutMs });
  }
  client.disconnect();
}
