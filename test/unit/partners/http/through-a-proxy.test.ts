/**
 * Every call that leaves for the internet goes through the environment's proxy: to `https:` by a tunnel, to `http:` by
 * whole URLs, and past it where NO_PROXY says so. A push that a proxy holds up was surely not sent.
 */
import { once } from 'node:events';
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import * as tls from 'node:tls';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import type { Client } from 'undici';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createS3 } from '../../../../src/documents/s3-client.ts';
import { createPoster, type Poster } from '../../../../src/partners/http/http-post.ts';
import { createHttpSockets, type SocketUser } from '../../../../src/partners/http/http-sockets.ts';
import { proxyFor } from '../../../../src/partners/http/proxy.ts';
import { postJson } from '../../../../src/telemetry/post-json.ts';
import { startForwardProxy, type ForwardProxy } from '../../../support/partners/forward-proxy.ts';
import { GOOD, KEY } from '../../../support/tls/fixed-certificates.ts';

interface Seen {
  readonly url: string;
  readonly host: string | undefined;
  readonly proxyLogin: string | undefined;
  readonly body: string;
}

const seen: Seen[] = [];
const servers: Server[] = [];
let targets: Record<'http' | 'https', string>;
let proxy: ForwardProxy;
const cleanups: (() => unknown)[] = [];

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  const { url = '', headers } = request;
  seen.push({ url, host: headers.host, proxyLogin: headers['proxy-authorization'], body });
  response.end('{}');
}

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  servers.push(server);
  return `127.0.0.1:${String((server.address() as AddressInfo).port)}`;
}

beforeAll(async () => {
  tls.setDefaultCACertificates([...tls.getCACertificates('default'), GOOD]);
  const handle = (request: IncomingMessage, response: ServerResponse) => void answer(request, response);
  targets = {
    http: `http://${await listen(createHttpServer(handle))}`,
    https: `https://${await listen(createHttpsServer({ cert: GOOD, key: KEY }, handle))}`,
  };
});
afterAll(() => {
  for (const server of servers) {
    server.close();
    server.closeAllConnections();
  }
});
beforeEach(async () => {
  proxy = await startForwardProxy();
  seen.length = 0;
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  await proxy.close();
});

const settings = (noProxy?: string) => ({
  ...{ HTTPS_PROXY: proxy.url, HTTP_PROXY: proxy.url, NO_PROXY: noProxy },
});

function poster(url: string, noProxy?: string, timeoutMs = 5000): Poster {
  const made = createPoster({ url, timeoutMs, proxy: proxyFor(url, settings(noProxy)) });
  cleanups.push(() => made.close());
  return made;
}

/** As the coupon API is called. */
async function get(origin: string, path: string, noProxy?: string, connectTimeout = 5000): Promise<string> {
  const options = { connectTimeout, proxy: proxyFor(origin, settings(noProxy)) };
  const sockets = createHttpSockets(origin, 2, options);
  cleanups.push(() => sockets.close());
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const user: SocketUser = {
    socket: undefined as Client | undefined,
    isOver: () => false,
    fail: reject,
    onRequestStart() {},
    onResponseStart(_controller, status) {
      resolve(String(status));
    },
    onResponseData() {},
    onResponseEnd() {},
    onResponseError(_controller, error) {
      reject(error);
    },
  };
  sockets.dispatch({ path, method: 'GET', headers: ['x-event-id', 'e-1'] }, user);
  return promise;
}

/** The calls that a pod makes, each to `/path?q=1` of a target. */
const CALLS: Readonly<Record<string, (target: string, noProxy?: string) => Promise<unknown>>> = {
  'the coupon API’s': (target, noProxy) => get(target, '/path?q=1', noProxy),
  'the push API’s and the auth server’s': (target, noProxy) =>
    poster(`${target}/path?q=1`, noProxy).post({ headers: {}, body: 'body', wantsBody: true }),
  'Datadog’s': (target, noProxy) =>
    postJson(`${target}/path?q=1`, {
      ...{ headers: {}, body: 'body', timeoutMs: 5000 },
      proxies: settings(noProxy),
    }),
  'S3’s': async (target, noProxy) => {
    const s3 = createS3({ endpoint: target, region: 'us-east-1', proxies: settings(noProxy) });
    cleanups.push(() => s3.destroy());
    s3.config.credentials = () => Promise.resolve({ accessKeyId: 'a', secretAccessKey: 's' });
    await s3.send(new GetObjectCommand({ Bucket: 'path', Key: 'q' }));
  },
};

describe.each(Object.entries(CALLS))('%s calls', (_, call) => {
  it('to https: through a tunnel that says the host and nothing else', async () => {
    await call(targets.https);
    expect(proxy.asked).toEqual([`CONNECT ${new URL(targets.https).host}`]);
    expect(seen).toMatchObject([{ host: new URL(targets.https).host, proxyLogin: undefined }]);
    expect(seen[0]?.url).toMatch(/^\/path/);
  });

  it('to http: by its whole URL, and the partner sees no login of the proxy', async () => {
    await call(targets.http);
    expect(proxy.asked).toEqual([expect.stringMatching(/^(GET|POST) http:\/\/127\.0\.0\.1:\d+\/path/)]);
    expect(seen).toMatchObject([{ host: new URL(targets.http).host, proxyLogin: undefined }]);
    expect(seen[0]?.url).toMatch(/^\/path/);
  });

  it('past it, where NO_PROXY says so', async () => {
    for (const target of Object.values(targets)) await call(target, `other,${new URL(target).hostname}`);
    expect(proxy.asked).toEqual([]);
    expect(seen).toHaveLength(2);
  });
});

describe('a proxy that lets nobody through', () => {
  it.each([403, 407, 502])('a push that it answers with %d was surely not sent', async (status) => {
    proxy.refuse(status);
    const reply = await poster(`${targets.https}/v1/pushes`).post({
      headers: {},
      body: '{}',
      wantsBody: false,
    });
    expect(reply).toMatchObject({ kind: 'failed', written: false });
    expect(reply).toMatchObject({
      error: expect.stringContaining(`the proxy answered ${String(status)}`) as string,
    });
    await expect(get(targets.https, '/')).rejects.toThrow(`the proxy answered ${String(status)}`);
    expect(seen).toEqual([]);
  });

  it('one that says nothing is given up within the time limit', async () => {
    proxy.stall();
    const reply = await poster(`${targets.https}/`, undefined, 300).post({
      ...{ headers: {}, body: '{}', wantsBody: false },
    });
    expect(reply).toMatchObject({ kind: 'failed', written: false });
    await expect(get(targets.https, '/', undefined, 300)).rejects.toThrow(/no tunnel in 300 ms/);
  });

  it('one that is away is named as such', async () => {
    const url = `${targets.https}/`;
    const away = createPoster({
      url,
      timeoutMs: 2000,
      proxy: { host: '127.0.0.1', port: 1, authorization: undefined },
    });
    cleanups.push(() => away.close());
    const reply = await away.post({ headers: {}, body: '{}', wantsBody: false });
    expect(reply).toMatchObject({
      kind: 'failed',
      written: false,
      error: expect.stringMatching(/ECONNREFUSED.*:1/) as string,
    });
  });
});
