/**
 * An HTTP agent that hands a socket to a request only once it is connected (and its TLS handshake done). So a
 * request's `socket` event means: from here on bytes may reach the partner; every failure before it was surely
 * before. Node's own agent hands out sockets that are still connecting, and writes as soon as they are.
 *
 * Idle sockets are kept shortly, the last used first: a partner seldom closes one just as we write.
 */
import { Agent as HttpAgent, type AgentOptions } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

export interface ConnectedAgentOptions {
  /** For name, connection and TLS handshake together, ms. */
  readonly connectTimeoutMs: number;
  /** How long an unused socket is kept, ms; default 4000, below a server's usual 5 s. */
  readonly keepAliveMs?: number;
}

type Connected = (error: Error | null, socket?: Duplex) => void;

const KEEP_ALIVE_MS = 4000;

export interface ConnectedAgent {
  /** As got takes it. */
  readonly agent: { readonly http: HttpAgent } | { readonly https: HttpsAgent };
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
  const connecting = new Set<Socket>();
  const connect = agent.createConnection.bind(agent);
  const event = https === undefined ? 'connect' : 'secureConnect';

  agent.createConnection = (target, callback) => {
    const socket = connect(target) as Socket;
    const done = callback as Connected;
    connecting.add(socket);
    whenConnected(socket, event, options.connectTimeoutMs, (error) => {
      connecting.delete(socket);
      if (error === null) done(null, socket);
      else done(error);
    });
    // Nothing yet: the agent waits for the callback.
    return undefined;
  };
  return {
    agent: https === undefined ? { http: agent } : { https },
    close() {
      for (const socket of connecting) socket.destroy();
      agent.destroy();
    },
  };
}

function whenConnected(
  socket: Socket,
  event: string,
  timeoutMs: number,
  done: (error: Error | null) => void,
): void {
  const timer = setTimeout(
    () => socket.destroy(Object.assign(new Error(`not connected in ${timeoutMs} ms`), { code: 'ETIMEDOUT' })),
    timeoutMs,
  );
  const onConnected = (): void => settle(null);
  const onClose = (): void =>
    settle(Object.assign(new Error('closed while connecting'), { code: 'ECONNRESET' }));

  function settle(error: Error | null): void {
    clearTimeout(timer);
    socket.off(event, onConnected);
    socket.off('error', settle);
    socket.off('close', onClose);
    // Between here and the request's own listener an error must not end the process.
    socket.on('error', ignore);
    done(error);
  }

  socket.once(event, onConnected);
  socket.once('error', settle);
  socket.once('close', onClose);
}

function ignore(): void {
  // The request that uses the socket hears of it by listeners of its own.
}
