/**
 * Everything that a run stands on, built in order and taken down in reverse whatever happens: services, topics,
 * documents, partners, pods. Nothing of it outlives this process: services and children run under guards.
 */
import type { Kafka } from 'kafkajs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCity, type City } from '../city/city.ts';
import type { Partners } from '../partners/partners.ts';
import type { PartnerUrls } from '../partners/partners.ts';
import type { SettingsPatch } from '../partners/settings.ts';
import { ensureTopics, openKafka } from '../player/kafka.ts';
import { uploadDocuments } from '../player/upload.ts';
import { findFreePorts } from '../services/free-ports.ts';
import type { ServiceHandle } from '../services/service.ts';
import { openGuard } from '../services/guarded-process.ts';
import type { ServicesOptions } from '../services/options.ts';
import { type RunningServices, startServices } from '../services/start-services.ts';
import {
  BUCKET,
  fleetEnvironment,
  MAX_RECORD_BYTES,
  nameRun,
  podEnvironment,
  type RunNames,
} from './names.ts';
import { startPartnersProcess } from './partners-process.ts';
import { createPod, type PodProcess } from './pods.ts';

/** Of the topic that is played. */
export const PARTITIONS = 12;
export const RULES_FILE = new URL('../../../rules/default.yaml', import.meta.url);

/** How a pod reaches the world, where that is not directly. */
export interface Equipment {
  readonly env: Readonly<Record<string, string>>;
  readonly partners: PartnerUrls;
  /** Node's own arguments. */
  readonly nodeArgs: readonly string[];
  /** As of a pod. */
  readonly main?: () => string;
}

/** What a run asks for. */
export interface WorldPlan {
  readonly seed: number;
  /** How many events are going to be played; also decides how many people there are unless `people` says so. */
  readonly events: number;
  readonly people?: number;
  readonly pods: number;
  readonly partners: SettingsPatch;
  readonly rulesFile: string | URL;
  /** Pods write down what their decisions see. Default false. */
  readonly recordsDecisions?: boolean;
  readonly services?: Omit<ServicesOptions, 'say'>;
  /** Brokers of another kind than `services` has, which then must leave Kafka out. */
  readonly startKafka?: () => Promise<StartedBrokers>;
  /** Pods are counted from 0. */
  readonly equip?: (pod: number, services: RunningServices, partners: PartnerUrls) => Promise<Equipment>;
}

export interface StartedBrokers {
  readonly brokers: readonly string[];
  readonly nodes: readonly ServiceHandle[];
  stop(): Promise<void>;
}

export interface World {
  readonly services: RunningServices;
  readonly names: RunNames;
  readonly kafka: Kafka;
  readonly city: City;
  readonly partners: Partners;
  /** Started and ready. */
  readonly pods: readonly PodProcess[];
  /** Removed with everything else. */
  readonly logDirectory: string;
  stop(): Promise<void>;
}

function withBrokers(services: RunningServices, { brokers, nodes }: StartedBrokers): RunningServices {
  const all = [...services.all, ...nodes];
  return {
    ...services,
    all,
    env: { ...services.env, KAFKA_BROKERS: brokers.join(',') },
    service: (name) => nodes.find((node) => node.name === name) ?? services.service(name),
  };
}

/** Builds it all; where one part fails, what stands already is taken down before this rejects. */
export const buildWorld = async (
  plan: WorldPlan,
  control: { readonly say: (line: string) => void; readonly signal: AbortSignal },
): Promise<World> => {
  const { say, signal } = control;
  const ends: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const end of ends.splice(0).reverse()) await end();
  };
  try {
    const started = await startServices({ ...plan.services, say, signal, s3: { buckets: [BUCKET] } });
    ends.push(() => started.stop());
    const brokers = await plan.startKafka?.();
    if (brokers !== undefined) ends.push(() => brokers.stop());
    const services = brokers === undefined ? started : withBrokers(started, brokers);
    // AWS's client looks for its credentials in this process's environment.
    Object.assign(process.env, services.env);
    signal.throwIfAborted();

    // Services that were here before may hold an earlier run's topics and caps.
    const shared = services.all.some(({ origin }) => origin === 'given');
    const names = nameRun(shared ? Date.now().toString(36) : '', plan.recordsDecisions);
    const kafka = openKafka(services.env['KAFKA_BROKERS'] ?? '', 'demo');
    await ensureTopics(kafka, {
      [names.topic]: PARTITIONS,
      [names.outcomeTopic]: PARTITIONS,
      [names.deadLetterTopic]: 3,
      ...(names.decisionTopic !== undefined && { [names.decisionTopic]: PARTITIONS }),
    });
    const city = createCity({
      seed: plan.seed,
      events: plan.events,
      ...(plan.people !== undefined && { people: plan.people }),
      idPrefix: names.idPrefix,
      maxRecordBytes: MAX_RECORD_BYTES,
    });
    await uploadDocuments({
      endpoint: services.env['S3_ENDPOINT'],
      region: services.env['AWS_REGION'],
      rulesFile: plan.rulesFile,
      rulesUri: names.rulesUri,
      merchants: city.merchants(`seed-${plan.seed}`),
      merchantsUri: names.merchantsUri,
    });
    say(`the rules and ${city.shops.length} merchants are in S3`);
    signal.throwIfAborted();

    const logDirectory = await mkdtemp(join(tmpdir(), 'coupon-demo-'));
    const guard = openGuard(logDirectory);
    ends.push(() => guard.close());
    const partners = await startPartnersProcess(guard, {
      seed: plan.seed,
      settings: plan.partners,
      logFile: join(logDirectory, 'partners.log'),
    });
    const ports = await findFreePorts(plan.pods);
    const direct = async (): Promise<Equipment> => ({
      env: services.env,
      partners: partners.urls,
      nodeArgs: [],
    });
    const pods = await Promise.all(
      ports.map(async (port, at) => {
        const name = `pod-${at + 1}`;
        const equipment = await (plan.equip ?? direct)(at, services, partners.urls);
        return createPod(guard, {
          name,
          port,
          env: podEnvironment(fleetEnvironment(equipment.env, names, equipment.partners), { name, port }),
          logFile: join(logDirectory, `${name}.log`),
          nodeArgs: equipment.nodeArgs,
          ...(equipment.main !== undefined && { main: equipment.main }),
        });
      }),
    );
    await Promise.all(
      pods.map(async (pod) => {
        await pod.start();
        await pod.waitUntilReady();
      }),
    );
    say(`${plan.pods} pods are ready, their logs are in ${logDirectory}`);
    signal.throwIfAborted();
    return { services, names, kafka, city, partners, pods, logDirectory, stop };
  } catch (error) {
    await stop();
    throw error;
  }
};
