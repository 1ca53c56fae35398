/**
 * Who this user is to a registry, as `docker login` has kept it: anonymous pulls run into Docker Hub's limits first.
 * Never rejects: whatever can't be read is no login, and the pull goes on without.
 */
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';

/** Under which Docker Hub's login is kept. */
const HUB = 'https://index.docker.io/v1/';
const HELPER_TIMEOUT_MS = 8_000;
const MAX_ANSWER_BYTES = 64 * 1024;

const configSchema = z.object({
  auths: z
    .record(z.string(), z.object({ auth: z.string().optional(), identitytoken: z.string().optional() }))
    .optional(),
  credsStore: z.string().optional(),
  credHelpers: z.record(z.string(), z.string()).optional(),
});
const helperSchema = z.object({ Username: z.string(), Secret: z.string() });

/** A credential helper, asked for one registry: its JSON. Rejects where it has none. */
export type AskHelper = (helper: string, registry: string) => Promise<string>;

/** The registry that an image's name begins with; undefined: Docker Hub. */
export const registryOf = (image: string): string | undefined => {
  const [first = '', ...rest] = image.split('/');
  return rest.length > 0 && (/[.:]/.test(first) || first === 'localhost') ? first : undefined;
};

/** The headers of a pull by which the engine logs in for this user; none where there is no login. */
export const loginHeaders = async (
  image: string,
  env: NodeJS.ProcessEnv,
  askHelper: AskHelper = runHelper(env),
): Promise<Readonly<Record<string, string>>> => {
  try {
    const folder = env['DOCKER_CONFIG'] ?? join(env['HOME'] ?? homedir(), '.docker');
    const config = configSchema.parse(JSON.parse(await readFile(join(folder, 'config.json'), 'utf8')));
    const registry = registryOf(image) ?? HUB;
    const helper = config.credHelpers?.[registry] ?? config.credsStore;
    const login =
      helper === undefined
        ? readStored(config.auths?.[registry])
        : readHelped(await askHelper(helper, registry));
    if (login === undefined) return {};
    const text = JSON.stringify({ ...login, serveraddress: registry });
    return { 'x-registry-auth': Buffer.from(text).toString('base64url') };
  } catch {
    return {};
  }
};

const readStored = (
  stored: { auth?: string | undefined; identitytoken?: string | undefined } | undefined,
) => {
  const text = Buffer.from(stored?.auth ?? '', 'base64').toString('utf8');
  const colon = text.indexOf(':');
  if (stored?.identitytoken !== undefined) return { identitytoken: stored.identitytoken };
  return colon < 1 ? undefined : { username: text.slice(0, colon), password: text.slice(colon + 1) };
};

const readHelped = (answer: string) => {
  const { Username: username, Secret: secret } = helperSchema.parse(JSON.parse(answer));
  return username === '<token>' ? { identitytoken: secret } : { username, password: secret };
};

const runHelper =
  (env: NodeJS.ProcessEnv): AskHelper =>
  (helper, registry) =>
    new Promise((resolve, reject) => {
      const child = spawn(`docker-credential-${helper}`, ['get'], {
        ...{ env, timeout: HELPER_TIMEOUT_MS, killSignal: 'SIGKILL' },
        stdio: ['pipe', 'pipe', 'ignore'],
      });
      let answer = '';
      child.stdout.on('data', (chunk: Buffer) => {
        if (answer.length < MAX_ANSWER_BYTES) answer += chunk.toString();
      });
      child.stdin.on('error', reject);
      child.once('error', reject);
      child.once('exit', (code) => {
        // Not `close`: something that the helper started may keep the pipe.
        setImmediate(() => {
          if (code === 0) resolve(answer);
          else reject(new Error(`docker-credential-${helper}: ${String(code)}`));
        });
      });
      child.stdin.end(registry);
    });
