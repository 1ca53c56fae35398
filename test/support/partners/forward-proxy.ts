/** A forward proxy as companies run them: tunnels to `https:` hosts, whole URLs to `http:` ones, with or without a login. */
import { once } from 'node:events';
import { createServer, request as httpRequest, type IncomingMessage } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';

export interface ForwardProxy {
  /** `http://user:password@127.0.0.1:port`. */
  readonly url: string;
  readonly port: number;
  /** `CONNECT host:port`, `POST http://…`: what it was asked for. */
  readonly asked: readonly string[];
  /** Answers every further request with this status. */
  refuse(status: number | undefined): void;
  /** Says nothing to further requests. */
  stall(): void;
  close(): Promise<void>;
}

export async function startForwardProxy(login = 'deploy:p%w d'): Promise<ForwardProxy> {
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  const authorization = `Basic ${Buffer.from(login).toString('base64')}`;
  let refusal: number | undefined;
  let stalls = false;
  const verdict = (request: IncomingMessage): number | undefined => {
    asked.push(`${String(request.method)} ${String(request.url)}`);
    return request.headers['proxy-authorization'] === authorization ? refusal : 407;
  };
  const server = createServer((request, response) => {
    const status = verdict(request);
    if (stalls) return;
    if (status !== undefined) {
      request.resume();
      response.writeHead(status).end();
      return;
    }
    const { 'proxy-authorization': _own, ...headers } = request.headers;
    const onward = httpRequest(
      String(request.url),
      { method: request.method ?? 'GET', headers },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    onward.on('error', () => response.writeHead(502).end());
    request.pipe(onward);
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  server.on('connect', (request: IncomingMessage, client: Socket, head: Buffer) => {
    const status = verdict(request);
    if (stalls) return;
    if (status !== undefined) {
      client.end(`HTTP/1.1 ${String(status)} No\r\ncontent-length: 0\r\n\r\n`);
      return;
    }
    const { hostname, port } = new URL(`http://${String(request.url)}`);
    const upstream = connect(Number(port), hostname);
    sockets.add(upstream);
    upstream.on('error', () => client.destroy());
    client.on('close', () => upstream.destroy());
    upstream.once('connect', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.write(head);
      upstream.pipe(client);
      client.pipe(upstream);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${login.split(':').map(encodeURIComponent).join(':')}@127.0.0.1:${String(port)}`,
    port,
    asked,
    refuse: (status) => void (refusal = status),
    stall: () => void (stalls = true),
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
