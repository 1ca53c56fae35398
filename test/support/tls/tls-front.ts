/**
 * TLS in front of a service that has none of its own: what it decrypts goes on to the service as it is, as by the
 * proxies that managed services put there.
 */
import { readFile } from 'node:fs/promises';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { createServer } from 'node:tls';
import type { Certificate } from './certificates.ts';

export interface TlsFront {
  /** `127.0.0.1:port`. */
  readonly address: string;
  /** Connections that got through their handshake, ever. */
  readonly accepted: number;
  /** From now on new connections are shown this one; those that are open are closed. */
  present(certificate: Certificate): Promise<void>;
  stop(): Promise<void>;
}

/** @param target asked at each connection: where the service is, as a URL. */
export async function startTlsFront(certificate: Certificate, target: () => string): Promise<TlsFront> {
  const open = new Set<Socket>();
  let accepted = 0;
  const server = createServer(await identity(certificate), (client) => {
    accepted += 1;
    const url = URL.parse(target());
    if (url === null) {
      client.destroy();
      return;
    }
    const service = connect({ host: url.hostname, port: Number(url.port), noDelay: true });
    client.pipe(service).pipe(client);
    for (const socket of [client, service]) {
      socket.on('error', () => {
        client.destroy();
        service.destroy();
      });
    }
    client.on('close', () => service.destroy());
    service.on('close', () => client.end());
  });
  // Those in the middle of their handshake, too.
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
  });
  // Whoever does not trust the certificate leaves before or right after its handshake.
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const closeAll = (): void => {
    for (const socket of open) socket.destroy();
  };
  return {
    address: `127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    get accepted() {
      return accepted;
    },
    async present(next) {
      server.setSecureContext(await identity(next));
      closeAll();
    },
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      closeAll();
      await closed;
    },
  };
}

async function identity({ keyStore, password }: Certificate): Promise<{ pfx: Buffer; passphrase: string }> {
  return { pfx: await readFile(keyStore), passphrase: password };
}
