/** Addresses as people write them, `host:port`. There an IPv6 host has brackets; here it has none. */

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** @param text one that the configuration has checked; else the port may be NaN. */
export function parseHostPort(text: string): HostPort {
  const colon = text.lastIndexOf(':');
  return { host: bareHost(text.slice(0, colon)), port: Number(text.slice(colon + 1)) };
}

export function writeHostPort({ host, port }: HostPort): string {
  return `${host.includes(':') ? `[${host}]` : host}:${String(port)}`;
}

/** A host without the brackets of IPv6, where it has them. */
export function bareHost(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1');
}
