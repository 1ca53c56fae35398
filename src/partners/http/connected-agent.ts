/**
 * An HTTP agent that hands a socket to a request only once it is connected (and its TLS handshake done). So a
 * request's `socket` event means: from here on bytes may reach the partner; every failure before it was surely
 * before. Node's own agent hands out sockets that are still connecting, and writes as soon as they are.
 *
 * A socket that ends while its request has no answer is reset, whatever ended it: the kernel then drops what it has not
 * delivered. Closed in the ordinary way it would go on sending for minutes, and deliver when the link heals.
 *
 * Through a proxy it is connected once the way to the partner stands: behind the tunnel's TLS handshake, or, where the
 * proxy is asked for whole URLs, once the proxy is reached.
 *
 * Idle sockets are kept shortly, the last used first: a partner seldom closes one just as we write.
 */
import { Agent as HttpAgent, type AgentOptions, type ClientRequest } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { connect as connectTcp, type NetConnectOpts, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { HostPort } from '../../runtime/address.ts';
import { openTunnel, type Proxy } from './proxy.ts';

export interface ConnectedAgentOptions {
  /** For name, connection and TLS handshake together, ms. */
  readonly connectTimeoutMs: number;
  /** How long an unused socket is kept, ms; default 4000, below a server's usual 5 s. */
  readonly keepAliveMs?: number;
  /** Undefined: the partner is reached directly. */
  readonly proxy?: Proxy | undefined;
}

type Connected = (error: Error | null, socket?: Duplex) => void;

const KEEP_ALIVE_MS = 4000;

export interface ConnectedAgent {
  /** As got takes it. */
  readonly agent: { readonly http: HttpAgent } | { readonly https: HttpsAgent };
  /**
   * A request is about to be written to this socket of the agent. Until the returned function is called (it is
   * answered), whatever ends the socket resets it.
   */
  carry(socket: Duplex): () => void;
  /** Closes every socket: idle, in use, and still connecting. */
  close(): void;
}

/** @param protocol `https:` or anything else for plain HTTP. */
export function createConnectedAgent(protocol: string, options: ConnectedAgentOptions): ConnectedAgent {
  const settings: AgentOptions = {
    keepAlive: true,
    scheduling: 'lifo',
    timeout: options.keepAliveMs ?? KEEP_ALIVE_MS,
  };
  const https = protocol === 'https:' ? new HttpsAgent(settings) : undefined;
  const agent = https ?? new HttpAgent(settings);
  const secure = https?.createConnection.bind(https);
  const { proxy } = options;
  if (proxy !== undefined && https === undefined) askForWholeUrls(agent, proxy);
  const connecting = new Set<Socket>();
  /** The request that a socket carries and that has no answer yet. */
  const unanswered = new WeakMap<Duplex, object>();

  agent.createConnection = (target, callback) => {
    const done = callback as Connected;
    const tcp = connectTcp(
      proxy === undefined ? (target as NetConnectOpts) : { host: proxy.host, port: proxy.port },
    );
    connecting.add(tcp);
    let current = tcp;
    const timer = setTimeout(() => {
      const error = new Error(`not connected in ${options.connectTimeoutMs} ms`);
      current.destroy(Object.assign(error, { code: 'ETIMEDOUT' }));
    }, options.connectTimeoutMs);
    const settle = (error: Error | null): void => {
      clearTimeout(timer);
      connecting.delete(tcp);
      if (error !== null) {
        tcp.destroy();
        done(error);
        return;
      }
      resetWhereUnanswered(current, tcp);
      done(null, current);
    };
    whenReady(tcp, 'connect', (error) => {
      if (error !== null || secure === undefined) {
        settle(error);
        return;
      }
      const handshake = (): void => {
        // The TCP socket is ours, as only it can be reset.
        const over = { ...target, socket: tcp };
        current = secure(over) as Socket;
        whenReady(current, 'secureConnect', settle);
      };
      if (proxy === undefined) handshake();
      else openTunnel(tcp, addressOf(target as NetConnectOpts), proxy).then(handshake, settle);
    });
    // Nothing yet: the agent waits for the callback.
    return undefined;
  };

  function resetWhereUnanswered(socket: Socket, tcp: Socket): void {
    const destroy = socket.destroy.bind(socket);
    socket.destroy = (error) => {
      if (unanswered.delete(socket)) {
        // Where they are one, the reset ends the socket by this very function: with the error that it is ended for.
        if (tcp === socket) socket.destroy = () => destroy(error);
        tcp.resetAndDestroy();
      }
      return destroy(error);
    };
  }

  return {
    agent: https === undefined ? { http: agent } : { https },
    carry(socket) {
      const request = {};
      unanswered.set(socket, request);
      return () => {
        // A kept socket may carry the next request already.
        if (unanswered.get(socket) === request) unanswered.delete(socket);
      };
    },
    close() {
      for (const socket of connecting) socket.destroy();
      agent.destroy();
    },
  };
}

/** Where a request wants to go. */
function addressOf(target: NetConnectOpts): HostPort {
  const { host = '', port = 0 } = target as Partial<HostPort>;
  return { host, port };
}

/** A request's line is not written before it has a socket; until then node's own agents may still change it. */
function askForWholeUrls(agent: HttpAgent, proxy: Proxy): void {
  const addRequest = Reflect.get(agent, 'addRequest') as (request: ClientRequest, options: object) => void;
  Reflect.set(agent, 'addRequest', (request: ClientRequest, options: object) => {
    request.path = `http://${String(request.getHeader('host'))}${request.path}`;
    if (proxy.authorization !== undefined) request.setHeader('proxy-authorization', proxy.authorization);
    addRequest.call(agent, request, options);
  });
}

function whenReady(socket: Socket, event: string, done: (error: Error | null) => void): void {
  const onReady = (): void => settle(null);
  const onClose = (): void =>
    settle(Object.assign(new Error('closed while connecting'), { code: 'ECONNRESET' }));

  function settle(error: Error | null): void {
    socket.off(event, onReady);
    socket.off('error', settle);
    socket.off('close', onClose);
    // Between here and the request's own listener an error must not end the process.
    socket.on('error', ignore);
    done(error);
  }

  socket.once(event, onReady);
  socket.once('error', settle);
  socket.once('close', onClose);
}

function ignore(): void {
  // The request that uses the socket hears of it by listeners of its own.
}
