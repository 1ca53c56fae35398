/** A store in memory behind S3's own protocol, as far as documents need it: for whole processes that a test kills. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { WriteCondition } from '../../../src/documents/object-store.ts';
import type { MemoryStore } from './memory-store.ts';

export interface S3Server {
  readonly url: string;
  stop(): Promise<void>;
}

export interface S3ServerOptions {
  /** The store that requests go to. */
  readonly store: () => MemoryStore;
  /** Called when a request has been done. False: its answer is lost. */
  readonly onDone: () => boolean;
}

export async function startS3Server({ store, onDone }: S3ServerOptions): Promise<S3Server> {
  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const url = new URL(request.url ?? '/', 'http://localhost');
    const key = decodeURIComponent(url.pathname.split('/').slice(2).join('/'));
    const answer = await (key === ''
      ? list(url.searchParams.get('prefix') ?? '')
      : request.method === 'PUT'
        ? put(key, Buffer.concat(chunks), request)
        : get(key));
    if (onDone()) response.writeHead(answer.status, answer.headers).end(answer.body);
    else response.destroy();
  }

  async function get(key: string): Promise<Answer> {
    const found = await store().read(key);
    if (found === undefined) return fault(404, 'NoSuchKey');
    const modified = new Date(found.modifiedAtMs).toUTCString();
    return { status: 200, headers: { etag: found.etag, 'last-modified': modified }, body: found.bytes };
  }

  async function put(key: string, bytes: Buffer, { headers }: IncomingMessage): Promise<Answer> {
    const { 'if-match': ifMatch } = headers;
    const condition: WriteCondition = ifMatch === undefined ? { ifNoneMatch: '*' } : { ifMatch };
    const written = await store().write(key, bytes, condition);
    if (written.kind !== 'written') return fault(412, 'PreconditionFailed');
    return { status: 200, headers: { etag: written.etag }, body: '' };
  }

  async function list(prefix: string): Promise<Answer> {
    const contents = (await store().list(prefix)).map(
      ({ key, modifiedAtMs }) =>
        `<Contents><Key>${key}</Key><LastModified>${new Date(modifiedAtMs).toISOString()}</LastModified></Contents>`,
    );
    return xml(
      200,
      `<ListBucketResult><IsTruncated>false</IsTruncated>${contents.join('')}</ListBucketResult>`,
    );
  }

  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${String(port)}`,
    async stop() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

function xml(status: number, text: string): Answer {
  return { status, headers: { 'content-type': 'application/xml' }, body: `<?xml version="1.0"?>${text}` };
}

const fault = (status: number, code: string): Answer => xml(status, `<Error><Code>${code}</Code></Error>`);
