/**
 * A scripted HTTP server in this process: each request gets the next behaviour of the script, and the last one
 * for good once the script is empty. It misbehaves as partners do: resets before and after it has read the
 * request, answers that drip, never end, are too large or no HTTP at all.
 */
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { findFreePorts } from '../../simulation/services/free-ports.ts';

export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly atMs: number;
}

export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  readonly delayMs?: number;
}

export type Behaviour =
  | Answer
  /** The connection is reset: before the request's body is read, after it, or in the middle of the answer. */
  | { readonly reset: 'before_reading' | 'after_reading' | 'mid_answer'; readonly status?: number }
  /** Nothing is ever answered. */
  | { readonly silent: true }
  /** A byte every `everyMs`, for ever. */
  | { readonly drip: string; readonly everyMs: number; readonly status?: number }
  /** The body as the network may cut it: each piece goes out on its own. */
  | { readonly pieces: readonly (string | Buffer)[]; readonly headers?: Readonly<Record<string, string>> }
  /** As many bytes as are taken, for ever. */
  | { readonly flood: true; readonly status?: number }
  /** Raw bytes instead of HTTP. */
  | { readonly raw: string | Buffer };

export type Script = Behaviour | ((request: SeenRequest) => Behaviour | Promise<Behaviour>);

export interface HttpStub {
  readonly url: string;
  /** Requests whose body was read, in the order of arrival. */
  readonly requests: SeenRequest[];
  /** From now on: each of these once, then the last for good. */
  script(...behaviours: readonly Script[]): void;
  /** Requests that are being answered now, and the most there were at once. */
  open(): number;
  mostOpen(): number;
  /** Connections now, and ever. */
  sockets(): number;
  socketsEver(): number;
  /** Stops listening and drops every connection: from then on refused, until {@link HttpStub.listen}. */
  close(): Promise<void>;
  /** Listens again, at the same port. */
  listen(): Promise<void>;
}

/** @param keepAliveMs how long the server keeps an idle connection. */
export async function startHttpStub(keepAliveMs = 5000): Promise<HttpStub> {
  const requests: SeenRequest[] = [];
  const sockets = new Set<Socket>();
  let behaviours: readonly Script[] = [{ status: 200 }];
  let socketsEver = 0;
  let open = 0;
  let mostOpen = 0;

  const server = createServer({ keepAliveTimeout: keepAliveMs }, (request, response) => {
    open += 1;
    mostOpen = Math.max(mostOpen, open);
    response.once('close', () => (open -= 1));
    void serve(request, response).catch(() => response.destroy());
  });
  server.on('connection', (socket) => {
    socketsEver += 1;
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => sockets.delete(socket));
  });

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [next, ...rest] = behaviours;
    if (rest.length > 0) behaviours = rest;
    if (typeof next === 'object' && 'reset' in next && next.reset === 'before_reading') {
      request.socket.resetAndDestroy();
      return;
    }
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const seen: SeenRequest = {
      method: request.method ?? '',
      url: request.url ?? '',
      headers: request.headers,
      body: Buffer.concat(chunks).toString(),
      atMs: performance.now(),
    };
    requests.push(seen);
    await behave(typeof next === 'function' ? await next(seen) : next!, request, response);
  }

  async function behave(how: Behaviour, request: IncomingMessage, response: ServerResponse): Promise<void> {
    if ('silent' in how) return;
    if ('raw' in how) {
      request.socket.end(how.raw);
    } else if ('reset' in how) {
      if (how.reset === 'mid_answer') {
        response.writeHead(how.status ?? 200, { 'content-length': '1000' });
        response.write('{"coupons":[');
        await delay(10);
      }
      request.socket.resetAndDestroy();
    } else if ('drip' in how) {
      response.writeHead(how.status ?? 200);
      while (!response.destroyed) {
        response.write(how.drip);
        await delay(how.everyMs);
      }
    } else if ('pieces' in how) {
      response.socket?.setNoDelay(true);
      response.writeHead(200, how.headers);
      for (const piece of how.pieces) {
        await new Promise((sent) => response.write(piece, sent));
        await delay(5);
      }
      response.end();
    } else if ('flood' in how) {
      response.writeHead(how.status ?? 200);
      const block = Buffer.alloc(65_536, 0x20);
      while (!response.destroyed) {
        if (!response.write(block)) await Promise.race([once(response, 'drain'), once(response, 'close')]);
      }
    } else {
      if (how.delayMs !== undefined) await delay(how.delayMs);
      response.writeHead(how.status ?? 200, how.headers).end(how.body);
    }
  }

  async function listen(port: number): Promise<void> {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  }

  // Not an ephemeral port: while the stub is closed, another connection might be given it.
  const [port = 0] = await findFreePorts(1);
  await listen(port);
  return {
    url: `http://127.0.0.1:${String(port)}`,
    requests,
    script(...next) {
      behaviours = next;
    },
    open: () => open,
    mostOpen: () => mostOpen,
    sockets: () => sockets.size,
    socketsEver: () => socketsEver,
    async close() {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
    listen: () => listen(port),
  };
}
