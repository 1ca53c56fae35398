/**
 * A server that can be taken away and given back on the same port: "connection refused" for real, with every open
 * connection cut.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Handler } from './answering.ts';

export interface Port {
  readonly url: string;
  open(): Promise<void>;
  /** Idempotent, as is `open`. */
  close(): Promise<void>;
}

/** Listens at once; port 0 picks a free one and keeps it. */
export const openPort = async (handler: Handler, host: string, port: number): Promise<Port> => {
  const server = createServer({ keepAliveTimeout: 60_000, requestTimeout: 0 }, handler);
  const listen = (at: number): Promise<number> =>
    new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen({ port: at, host }, () => {
        server.off('error', reject);
        resolve((server.address() as AddressInfo).port);
      });
    });
  const bound = await listen(port);
  const shownHost = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return {
    url: `http://${shownHost}:${bound}`,
    async open() {
      if (!server.listening) await listen(bound);
    },
    async close() {
      if (!server.listening) return;
      await new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      });
    },
  };
};
