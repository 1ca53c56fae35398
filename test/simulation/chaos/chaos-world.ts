/**
 * The world that faults are done to: services of this run alone, as processes that may be killed and frozen; a
 * proxy on every way that a pod goes; a clock a pod that can be set wrong; and windows so short that a user gets
 * many pushes in a run, each of which must keep its distance.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildWorld, type Equipment, RULES_FILE, type World } from '../demo/world.ts';
import { startLocalKafkaCluster } from '../services/local-kafka-cluster.ts';
import { MILD_SETTINGS } from '../partners/settings.ts';
import type { Stage } from './inflict.ts';
import { prepareLinks } from './links.ts';
import type { ChaosOptions } from './options.ts';

const PRELOADS = ['stepped-clock', 'push-detour'].flatMap((name) => [
  '--import',
  new URL(`./${name}.ts`, import.meta.url).href,
]);

/** An event of each person about every so many seconds: caps bite, and windows end while people are still about. */
export const SECONDS_BETWEEN_EVENTS = 12;
const CAPS = `caps:
  - { per: user, max: 1, window: 25s }
  - { per: user, max: 4, window: 150s }
  - { per: user+merchant, max: 1, window: 60s }
`;

/** Outcomes, dead letters and commits by one clock: the broker's. */
export const BROKERS_CLOCK = { 'log.message.timestamp.type': 'LogAppendTime' } as const;
/** Shorter than users are sick for. */
const PATIENCE = { COUPON_API_PATIENCE_MS: '20000' } as const;

export interface ChaosWorld extends World {
  readonly stage: Stage;
  readonly rulesFile: string;
}

/** The example rules with short windows. @throws Error where the example's caps are not where they were. */
export const shortenCaps = (rules: string): string => {
  const shortened = rules.replace(/^caps:\n(?: {2}- .*\n)+/m, () => CAPS);
  if (shortened === rules) throw new Error('rules/default.yaml has no caps that could be shortened');
  return shortened;
};

/** Rejects with what is missing where the services can't be processes of this machine. */
export const buildChaosWorld = async (
  options: ChaosOptions,
  control: {
    readonly say: (line: string) => void;
    readonly signal: AbortSignal;
    /** What the pods get beyond the rest. */
    readonly extra?: Pick<Equipment, 'env' | 'nodeArgs'>;
  },
): Promise<ChaosWorld> => {
  control.say('services: this run starts its own as processes, because it kills and freezes them');
  const directory = await mkdtemp(join(tmpdir(), 'coupon-chaos-'));
  const rulesFile = join(directory, 'rules.yaml');
  const links = await prepareLinks(options.pods, options.brokers);
  const clockFileOf = (pod: number): string => join(directory, `clock-${String(pod)}`);
  const clear = async (): Promise<void> => {
    await links.close();
    await rm(directory, { recursive: true, force: true });
  };
  try {
    await writeFile(rulesFile, shortenCaps(await readFile(RULES_FILE, 'utf8')));
    const world = await buildWorld(
      {
        seed: options.seed,
        events: Math.ceil(options.rate * options.minutes * 60),
        people: Math.ceil(options.rate * SECONDS_BETWEEN_EVENTS),
        pods: options.pods,
        partners: {
          ...MILD_SETTINGS,
          // Slow, so that a pod that dies or freezes has pushes on the way.
          pushApi: { ...MILD_SETTINGS.pushApi, latency: { medianMs: 250, sigma: 0.5, maxMs: 1200 } },
          auth: { required: true, tokenLifeSeconds: 30 },
        },
        rulesFile,
        recordsDecisions: options.record !== undefined,
        services: {
          origins: ['local'],
          redis: { appendFsync: options.redis },
          kafka: options.brokers > 1 ? false : { detours: links.detours.flat(), properties: BROKERS_CLOCK },
        },
        ...(options.brokers > 1 && {
          startKafka: () =>
            startLocalKafkaCluster({
              say: control.say,
              detours: links.detours,
              properties: BROKERS_CLOCK,
            }),
        }),
        equip: async (pod, services, partners) => {
          const around = await links.open(pod, services, partners);
          return {
            env: { ...around.env, ...PATIENCE, CHAOS_CLOCK_FILE: clockFileOf(pod), ...control.extra?.env },
            partners: around.partners,
            nodeArgs: [...PRELOADS, ...(control.extra?.nodeArgs ?? [])],
          };
        },
      },
      control,
    );
    const { services, partners, pods } = world;
    return {
      ...world,
      rulesFile,
      stage: { services, partners, pods, links, clockFileOf },
      async stop() {
        await world.stop();
        await clear();
      },
    };
  } catch (error) {
    await clear();
    throw error;
  }
};
