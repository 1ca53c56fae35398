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

/** What a tool said, or why it said nothing; `missing`: it is not on the PATH. */
type Answer = Found<{ readonly stdout: string; readonly output: string }> & { readonly missing: boolean };

/** Runs a tool and takes its answer. Resolves in 8 s whatever it does, and never rejects. */
export async function ask(command: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<Answer> {
  // The timer beside the time limit: a child of the tool that keeps the pipe would hold the answer back.
  const { promise: late, resolve } = Promise.withResolvers<Answer>();
  const timer = setTimeout(() => {
    resolve({ found: false, missing: false, why: gaveNoAnswer(command) });
  }, LOOK_TIMEOUT_MS + 500);
  try {
    return await Promise.race([run(command, args, env), late]);
  } finally {
    clearTimeout(timer);
  }
}

async function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<Answer> {
  try {
    const options = { timeout: LOOK_TIMEOUT_MS, killSignal: 'SIGKILL', env } as const;
    const { stdout, stderr } = await execFileAsync(command, args, options);
    return { found: true, missing: false, stdout, output: `${stdout}\n${stderr}`.trim() };
  } catch (error) {
    const missing = (error as { code?: unknown }).code === 'ENOENT';
    return { found: false, missing, why: explain(command, error) };
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
  if (killed === true) return gaveNoAnswer(command);
  const lines = (stderr ?? '').trim() || message;
  return lines.split('\n').at(-1) ?? command;
}

function gaveNoAnswer(command: string): string {
  return `${command} gave no answer within ${String(LOOK_TIMEOUT_MS / 1000)} s`;
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
