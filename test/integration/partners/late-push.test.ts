/**
 * A push attempt that is given up never arrives later. The peer here stops reading, so that a part of the request lies
 * in this machine's kernel when the attempt ends, and reads on afterwards: as a link does that is cut and heals. An
 * ordinary close would deliver the rest then.
 */
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import tls from 'node:tls';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createPoster, type Poster, type PostReply } from '../../../src/partners/http/http-post.ts';
import { GOOD, KEY } from '../../support/tls/fixed-certificates.ts';
import { until } from '../../support/partners/partner-fakes.ts';

/** More than a peer's kernel takes unread, less than ours takes with it: 600 KiB, and 3 MiB at once. */
const BODY = 'x'.repeat(600 * 1024);

interface Peer {
  readonly url: string;
  /** Of the requests, head included. */
  received(): number;
  /** Reads whatever comes from now on; resolves once the connection has ended. */
  readOn(): Promise<'reset' | 'closed'>;
  /** Ends its own side of the connection, still unread. */
  halfClose(): void;
  /** Resolves as soon as somebody is connected. */
  connected(): Promise<unknown>;
  answer(text: string): void;
  stop(): void;
}

async function startPeer(secure: boolean): Promise<Peer> {
  const open = new Set<Socket>();
  let latest: Socket | undefined;
  let received = 0;
  const take = (socket: Socket): void => {
    latest = socket.pause();
    socket.on('error', () => undefined);
  };
  const server: Server = secure
    ? tls.createServer({ key: KEY, cert: GOOD, allowHalfOpen: true }, take)
    : createServer({ pauseOnConnect: true, allowHalfOpen: true }, take);
  server.on('connection', (socket: Socket) => open.add(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `${secure ? 'https' : 'http'}://127.0.0.1:${String((server.address() as AddressInfo).port)}/v1/pushes`,
    received: () => received,
    connected: () => until(() => latest !== undefined),
    answer: (text) => latest?.write(text),
    halfClose: () => latest?.end(),
    readOn() {
      const socket = latest;
      if (socket === undefined) throw new Error('nobody is connected');
      return new Promise((resolve) => {
        let wasReset = false;
        socket.on('data', (chunk: Buffer) => (received += chunk.length));
        socket.once('end', () => socket.end());
        socket.once('error', (error: NodeJS.ErrnoException) => (wasReset = error.code === 'ECONNRESET'));
        socket.once('close', () => resolve(wasReset ? 'reset' : 'closed'));
        socket.resume();
      });
    },
    stop() {
      server.close();
      for (const socket of open) socket.destroy();
    },
  };
}

beforeAll(() => tls.setDefaultCACertificates([...tls.getCACertificates('default'), GOOD]));

describe.each([
  ['plain', false],
  ['over TLS', true],
])('%s', (_name, secure) => {
  let peer: Peer;
  let poster: Poster;
  beforeEach(async () => {
    peer = await startPeer(secure);
  });
  afterEach(() => {
    poster.close();
    peer.stop();
  });
  const post = (timeoutMs: number, signal?: AbortSignal): Promise<PostReply> => {
    poster = createPoster({ url: peer.url, timeoutMs });
    return poster.post({ headers: {}, body: BODY, wantsBody: false, signal });
  };
  const neverArrives = async (reply: PostReply): Promise<void> => {
    expect(reply).toMatchObject({ kind: 'failed', written: true });
    expect(await peer.readOn()).toBe('reset');
    expect(peer.received()).toBeLessThan(BODY.length);
  };

  test('what is lost on the way is here as long as the attempt lasts: the peer that reads on has it all', async () => {
    const sent = post(60_000);
    await peer.connected();
    const ended = peer.readOn();
    await until(() => peer.received() > BODY.length);
    peer.answer('HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\nconnection: close\r\n\r\n');
    expect(await sent).toMatchObject({ kind: 'answer', status: 202 });
    // What was answered is closed as ever.
    expect(await ended).toBe('closed');
  });

  test('given up by its time limit', async () => {
    await neverArrives(await post(500));
  });

  test('given up as the pod stops', async () => {
    const stop = new AbortController();
    const sent = post(60_000, stop.signal);
    await peer.connected();
    // Some of it is on its way, none has been read.
    await new Promise((resolve) => setTimeout(resolve, 100));
    stop.abort();
    await neverArrives(await sent);
  });

  test('given up as the sockets are closed', async () => {
    const sent = post(60_000);
    await peer.connected();
    await new Promise((resolve) => setTimeout(resolve, 100));
    poster.close();
    await neverArrives(await sent);
  });

  test('given up as the peer ends its side without an answer', async () => {
    const sent = post(60_000);
    await peer.connected();
    await new Promise((resolve) => setTimeout(resolve, 100));
    peer.halfClose();
    await neverArrives(await sent);
  });

  test('given up as the answer is no HTTP', async () => {
    const sent = post(60_000);
    await peer.connected();
    await new Promise((resolve) => setTimeout(resolve, 100));
    peer.answer('what?\r\n\r\n');
    await neverArrives(await sent);
  });
});

test('given up before its TLS handshake is done: the request is never written', async () => {
  const server = createServer({ pauseOnConnect: true });
  const connected = once(server, 'connection') as Promise<[Socket]>;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const poster = createPoster({ url: `https://127.0.0.1:${String(port)}`, timeoutMs: 400 });
  const sent = poster.post({ headers: {}, body: BODY, wantsBody: false });
  const [socket] = await connected;
  expect(await sent).toMatchObject({ kind: 'failed', written: false });
  let received = 0;
  socket.on('data', (chunk: Buffer) => (received += chunk.length));
  socket.on('error', () => undefined);
  const closed = once(socket, 'close');
  socket.resume();
  await closed;
  // The handshake's first message at most.
  expect(received).toBeLessThan(2000);
  poster.close();
  server.close();
});
