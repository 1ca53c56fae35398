/** Which way leads to a partner, and what a proxy that makes no tunnel comes to. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { openTunnel, proxyFor } from '../../../../src/partners/http/proxy.ts';

const SETTINGS = { HTTPS_PROXY: 'http://secure:3128', HTTP_PROXY: 'http://plain', NO_PROXY: undefined };

describe('the way', () => {
  it('goes by the URL’s scheme, and is direct where none is named for it', () => {
    expect(proxyFor('https://a/', SETTINGS)).toEqual({
      host: 'secure',
      port: 3128,
      authorization: undefined,
    });
    expect(proxyFor('http://a/', SETTINGS)).toEqual({ host: 'plain', port: 80, authorization: undefined });
    expect(proxyFor('http://a/', { ...SETTINGS, HTTP_PROXY: undefined })).toBeUndefined();
    expect(proxyFor('https://a/', undefined)).toBeUndefined();
  });

  it('a proxy’s own login, and an IPv6 host', () => {
    expect(proxyFor('https://a/', { ...SETTINGS, HTTPS_PROXY: 'http://me:p%40%20w@[::1]:8080' })).toEqual({
      host: '::1',
      port: 8080,
      authorization: `Basic ${Buffer.from('me:p@ w').toString('base64')}`,
    });
  });

  it.each([
    ['*', 'https://a.example', true],
    ['a.example', 'https://a.example', true],
    ['A.Example', 'https://a.example/path', true],
    ['a.example', 'https://b.a.example', false],
    ['.example', 'https://a.example', true],
    ['*.example', 'https://b.a.example', true],
    ['.example', 'https://example', false],
    ['.example', 'https://anexample', false],
    ['b, a.example ,c', 'https://a.example', true],
    ['b a.example', 'https://a.example', true],
    ['a.example:8443', 'https://a.example:8443', true],
    ['a.example:443', 'https://a.example', true],
    ['a.example:80', 'http://a.example', true],
    ['a.example:8443', 'https://a.example', false],
    ['127.0.0.1', 'http://127.0.0.1:9000', true],
    ['::1', 'http://[::1]:9000', true],
    ['[::1]:9000', 'http://[::1]:9000', true],
    ['[::1]:9000', 'http://[::1]:9001', false],
    [' , ', 'https://a.example', false],
    ['example', 'https://a.example', false],
  ])('NO_PROXY=%s, %s: direct %s', (noProxy, url, isDirect) => {
    expect(proxyFor(url, { ...SETTINGS, NO_PROXY: noProxy }) === undefined).toBe(isDirect);
  });
});

describe('a tunnel', () => {
  const cleanups: (() => void)[] = [];
  afterEach(() => {
    for (const cleanup of cleanups.splice(0)) cleanup();
  });

  /** @param answer what the proxy does once it is asked. */
  async function tunnel(answer: (socket: Socket, asked: string) => void): Promise<Socket> {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', (asked) => {
        answer(socket, asked.toString());
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    cleanups.push(() => server.close());
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    cleanups.push(() => socket.destroy());
    await once(socket, 'connect');
    const target = { host: 'partner', port: 443 };
    await openTunnel(socket, target, { host: 'p', port: 1, authorization: 'Basic eA==' });
    return socket;
  }

  it('stands once the proxy says so, however its answer is cut', async () => {
    let heard = '';
    const socket = await tunnel((proxy, asked) => {
      heard = asked;
      proxy.write('HTTP/1.0 200 Connection est');
      setTimeout(() => proxy.write('ablished\r\nvia: p\r\n\r\n'), 20);
      proxy.on('data', (data) => proxy.write(`echo ${data.toString()}`));
    });
    expect(heard).toBe(
      'CONNECT partner:443 HTTP/1.1\r\nhost: partner:443\r\nproxy-authorization: Basic eA==\r\n\r\n',
    );
    socket.write('hello');
    const [data] = (await once(socket, 'data')) as [Buffer];
    expect(data.toString()).toBe('echo hello');
  });

  it.each([
    ['refuses', 'HTTP/1.1 403 Forbidden\r\n\r\n', /the proxy answered 403$/],
    ['wants a login', 'HTTP/1.1 407 No\r\n\r\n', /the proxy answered 407 \(its user and password\)/],
    ['speaks something else', 'SSH-2.0-x\r\n\r\n', /does not answer in HTTP/],
    ['never ends its answer', `HTTP/1.1 200 OK\r\nx: ${'x'.repeat(20_000)}`, /does not answer in HTTP/],
    ['speaks for the partner', 'HTTP/1.1 200 OK\r\n\r\nhello', /said more than its answer/],
  ])('no tunnel where the proxy %s', async (_, answer, message) => {
    await expect(tunnel((proxy) => proxy.write(answer))).rejects.toThrow(message);
  });

  it('no tunnel where the proxy hangs up', async () => {
    await expect(tunnel((proxy) => proxy.end())).rejects.toThrow(/closed the connection|ECONNRESET/);
  });
});
