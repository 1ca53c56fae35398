/** The network between the pods and everything they talk to: a proxy a pod and service, so that each can fail alone. */
import type { PartnerUrls } from '../partners/partners.ts';
import { findFreePorts } from '../services/free-ports.ts';
import type { RunningServices } from '../services/start-services.ts';
import { LINKS, type LinkName } from './fault-kinds.ts';
import { openProxy, type NetworkCondition, type Proxy } from './proxy.ts';

export interface Links {
  /** What the broker is told of the pods' ways to it. */
  readonly detours: readonly { readonly port: number; readonly advertisedPort: number }[];
  /** Opens one pod's proxies; gives the addresses to use instead of the services' own. */
  open(
    pod: number,
    services: RunningServices,
    partners: PartnerUrls,
  ): Promise<{ readonly env: Readonly<Record<string, string>>; readonly partners: PartnerUrls }>;
  /** A pod's link, or with `pod` undefined that of all pods. */
  set(pod: number | undefined, link: LinkName, condition: NetworkCondition): Promise<void>;
  close(): Promise<void>;
}

/** `http://127.0.0.1:9001/token` by another port. */
const byPort = (url: string, port: number): string => url.replace(/:\d+(?=\/|$)/, `:${String(port)}`);

const portOf = (url: string): number => Number(/:(\d+)(?=\/|$)/.exec(url)?.[1]);

/** Chooses the broker's ports for so many pods; no proxy is open yet. */
export const prepareLinks = async (pods: number): Promise<Links> => {
  const ports = await findFreePorts(pods * (LINKS.length + 1));
  const take = (): number => ports.pop() ?? 0;
  const detours = Array.from({ length: pods }, () => ({ port: take(), advertisedPort: take() }));
  const proxies = new Map<string, Proxy>();

  return {
    detours,
    async open(pod, services, partners) {
      const link = async (name: LinkName, to: number, port = take()): Promise<number> => {
        proxies.set(`${String(pod)} ${name}`, await openProxy(port, to));
        return port;
      };
      const { env } = services;
      const redis = env['REDIS_URL'] ?? '';
      const s3 = env['S3_ENDPOINT'] ?? '';
      const detour = detours[pod];
      if (detour === undefined) throw new Error(`no way to the broker was prepared for pod ${String(pod)}`);
      return {
        env: {
          ...env,
          KAFKA_BROKERS: `127.0.0.1:${String(await link('kafka', detour.port, detour.advertisedPort))}`,
          REDIS_URL: byPort(redis, await link('redis', portOf(redis))),
          S3_ENDPOINT: byPort(s3, await link('s3', portOf(s3))),
        },
        partners: {
          couponApi: byPort(partners.couponApi, await link('coupon', portOf(partners.couponApi))),
          pushApi: byPort(partners.pushApi, await link('push', portOf(partners.pushApi))),
          authToken: byPort(partners.authToken, await link('auth', portOf(partners.authToken))),
          control: partners.control,
        },
      };
    },
    async set(pod, link, condition) {
      const chosen = [...proxies].filter(([key]) =>
        pod === undefined ? key.endsWith(` ${link}`) : key === `${String(pod)} ${link}`,
      );
      await Promise.all(chosen.map(([, proxy]) => proxy.set(condition)));
    },
    async close() {
      await Promise.all([...proxies.values()].map((proxy) => proxy.close()));
    },
  };
};
