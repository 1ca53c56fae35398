/**
 * Where Docker's engine is to be looked for, as the `docker` command itself would: DOCKER_HOST, else the context in
 * use (Colima, Rancher, OrbStack and rootless installs name theirs so), else the sockets that engines usually have.
 *
 * Testcontainers knows DOCKER_HOST, a file of its own and the usual sockets, but no contexts: so whatever is found
 * here is handed to it as DOCKER_HOST. An address that somebody chose is never replaced by another engine's.
 */
import { z } from 'zod';
import type { EngineAddress } from './engine-api.ts';

/** The outside, to be looked at: each look is bounded and never rejects. */
export interface Looks {
  /** The answer of `docker context inspect`, or why there is none; `missing`: no `docker` on the PATH. */
  readonly inspectContext: () => Promise<
    { readonly output: string } | { readonly why: string; readonly missing: boolean }
  >;
  /** The text of ~/.testcontainers.properties, where there is one. */
  readonly properties: () => Promise<string | undefined>;
  readonly isThere: (path: string) => boolean;
  readonly homeDirectory: string;
  readonly userId: number | undefined;
}

/** Addresses to try, the best first; `why`: what already speaks against an engine. */
export interface Located {
  readonly addresses: readonly EngineAddress[];
  readonly why?: string;
}

const contextSchema = z.tuple([
  z.object({
    Name: z.string(),
    Endpoints: z.object({
      docker: z.object({ Host: z.string(), SkipTLSVerify: z.boolean().optional() }).optional(),
    }),
    TLSMaterial: z.record(z.string(), z.array(z.string())).nullish(),
    Storage: z.object({ TLSPath: z.string().optional() }).nullish(),
  }),
]);

const CERTIFICATES = ['ca.pem', 'cert.pem', 'key.pem'];
const SOCKET = 'unix:///var/run/docker.sock';

/** `env` is the environment that the `docker` command would see. Never rejects. */
export const locateEngine = async (env: NodeJS.ProcessEnv, looks: Looks): Promise<Located> => {
  const file = readProperties((await looks.properties()) ?? '');
  const tcHost = file.get('tc.host');
  if (tcHost !== undefined) return only({ host: tcHost, namedBy: 'tc.host in ~/.testcontainers.properties' });
  const given = env['DOCKER_HOST'];
  if (given !== undefined && given !== '') {
    return only({ host: given, namedBy: 'DOCKER_HOST', ...readTls(env, looks.homeDirectory) });
  }
  const dockerHost = file.get('docker.host');
  if (dockerHost !== undefined) {
    const certificates = file.get('docker.tls.verify') === '1' ? file.get('docker.cert.path') : undefined;
    return only({
      ...{ host: dockerHost, namedBy: 'docker.host in ~/.testcontainers.properties' },
      ...(certificates !== undefined && { certificates }),
    });
  }

  const context = await looks.inspectContext();
  if ('output' in context) {
    const read = readContext(context.output);
    if ('why' in read) return { addresses: [], why: read.why };
    const { address } = read;
    return address.host === SOCKET ? usual(looks, env, address) : only(address);
  }
  // A context that was asked for and can't be read is no reason to take another engine.
  if (!context.missing && (env['DOCKER_CONTEXT'] ?? '') !== '') return { addresses: [], why: context.why };
  return { ...usual(looks, env), why: context.why };
};

/** What `docker context inspect` says, as an address. */
export const readContext = (
  output: string,
): { readonly address: EngineAddress } | { readonly why: string } => {
  const parsed = contextSchema.safeParse(parseJson(output));
  if (!parsed.success) return { why: '`docker context inspect` gave no context' };
  const [{ Name: name, Endpoints: endpoints, TLSMaterial: material, Storage: storage }] = parsed.data;
  const namedBy = `the docker context ${JSON.stringify(name)}`;
  const { docker } = endpoints;
  if (docker === undefined || docker.Host === '') return { why: `${namedBy} has no engine` };
  const files = material?.['docker'] ?? [];
  if (files.length === 0) return { address: { host: docker.Host, namedBy } };
  const missing = CERTIFICATES.filter((file) => !files.includes(file));
  if (missing.length > 0 || docker.SkipTLSVerify === true) {
    const what = missing.length > 0 ? `has no ${missing.join(', ')}` : 'does not verify the engine';
    return { why: `${namedBy} ${what}: Testcontainers speaks TLS with ca.pem, cert.pem and key.pem only` };
  }
  const folder = storage?.TLSPath ?? '';
  return { address: { host: docker.Host, namedBy, certificates: `${folder}/docker` } };
};

/**
 * Why Testcontainers can't use an engine at this address, with the way around it; undefined where it can.
 * The services' own clients count, too: they must reach what the engine publishes.
 */
export const findAddressObstacle = ({ host, namedBy }: EngineAddress): string | undefined => {
  const url = URL.canParse(host) ? new URL(host) : undefined;
  const named = `${namedBy} is ${host}`;
  if (url === undefined) return `${named}, which is no address like unix:///var/run/docker.sock`;
  if (url.protocol === 'ssh:') {
    const to = `${url.username === '' ? '' : `${url.username}@`}${url.hostname}`;
    const port = url.port === '' ? '' : ` -p ${url.port}`;
    return (
      `${named}, which Testcontainers can't reach: bring the socket here ` +
      `(ssh -nNT${port} -L /tmp/docker.sock:/var/run/docker.sock ${to}) and set DOCKER_HOST=unix:///tmp/docker.sock`
    );
  }
  if (!['unix:', 'npipe:', 'tcp:', 'http:', 'https:'].includes(url.protocol)) {
    return `${named}, which is none of unix://, npipe://, tcp://`;
  }
  if (url.hostname.startsWith('[')) {
    return `${named}: an engine at an IPv6 address can't be used as it is, give it a host name (/etc/hosts)`;
  }
  return undefined;
};

const only = (address: EngineAddress): Located => ({ addresses: [address] });

const usual = (looks: Looks, env: NodeJS.ProcessEnv, first?: EngineAddress): Located => {
  const runtime = env['XDG_RUNTIME_DIR'] ?? '';
  const sockets = [
    '/var/run/docker.sock',
    ...(runtime === '' ? [] : [`${runtime}/docker.sock`]),
    `${looks.homeDirectory}/.docker/run/docker.sock`,
    `${looks.homeDirectory}/.docker/desktop/docker.sock`,
    ...(looks.userId === undefined ? [] : [`/run/user/${looks.userId}/docker.sock`]),
  ];
  const there = [...new Set(sockets)]
    .filter((path) => looks.isThere(path) && `unix://${path}` !== first?.host)
    .map((path) => ({ host: `unix://${path}`, namedBy: 'the usual socket' }));
  return { addresses: first === undefined ? there : [first, ...there] };
};

const readTls = (env: NodeJS.ProcessEnv, homeDirectory: string): { readonly certificates?: string } => {
  if ((env['DOCKER_TLS_VERIFY'] ?? '') === '') return {};
  const folder = env['DOCKER_CERT_PATH'] ?? '';
  return { certificates: folder === '' ? `${homeDirectory}/.docker` : folder };
};

const readProperties = (text: string): ReadonlyMap<string, string> =>
  new Map(
    [...text.matchAll(/^[ \t]*((?:tc|docker)\.[a-z.]+)[ \t]*[=:][ \t]*(\S+)[ \t]*$/gm)].map(
      ([, key = '', value = '']) => [key, value],
    ),
  );

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
