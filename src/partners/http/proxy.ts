/**
 * The way to a partner through a forward proxy, where the environment names one. To `https:` a tunnel (CONNECT): the
 * proxy sees a host name, and TLS is with the partner itself. To `http:` the proxy is asked for the whole URL.
 */
import { isIP, type Socket } from 'node:net';
import { bareHost, writeHostPort, type HostPort } from '../../runtime/address.ts';

export interface ProxySettings {
  /** `http://[user:password@]host:port`: for `https:` and for `http:` URLs. */
  readonly HTTPS_PROXY: string | undefined;
  readonly HTTP_PROXY: string | undefined;
  /**
   * Comma-separated: what is reached directly. A host, `.domain` or `*.domain` for all below a domain, `*` for all; each
   * may have a port. Names are not looked up, so a range of addresses means nothing here.
   */
  readonly NO_PROXY: string | undefined;
}

export interface Proxy {
  readonly host: string;
  readonly port: number;
  /** For the proxy itself. */
  readonly authorization: string | undefined;
}

/** @returns undefined where the URL is reached directly. */
export function proxyFor(url: string, settings: ProxySettings | undefined): Proxy | undefined {
  const target = new URL(url);
  const proxy = target.protocol === 'https:' ? settings?.HTTPS_PROXY : settings?.HTTP_PROXY;
  if (proxy === undefined || isDirect(target, settings?.NO_PROXY ?? '')) return undefined;
  const { hostname, port, username, password } = new URL(proxy);
  const login = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return {
    host: bareHost(hostname),
    port: port === '' ? 80 : Number(port),
    authorization: login === ':' ? undefined : `Basic ${Buffer.from(login).toString('base64')}`,
  };
}

function isDirect(target: URL, noProxy: string): boolean {
  const host = bareHost(target.hostname);
  const port = target.port === '' ? defaultPort(target) : target.port;
  return noProxy
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .some((entry) => {
      if (entry === '*') return true;
      const [, name = entry, only] = isIP(entry) === 6 ? [] : (/^(.*?)(?::(\d+))?$/.exec(entry) ?? []);
      if (only !== undefined && only !== port) return false;
      const domain = /^\*?(\..+)$/.exec(name)?.[1];
      return domain === undefined ? host === bareHost(name) : host.endsWith(domain);
    });
}

const defaultPort = ({ protocol }: URL): string => (protocol === 'https:' ? '443' : '80');

const MAX_ANSWER_BYTES = 16_384;

/**
 * Asks for a tunnel on a socket that is connected to the proxy. Resolves when what is written to it reaches `target`;
 * rejects, with the socket destroyed, where the proxy refuses or ends it. Has no time limit of its own.
 */
export function openTunnel(socket: Socket, target: HostPort, proxy: Proxy): Promise<void> {
  return new Promise((resolve, reject) => {
    let answer = Buffer.alloc(0);

    function end(error: Error | undefined): void {
      socket.off('readable', read);
      socket.off('error', end);
      socket.off('close', closed);
      if (error === undefined) {
        resolve();
        return;
      }
      socket.on('error', () => undefined);
      socket.destroy();
      reject(error);
    }

    function closed(): void {
      end(Object.assign(new Error('the proxy closed the connection'), { code: 'ECONNRESET' }));
    }

    function read(): void {
      for (let part = take(socket); part !== undefined; part = take(socket)) {
        answer = Buffer.concat([answer, part]);
        const headEnd = answer.indexOf('\r\n\r\n');
        if (headEnd < 0 && answer.length <= MAX_ANSWER_BYTES) continue;
        const [, status] = /^HTTP\/1\.[01] (\d{3})/.exec(answer.toString('latin1')) ?? [];
        if (headEnd < 0 || status === undefined) end(new Error('the proxy does not answer in HTTP'));
        else if (status.startsWith('2')) {
          // The partner speaks only when spoken to: there is nothing behind the head, or it is none of ours.
          end(answer.length > headEnd + 4 ? new Error('the proxy said more than its answer') : undefined);
        } else
          end(new Error(`the proxy answered ${status}${status === '407' ? ' (its user and password)' : ''}`));
        return;
      }
    }

    socket.on('readable', read);
    socket.once('error', end);
    socket.once('close', closed);
    const login = proxy.authorization === undefined ? '' : `proxy-authorization: ${proxy.authorization}\r\n`;
    const address = writeHostPort(target);
    socket.write(`CONNECT ${address} HTTP/1.1\r\nhost: ${address}\r\n${login}\r\n`);
  });
}

function take(socket: Socket): Buffer | undefined {
  return (socket.read() as Buffer | null) ?? undefined;
}
