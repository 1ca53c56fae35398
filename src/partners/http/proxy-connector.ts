/** undici's way to a partner through a proxy: see `proxy.ts`. */
import type { Socket } from 'node:net';
import type { buildConnector } from 'undici';
import { bareHost, type HostPort } from '../../runtime/address.ts';
import { openTunnel, type Proxy } from './proxy.ts';

type Connector = buildConnector.connector;

/**
 * @param direct connects to where it is told, and makes the TLS handshake on a socket that it is given.
 * @param timeoutMs for the tunnel, beside what `direct` may take for each of its parts.
 */
export function throughProxy(proxy: Proxy, direct: Connector, timeoutMs: number): Connector {
  const toProxy = { hostname: proxy.host, host: proxy.host, protocol: 'http:', port: String(proxy.port) };
  return (options, done) => {
    direct(toProxy, (error, connected) => {
      if (error !== null) {
        done(error, null);
        return;
      }
      if (options.protocol !== 'https:') {
        done(null, connected);
        return;
      }
      const socket: Socket = connected;
      const late = setTimeout(() => {
        socket.destroy(new Error(`the proxy has made no tunnel in ${String(timeoutMs)} ms`));
      }, timeoutMs);
      openTunnel(socket, addressOf(options), proxy)
        .finally(() => {
          clearTimeout(late);
        })
        .then(
          () => {
            direct({ ...options, httpSocket: socket }, done);
          },
          (fault: unknown) => {
            done(fault instanceof Error ? fault : new Error(String(fault)), null);
          },
        );
    });
  };
}

function addressOf({ hostname, port }: buildConnector.Options): HostPort {
  return { host: bareHost(hostname), port: port === '' ? 443 : Number(port) };
}
