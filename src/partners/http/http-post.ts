/**
 * `http/` speaks HTTP and knows no partner: sockets, deadlines, encodings, bodies, and this POST. It is one POST by got
 * that says, when it fails, whether any of it may have reached the partner. No retries, no redirects, bounded in time
 * and size. Its bytes are written only while its fence is open. The fence is asked in the same turn of the event loop
 * as the write, so not even a process that was frozen while connecting writes late. One that is given up, by whatever
 * limit or fault, has its connection reset: what was not delivered by then never is.
 */
import got from 'got';
import type { ClientRequest } from 'node:http';
import type { Duplex } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createConnectedAgent, type ConnectedAgentOptions } from './connected-agent.ts';
import { passFailpoint } from '../../runtime/failpoints.ts';
import { unwatch, watch } from '../../runtime/abort-hub.ts';
import { encodingOf } from './unpack-body.ts';
import { shortError } from '../../runtime/error-text.ts';
import type { WriteFence } from '../../runtime/write-fence.ts';

export interface PostRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Wait for the answer's body; else the answer's head settles the call and the body is thrown away. */
  readonly wantsBody: boolean;
  /** Once it is closed nothing may be written any more. */
  readonly fence?: WriteFence | undefined;
  readonly signal?: AbortSignal | undefined;
}

export type PostReply =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly retryAfter: string | undefined;
      /** As it came; empty unless wanted. */
      readonly body: Buffer;
      /** Its `content-encoding`; undefined: plain. */
      readonly encoding: string | undefined;
    }
  | {
      readonly kind: 'failed';
      /** False: surely no byte of it was written. */
      readonly written: boolean;
      readonly error: string;
    };

export interface Poster {
  /** Settles within the time limit (connecting has the same limit for itself). Never rejects. */
  post(request: PostRequest): Promise<PostReply>;
  /** Closes the sockets; calls that are out fail. */
  close(): void;
}

export interface PosterOptions extends Omit<ConnectedAgentOptions, 'connectTimeoutMs'> {
  readonly url: string;
  /** Total for one call, ms. */
  readonly timeoutMs: number;
  readonly maxResponseBytes?: number;
}

const MAX_RESPONSE_BYTES = 64 * 1024;
const NO_BODY: Buffer = Buffer.alloc(0);

/** @throws TypeError where `url` is no http(s) URL. */
export function createPoster(options: PosterOptions): Poster {
  const { timeoutMs, maxResponseBytes = MAX_RESPONSE_BYTES } = options;
  const url = new URL(options.url);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new TypeError('expected an http(s) URL');
  const connections = createConnectedAgent(url.protocol, { ...options, connectTimeoutMs: timeoutMs });
  let closed = false;
  const client = got.extend({
    method: 'POST',
    retry: { limit: 0 },
    followRedirect: false,
    throwHttpErrors: false,
    decompress: false,
    agent: connections.agent,
  });

  async function post(request: PostRequest): Promise<PostReply> {
    // One turn of the event loop: a kept socket that the partner has closed meanwhile is dropped, not used.
    await nextTurn();
    return new Promise((resolve) => exchange(request, resolve));
  }

  function exchange(request: PostRequest, resolve: (reply: PostReply) => void): void {
    const { signal, fence } = request;
    let written = false;
    let settled = false;
    let outgoing: ClientRequest | undefined;
    let answered = (): void => undefined;
    const stream = client.stream(url, { headers: request.headers, body: request.body });
    // One look at the sockets before giving up: after a pause of our own the answer may be here, unread.
    const limit = setTimeout(
      () => setImmediate(() => fail(`timeout: no answer in ${timeoutMs} ms`)),
      timeoutMs,
    );
    const late =
      fence && setTimeout(() => !written && fail('too late to write'), Math.max(0, fence.leftMs()));
    const abandonable = { abandon: () => fail('aborted') };
    if (signal !== undefined) watch(signal, abandonable);

    function settle(reply: PostReply): void {
      if (settled) return;
      settled = true;
      clearTimeout(late);
      if (signal !== undefined) unwatch(signal, abandonable);
      if (reply.kind === 'answer') answered();
      resolve(reply);
    }

    function fail(error: string): void {
      settle({ kind: 'failed', written, error });
      outgoing?.destroy();
      stream.destroy();
    }

    stream.on('request', (made: ClientRequest) => {
      outgoing = made;
      // After got has given up, the agent may still tell the request that it couldn't connect.
      made.on('error', () => undefined);
      made.once('socket', (socket: Duplex) => {
        passFailpoint('push.connected');
        // The last moment before the write, in the same turn: node flushes right after this event.
        if (settled || closed || (fence !== undefined && fence.leftMs() <= 0)) {
          made.destroy();
          fail(closed ? 'stopped' : 'too late to write');
        } else {
          answered = connections.carry(socket);
          written = true;
        }
      });
    });
    stream.on(
      'response',
      ({ statusCode, headers }: { statusCode: number; headers: Record<string, unknown> }) => {
        const head = {
          kind: 'answer',
          status: statusCode,
          retryAfter: textOf(headers['retry-after']),
          encoding: encodingOf(textOf(headers['content-encoding'])),
        } as const;
        const chunks: Buffer[] = [];
        let received = 0;
        if (!request.wantsBody) settle({ ...head, body: NO_BODY });
        stream.on('data', (chunk: Buffer) => {
          received += chunk.length;
          if (received > maxResponseBytes) fail('the answer is too large');
          else if (request.wantsBody) chunks.push(chunk);
        });
        stream.once('end', () => settle({ ...head, body: Buffer.concat(chunks) }));
      },
    );
    stream.on('error', (error: Error) => fail(shortError(error)));
    stream.once('close', () => {
      clearTimeout(limit);
      fail('closed without an answer');
    });
  }

  return {
    post,
    close() {
      closed = true;
      connections.close();
    },
  };
}

function textOf(header: unknown): string | undefined {
  return typeof header === 'string' ? header : undefined;
}
