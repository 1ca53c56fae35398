/**
 * What this machine has to run services with. Each look runs the tool and reads its answer: a path alone proves
 * nothing (a Docker client without an engine, a `java` stub that only says how to get one).
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const execFileAsync = promisify(execFile);
const LOOK_TIMEOUT_MS = 8_000;

/** The oldest Java that Kafka 4's broker and S3Mock run on. */
export const MIN_JAVA_MAJOR = 17;

/** A tool that was found, or why it was not. */
export type Found<T> = ({ readonly found: true } & T) | { readonly found: false; readonly why: string };

async function ask(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<Found<{ output: string }>> {
  try {
    const { stdout, stderr } = await execFileAsync(command, args, { timeout: LOOK_TIMEOUT_MS, env });
    return { found: true, output: `${stdout}\n${stderr}`.trim() };
  } catch (error) {
    return { found: false, why: explain(command, error) };
  }
}

function explain(command: string, error: unknown): string {
  const { code, killed, stderr, message } = error as {
    code?: unknown;
    killed?: boolean;
    stderr?: string;
    message: string;
  };
  if (code === 'ENOENT') return `no ${command} on the PATH`;
  if (killed === true) return `${command} gave no answer within ${String(LOOK_TIMEOUT_MS / 1000)} s`;
  const lines = (stderr ?? '').trim() || message;
  return lines.split('\n').at(-1) ?? command;
}

/** Asks Docker's engine, not its client, for the version. */
export async function findDockerEngine(env: NodeJS.ProcessEnv): Promise<Found<{ version: string }>> {
  const answer = await ask('docker', ['version', '--format', '{{.Server.Version}}'], env);
  if (!answer.found) return answer;
  const version = answer.output.split('\n')[0] ?? '';
  return version === ''
    ? { found: false, why: 'the Docker client names no engine' }
    : { found: true, version };
}

/** `java` of JAVA_HOME, else of the PATH, if it is at least {@link MIN_JAVA_MAJOR}. */
export async function findJava(env: NodeJS.ProcessEnv): Promise<Found<{ command: string; version: string }>> {
  const home = env['JAVA_HOME'];
  const ofHome = home === undefined || home === '' ? undefined : join(home, 'bin', 'java');
  const command = ofHome !== undefined && existsSync(ofHome) ? ofHome : 'java';
  const answer = await ask(command, ['-version'], env);
  if (!answer.found) return answer;
  const version = /version "([^"]+)"/.exec(answer.output)?.[1];
  if (version === undefined) return { found: false, why: `${command} -version names no version` };
  if (readJavaMajor(version) < MIN_JAVA_MAJOR) {
    return { found: false, why: `Java ${version} is too old, ${String(MIN_JAVA_MAJOR)} or newer is needed` };
  }
  return { found: true, command, version };
}

/** `1.8.0_392` is 8, `17.0.15` and `21-ea` are what they begin with. */
export function readJavaMajor(version: string): number {
  const [first = '', second = ''] = version.split(/[.\-+_]/);
  return Number(first === '1' ? second : first);
}

export async function findMaven(env: NodeJS.ProcessEnv): Promise<Found<{ version: string }>> {
  const answer = await ask('mvn', ['-v'], env);
  if (!answer.found) return answer;
  return { found: true, version: /Apache Maven ([\w.-]+)/.exec(answer.output)?.[1] ?? 'of unknown version' };
}

export async function findRedisServer(env: NodeJS.ProcessEnv): Promise<Found<{ version: string }>> {
  const answer = await ask('redis-server', ['--version'], env);
  if (!answer.found) return answer;
  return { found: true, version: /v=([\d.]+)/.exec(answer.output)?.[1] ?? 'of unknown version' };
}
