/** The network between the pods and everything they talk to: a proxy a pod and service, so that each can fail alone. */
import type { PartnerUrls } from '../partners/partners.ts';
import { findFreePorts } from '../services/free-ports.ts';
import type { BrokerDetour } from '../services/local-kafka-cluster.ts';
import type { RunningServices } from '../services/start-services.ts';
import { LINKS, type LinkName } from './fault-kinds.ts';
import { openProxy, type NetworkCondition, type Proxy } from './proxy.ts';

export interface Links {
  /** What the brokers are told of the pods' ways to them: of each pod, one a broker. */
  readonly detours: readonly (readonly BrokerDetour[])[];
  /** Opens one pod's proxies; gives the addresses to use instead of the services' own. */
  open(
    pod: number,
    services: RunningServices,
    partners: PartnerUrls,
  ): Promise<{ readonly env: Readonly<Record<string, string>>; readonly partners: PartnerUrls }>;
  /** A pod's link, or with `pod` undefined that of all pods. To Kafka: to this broker, or to all. */
  set(pod: number | undefined, link: LinkName, condition: NetworkCondition, broker?: number): Promise<void>;
  close(): Promise<void>;
}

/** `http://127.0.0.1:9001/token` by another port. */
const byPort = (url: string, port: number): string => url.replace(/:\d+(?=\/|$)/, `:${String(port)}`);

const portOf = (url: string): number => Number(/:(\d+)(?=\/|$)/.exec(url)?.[1]);

/** Chooses the brokers' ports for so many pods; no proxy is open yet. */
export const prepareLinks = async (pods: number, brokers = 1): Promise<Links> => {
  const ports = await findFreePorts(pods * (LINKS.length + 2 * brokers));
  const take = (): number => ports.pop() ?? 0;
  const detours = Array.from({ length: pods }, () =>
    Array.from({ length: brokers }, (_, at) => ({ broker: at + 1, port: take(), advertisedPort: take() })),
  );
  const proxies = new Map<string, Proxy>();

  return {
    detours,
    async open(pod, services, partners) {
      const link = async (name: Exclude<LinkName, 'kafka'>, to: number): Promise<number> => {
        const port = take();
        proxies.set(`${String(pod)} ${name}`, await openProxy(port, to));
        return port;
      };
      const { env } = services;
      const redis = env['REDIS_URL'] ?? '';
      const s3 = env['S3_ENDPOINT'] ?? '';
      const pushPort = portOf(partners.pushApi);
      const ways = detours[pod];
      if (ways === undefined) throw new Error(`no way to the brokers was prepared for pod ${String(pod)}`);
      const kafka = await Promise.all(
        ways.map(async ({ broker, port, advertisedPort }) => {
          const name = `${String(pod)} kafka ${String(broker)}`;
          proxies.set(name, await openProxy(advertisedPort, port));
          return `127.0.0.1:${String(advertisedPort)}`;
        }),
      );
      return {
        env: {
          ...env,
          CHAOS_PUSH_DETOUR: `${String(pushPort)}:${String(await link('push', pushPort))}`,
          KAFKA_BROKERS: kafka.join(','),
          REDIS_URL: byPort(redis, await link('redis', portOf(redis))),
          S3_ENDPOINT: byPort(s3, await link('s3', portOf(s3))),
        },
        partners: {
          couponApi: byPort(partners.couponApi, await link('coupon', portOf(partners.couponApi))),
          // The same for all: pods with different push APIs are different deployments.
          pushApi: partners.pushApi,
          authToken: byPort(partners.authToken, await link('auth', portOf(partners.authToken))),
          control: partners.control,
        },
      };
    },
    async set(pod, link, condition, broker) {
      const chosen = [...proxies].filter(([key]) => {
        const [ofPod, ofLink, ofBroker] = key.split(' ');
        return (
          ofLink === link &&
          (pod === undefined || ofPod === String(pod)) &&
          (broker === undefined || ofBroker === String(broker))
        );
      });
      await Promise.all(chosen.map(([, proxy]) => proxy.set(condition)));
    },
    async close() {
      await Promise.all([...proxies.values()].map((proxy) => proxy.close()));
    },
  };
};
