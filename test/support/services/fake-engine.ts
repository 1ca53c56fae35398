/**
 * Docker's engine as a server of this process on a socket of its own: it says what it is told to, or nothing, so that
 * every choice between Docker and other ways can be tested where there is no Docker.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Takes the answer over: lines of a pull, a refusal, or silence. */
export type Reply = (response: ServerResponse) => void;

export interface FakeEngine {
  /** As DOCKER_HOST has it. */
  readonly host: string;
  /** What was asked, without the API's version: `POST /images/create?…`. */
  readonly asked: string[];
  readonly headers: Readonly<Record<string, string | string[] | undefined>>[];
  /** Present from the start, or once pulled. */
  readonly images: Set<string>;
  stop(): Promise<void>;
}

export interface FakeEngineOptions {
  readonly version?: unknown;
  readonly info?: unknown;
  readonly images?: readonly string[];
  /** By image; default: pulled at once. */
  readonly pull?: (image: string, engine: FakeEngine) => Reply;
  /** By `METHOD /path` without query; wins over everything else. */
  readonly replies?: Readonly<Record<string, Reply>>;
}

export const json =
  (value: unknown, status = 200): Reply =>
  (response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
  };

/** Never. */
export const silence: Reply = () => undefined;

/** A pull's lines, one JSON object each; `end`: whether the stream ends after them. */
export const lines =
  (objects: readonly unknown[], end = true): Reply =>
  (response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    for (const object of objects) response.write(`${JSON.stringify(object)}\r\n`);
    if (end) response.end();
  };

export const LAYERS = [
  { status: 'Pulling from library/redis', id: '7.4-alpine' },
  { status: 'Pulling fs layer', progressDetail: {}, id: 'a1' },
  { status: 'Pulling fs layer', progressDetail: {}, id: 'b2' },
  { status: 'Downloading', progressDetail: { current: 500_000, total: 2_000_000 }, id: 'a1' },
  { status: 'Download complete', progressDetail: {}, id: 'a1' },
  { status: 'Pull complete', progressDetail: {}, id: 'a1' },
] as const;

export const startFakeEngine = async (options: FakeEngineOptions = {}): Promise<FakeEngine> => {
  const directory = await mkdtemp(join(tmpdir(), 'engine-'));
  const socket = join(directory, 'docker.sock');
  const server = createServer((request, response) => {
    const path = (request.url ?? '').replace(/^\/v1\.\d+\//, '/');
    const url = new URL(path, 'http://engine');
    const call = `${request.method ?? ''} ${decodeURIComponent(url.pathname)}`;
    engine.asked.push(`${request.method ?? ''} ${path}`);
    engine.headers.push(request.headers);
    request.resume();
    answer(call, url)(response);
  });
  const answer = (call: string, url: URL): Reply => {
    const reply = options.replies?.[call];
    if (reply !== undefined) return reply;
    if (call === 'GET /version') return json(options.version ?? { Version: '99.1', Components: [] });
    if (call === 'GET /info') return json(options.info ?? { OSType: 'linux', ServerVersion: '99.1' });
    if (call === 'POST /images/create') {
      const { searchParams } = url;
      const image = `${searchParams.get('fromImage') ?? ''}:${searchParams.get('tag') ?? ''}`;
      if (options.pull !== undefined) return options.pull(image, engine);
      engine.images.add(image);
      return lines(LAYERS);
    }
    const [, image] = /^GET \/images\/(.+)\/json$/.exec(call) ?? [];
    if (image !== undefined) {
      return engine.images.has(image)
        ? json({ Id: image })
        : json({ message: `No such image: ${image}` }, 404);
    }
    if (call === 'GET /containers/json') return json([]);
    if (call === 'GET /networks/bridge') return json({ IPAM: { Config: [{ Gateway: '172.17.0.1' }] } });
    return json({ message: `the fake engine does not know ${call}` }, 500);
  };
  const engine: FakeEngine = {
    host: `unix://${socket}`,
    asked: [],
    headers: [],
    images: new Set(options.images),
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(directory, { recursive: true, force: true });
    },
  };
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  return engine;
};
