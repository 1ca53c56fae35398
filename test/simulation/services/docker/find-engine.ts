/**
 * The Docker engine that containers will run on, asked by its own API; or why there is none, in words that say what to
 * do. An engine that listens and never answers costs eight seconds, not the start.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { homedir, hostname, release, userInfo } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { ask, type Found } from '../toolchain.ts';
import { askEngine, type EngineAddress } from './engine-api.ts';
import { findAddressObstacle, locateEngine, type Looks } from './locate-engine.ts';

export interface DockerEngine {
  readonly version: string;
  readonly address: EngineAddress;
  /** By which Testcontainers, in this process, finds the same engine. */
  readonly env: Readonly<Record<string, string>>;
}

const versionSchema = z.object({
  Version: z.string(),
  Components: z.array(z.object({ Name: z.string() })).nullish(),
});
const infoSchema = z.object({
  OSType: z.string().optional(),
  OperatingSystem: z.string().optional(),
  KernelVersion: z.string().optional(),
  Name: z.string().optional(),
});

/** This machine. An engine on another kernel is in a virtual machine or far away. */
export interface Machine {
  readonly kernel: string;
  readonly name: string;
  readonly isContainer: boolean;
}

const thisMachine = (): Machine => ({
  kernel: release(),
  name: hostname(),
  isContainer: existsSync('/.dockerenv'),
});

/** Never rejects. `env` is the environment that the `docker` command would see. */
export const findDockerEngine = async (
  env: NodeJS.ProcessEnv,
  looks: Looks = lookOutside(env),
  machine: Machine = thisMachine(),
): Promise<Found<DockerEngine>> => {
  const { addresses, why } = await locateEngine(env, looks);
  const reasons: string[] = [];
  for (const address of addresses) {
    const obstacle = findAddressObstacle(address);
    if (obstacle !== undefined) {
      reasons.push(obstacle);
      continue;
    }
    try {
      return await meet(address, env, machine);
    } catch (error) {
      reasons.push(`${address.host} of ${address.namedBy}: ${explain(error)}`);
    }
  }
  if (reasons.length === 0 && why !== undefined) reasons.push(why);
  return { found: false, why: reasons.length === 0 ? 'no engine is known' : reasons.join('; ') };
};

const meet = async (
  address: EngineAddress,
  env: NodeJS.ProcessEnv,
  machine: Machine,
): Promise<Found<DockerEngine>> => {
  const version = versionSchema.safeParse(await askEngine(address, '/version'));
  if (!version.success) throw new Error('what answers there is no Docker engine');
  const info = infoSchema.parse(await askEngine(address, '/info'));
  if (info.OSType === 'windows') throw new Error('it runs Windows containers, and the images are for Linux');
  const isPodman = version.data.Components?.some(({ Name }) => /podman/i.test(Name)) ?? false;
  return {
    found: true,
    version: `${isPodman ? 'Podman ' : ''}${version.data.Version} at ${address.host}, of ${address.namedBy}`,
    address,
    env: testcontainersEnv(address, info, { env, machine, isPodman }),
  };
};

/**
 * What Testcontainers needs to know. Its reaper is given the engine's socket as the engine's machine has it: on this
 * machine's kernel that is the path we use, in a virtual machine (Colima, Rancher, Podman's) the usual one. In a
 * container it looks for published ports at the bridge's gateway (and may pull an image to find that): right for the
 * host's engine, and not for one in the same container.
 */
const testcontainersEnv = (
  { host, certificates }: EngineAddress,
  info: z.infer<typeof infoSchema>,
  { env, machine, isPodman }: { env: NodeJS.ProcessEnv; machine: Machine; isPodman: boolean },
): Readonly<Record<string, string>> => {
  const isElsewhere =
    host.startsWith('unix://') &&
    info.OperatingSystem !== 'Docker Desktop' &&
    info.KernelVersion !== undefined &&
    info.KernelVersion !== machine.kernel;
  const isInside = machine.isContainer && host.startsWith('unix://') && info.Name === machine.name;
  const given = (name: string): boolean => (env[name] ?? '') !== '';
  return {
    DOCKER_HOST: host,
    DOCKER_TLS_VERIFY: certificates === undefined ? '' : '1',
    ...(certificates !== undefined && { DOCKER_CERT_PATH: certificates }),
    ...(isElsewhere &&
      !given('TESTCONTAINERS_DOCKER_SOCKET_OVERRIDE') && {
        TESTCONTAINERS_DOCKER_SOCKET_OVERRIDE: '/var/run/docker.sock',
      }),
    ...(isInside && !given('TESTCONTAINERS_HOST_OVERRIDE') && { TESTCONTAINERS_HOST_OVERRIDE: 'localhost' }),
    ...(isPodman && !given('TESTCONTAINERS_RYUK_PRIVILEGED') && { TESTCONTAINERS_RYUK_PRIVILEGED: 'true' }),
  };
};

const lookOutside = (env: NodeJS.ProcessEnv): Looks => ({
  inspectContext: async () => {
    const answer = await ask('docker', ['context', 'inspect'], env);
    return answer.found ? { output: answer.stdout } : { why: answer.why, missing: answer.missing };
  },
  properties: () =>
    readFile(join(env['HOME'] ?? homedir(), '.testcontainers.properties'), 'utf8').catch(() => undefined),
  isThere: existsSync,
  homeDirectory: env['HOME'] ?? homedir(),
  userId: process.platform === 'win32' ? undefined : userInfo().uid,
});

/** The usual faults in words that say what to do. */
const explain = (error: unknown): string => {
  const { code, message } = error as { code?: string; message: string };
  if (code === 'ENOENT' || code === 'ECONNREFUSED') return 'nothing listens there; is the engine started?';
  if (code === 'EACCES') return 'access is refused; is this user in the group `docker`?';
  return message === '' ? (code ?? 'no answer') : message;
};
