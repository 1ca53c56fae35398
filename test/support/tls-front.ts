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
    const { hostname, port } = new URL(target());
    const service = connect({ host: hostname, port: Number(port), noDelay: true });
    client.pipe(service).pipe(client);
    const hangUp = (): void => {
      client.destroy();
      service.destroy();
      open.delete(client);
    };
    open.add(client);
    for (const socket of [client, service]) socket.on('error', hangUp).on('close', hangUp);
  });
  // Whoever does not trust the certificate ends its handshake with an alert.
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
