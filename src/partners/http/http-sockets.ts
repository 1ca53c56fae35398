/**
 * Sockets to one partner: a bounded number, one request a socket. Each is an undici Client, which connects when it is
 * first needed and again whenever it has to. The last used comes first, so what a quiet hour doesn't need closes by
 * itself. This saves some µs of every call beside undici's Pool, which searches its clients from the first on and hears
 * of every event of each.
 *
 * As in the Pool, a socket is free again only once the event loop has turned. A server may close it right behind its
 * answer, unannounced, and the next request on it would fail.
 */
import { buildConnector, Client, type Dispatcher } from 'undici';
import { throughProxy } from './proxy-connector.ts';
import type { Proxy } from './proxy.ts';

/** Hears from undici what becomes of its request, and keeps the socket that carries it. */
export interface SocketUser extends Dispatcher.DispatchHandler {
  /** Set and cleared here. */
  socket: Client | undefined;
  /** True once nobody waits for its answer any more: it needs no socket then. */
  isOver(): boolean;
  /** It will get no socket. */
  fail(error: Error): void;
}

/** Headers are names and values in turn. */
export type HttpRequest = Omit<Dispatcher.DispatchOptions, 'headers'> & { readonly headers?: string[] };

export interface HttpSockets {
  /** Sends the request over a free socket, as soon as there is one: first come, first served. Never throws. */
  dispatch(request: HttpRequest, user: SocketUser): void;
  /** To be called when undici has told the user its request's end or error: until then its socket may be busy. */
  release(user: SocketUser): void;
  /** Whatever is out or waits fails, and so does what comes later. */
  close(): Promise<void>;
}

interface PendingRequest {
  readonly request: HttpRequest;
  readonly user: SocketUser;
}

export type SocketOptions = Omit<Client.Options, 'allowH2' | 'pipelining' | 'connect' | 'connectTimeout'> & {
  /** For connecting and the TLS handshake, ms. */
  readonly connectTimeout: number;
  /** Undefined: the partner is reached directly. */
  readonly proxy?: Proxy | undefined;
};

/** @param count most sockets, ≥ 1. */
export function createHttpSockets(origin: string, count: number, socketOptions: SocketOptions): HttpSockets {
  const { proxy, ...options } = socketOptions;
  const http1 = { allowH2: false, pipelining: 1 };
  // One for all of them, as in the Pool: a TLS session that one has made serves the next one's handshake.
  const direct = buildConnector({ allowH2: false, timeout: options.connectTimeout });
  const connector = proxy === undefined ? direct : throughProxy(proxy, direct, options.connectTimeout);
  /** Asked of the proxy where it carries plain HTTP. */
  const wholeUrls = proxy !== undefined && !origin.startsWith('https:') ? proxy : undefined;
  const clients: Client[] = [];
  const free: Client[] = [];
  /** Released in this turn of the event loop. */
  let resting: Client[] = [];
  let waiting: PendingRequest[] = [];
  let isClosed = false;

  function connect(): Client | undefined {
    if (clients.length >= count) return undefined;
    const client = new Client(origin, { ...options, ...http1, connect: connector });
    clients.push(client);
    return client;
  }

  function nextWaiting(): PendingRequest | undefined {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      if (!next.user.isOver()) return next;
    }
    return undefined;
  }

  function send(client: Client, request: HttpRequest, user: SocketUser): void {
    user.socket = client;
    client.dispatch(wholeUrls === undefined ? request : asWholeUrl(request, origin, wholeUrls), user);
  }

  function wake(): void {
    const rested = resting;
    resting = [];
    for (const client of rested) {
      const next = nextWaiting();
      if (next === undefined) free.push(client);
      else send(client, next.request, next.user);
    }
  }

  return {
    dispatch(request, user) {
      if (isClosed) {
        user.fail(new Error('the sockets are closed'));
        return;
      }
      const client = free.pop() ?? connect();
      if (client === undefined) waiting.push({ request, user });
      else send(client, request, user);
    },
    release(user) {
      const client = user.socket;
      if (client === undefined) return;
      user.socket = undefined;
      if (resting.length === 0) setImmediate(wake);
      resting.push(client);
    },
    async close() {
      isClosed = true;
      const given = waiting;
      waiting = [];
      for (const { user } of given) user.fail(new Error('the sockets are closed'));
      await Promise.all(clients.map((client) => client.destroy()));
    },
  };
}

function asWholeUrl(request: HttpRequest, origin: string, { authorization }: Proxy): HttpRequest {
  const login = authorization === undefined ? [] : ['proxy-authorization', authorization];
  return { ...request, path: `${origin}${request.path}`, headers: [...(request.headers ?? []), ...login] };
}
