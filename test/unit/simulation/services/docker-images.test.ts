/** An image is named, its pull is seen, one that stands still is given up, and the engine's own words are passed on. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { DockerEngine } from '../../../simulation/services/docker/find-engine.ts';
import { IMAGES, pullServiceImages, REAPER_IMAGE } from '../../../simulation/services/docker/images.ts';
import { pullImages, type PullLimits } from '../../../simulation/services/docker/pull-images.ts';
import { createPullProgress } from '../../../simulation/services/docker/pull-progress.ts';
import {
  json,
  LAYERS,
  lines,
  silence,
  startFakeEngine,
  type FakeEngineOptions,
} from '../../../support/services/fake-engine.ts';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

const GENEROUS: PullLimits = { standstillMs: 30_000, totalMs: 30_000, sayEveryMs: 30_000 };
const HOME = { HOME: '/nowhere' };

const open = async (options: FakeEngineOptions) => {
  const engine = await startFakeEngine(options);
  cleanups.push(() => engine.stop());
  const said: string[] = [];
  const pull = (images: readonly string[], limits: Partial<PullLimits> = {}) =>
    pullImages({ host: engine.host, namedBy: 'DOCKER_HOST' }, images, {
      say: (line) => said.push(line),
      env: HOME,
      limits: { ...GENEROUS, ...limits },
    });
  return { engine, said, pull };
};

describe('pulling', () => {
  it('pulls what is not there, by its tag, and says its name and how much it was', async () => {
    const { engine, said, pull } = await open({ images: ['apache/kafka:4.1.1'] });
    expect(await pull(['apache/kafka:4.1.1', 'redis:7.4-alpine'])).toEqual(new Map());
    expect(engine.asked.filter((call) => call.startsWith('POST'))).toEqual([
      'POST /images/create?fromImage=redis&tag=7.4-alpine',
    ]);
    expect(said).toEqual([
      'redis:7.4-alpine: pulling, as the engine does not have it yet',
      expect.stringMatching(/^redis:7\.4-alpine: here, 1 of 2 layers, 2\.0 MB, \d+ s$/),
    ]);
  });

  it('says how far it is while it pulls, terminal or not', async () => {
    const { engine, said, pull } = await open({ pull: () => lines(LAYERS.slice(0, 4), false) });
    const failed = await pull(['redis:7.4-alpine'], { sayEveryMs: 20, standstillMs: 200 });
    expect(
      said.filter((line) => /1 of 2 layers|0 of 2 layers, 0\.5 of 2\.0 MB, \d+ s/.test(line)).length,
    ).toBeGreaterThan(1);
    expect(engine.images.size).toBe(0);
    expect(failed.get('redis:7.4-alpine')).toMatch(
      /^the image redis:7\.4-alpine can't be had by the engine at unix:.*\(no progress for 0\.2 s, at 0 of 2 layers, 0\.5 of 2\.0 MB\)$/,
    );
  });

  it('gives up a registry that never answers, also when the engine counts its tries', async () => {
    const mute = await open({ pull: () => silence });
    expect((await mute.pull(['redis:1'], { standstillMs: 50 })).get('redis:1')).toContain(
      'no progress for 0.05 s, at waiting for the registry',
    );
    const timers: NodeJS.Timeout[] = [];
    const { pull } = await open({
      pull: () => (response) => {
        response.writeHead(200);
        const retrying = { status: 'Retrying in 5 seconds', progressDetail: {}, id: 'a1' };
        timers.push(setInterval(() => response.write(`${JSON.stringify(retrying)}\n`), 10));
      },
    });
    cleanups.push(async () => timers.forEach(clearInterval));
    expect((await pull(['redis:1'], { standstillMs: 600, totalMs: 6000 })).get('redis:1')).toContain(
      'no progress for 0.6 s',
    );
  });

  it('ends at once when the start is given up, and says no more of it', async () => {
    const { engine, said } = await open({ pull: () => lines(LAYERS, false) });
    const stopping = new AbortController();
    const address = { host: engine.host, namedBy: '' };
    const say = (line: string) => void said.push(line);
    const pulled = pullImages(address, ['redis:1'], { say, env: HOME, signal: stopping.signal });
    await vi.waitFor(() => expect(engine.asked).toHaveLength(2));
    stopping.abort(new Error('Ctrl-C'));
    await expect(pulled).rejects.toThrow('Ctrl-C');
    expect(said).toHaveLength(1);
  });

  it('gives up one that goes on for ever', async () => {
    const timers: NodeJS.Timeout[] = [];
    let bytes = 0;
    const { pull } = await open({
      pull: () => (response) => {
        response.writeHead(200);
        timers.push(
          setInterval(() => {
            bytes += 1;
            const line = { status: 'Downloading', progressDetail: { current: bytes, total: 1e9 }, id: 'a1' };
            response.write(`${JSON.stringify(line)}\n`);
          }, 10),
        );
      },
    });
    cleanups.push(async () => timers.forEach(clearInterval));
    expect((await pull(['redis:1'], { totalMs: 300 })).get('redis:1')).toContain('not done in 0.005 min');
  });

  it.each<[string, FakeEngineOptions['pull'], string]>([
    [
      'a limit',
      () => json({ message: 'toomanyrequests: You have reached your pull rate limit.' }, 429),
      'toomanyrequests',
    ],
    [
      'no network',
      () => json({ message: 'Get "https://registry-1.docker.io/v2/": dial tcp: lookup' }, 500),
      'dial tcp',
    ],
    [
      'a full disk',
      () => lines([...LAYERS, { errorDetail: { message: 'no space left on device' }, error: 'x' }]),
      'no space left',
    ],
    [
      'a platform that is not there',
      () => json({ message: 'no matching manifest for linux/arm64/v8' }, 404),
      'linux/arm64/v8',
    ],
    [
      'an engine that dies',
      () => (response) => void response.writeHead(200).write('{"sta', () => response.destroy()),
      '',
    ],
    ['a stream that just ends', () => lines(LAYERS), 'the engine broke off, at 1 of 2 layers, 2.0 MB'],
    [
      'a proxy’s page',
      () => (response) => void response.writeHead(502).end('<html>Bad Gateway</html>'),
      'Bad Gateway',
    ],
  ])('passes on: %s', async (_what, pull, words) => {
    const { engine, said, pull: bring } = await open({ ...(pull !== undefined && { pull }) });
    const failed = await bring(['redis:7.4-alpine']);
    expect(failed.get('redis:7.4-alpine')).toContain(
      `redis:7.4-alpine can't be had by the engine at ${engine.host}`,
    );
    expect(failed.get('redis:7.4-alpine')).toContain(words);
    expect(said.at(-1)).toContain('redis:7.4-alpine: could not be pulled');
  });

  it('asks a registry that is away once, and for each image where only that one is missing', async () => {
    const away = await open({ pull: () => json({ message: 'dial tcp: i/o timeout' }, 500) });
    const failed = await away.pull(['redis:1', 'apache/kafka:1', 'mirror.example/s3:1']);
    expect([...failed.keys()]).toEqual(['redis:1', 'apache/kafka:1', 'mirror.example/s3:1']);
    expect(away.engine.asked.filter((call) => call.startsWith('POST'))).toHaveLength(2);
    const gone = await open({
      pull: () => json({ message: 'manifest for x not found: manifest unknown' }, 404),
    });
    await gone.pull(['redis:1', 'apache/kafka:1']);
    expect(gone.engine.asked.filter((call) => call.startsWith('POST'))).toHaveLength(2);
    const full = await open({ pull: () => json({ message: 'write /x: no space left on device' }, 500) });
    await full.pull(['redis:1', 'mirror.example/s3:1']);
    expect(full.engine.asked.filter((call) => call.startsWith('POST'))).toHaveLength(1);
  });
});

describe('of the services', () => {
  const pulled = async (options: FakeEngineOptions, env: NodeJS.ProcessEnv = {}) => {
    const { engine } = await open(options);
    const docker: DockerEngine = { version: '', env: {}, address: { host: engine.host, namedBy: '' } };
    const lacking = await pullServiceImages(docker, ['kafka', 'redis'], {
      say: () => undefined,
      env: { ...HOME, ...env },
    });
    return { engine, lacking };
  };

  it('each lacks its own image alone', async () => {
    const { lacking } = await pulled({
      images: [REAPER_IMAGE, IMAGES.redis],
      pull: () => json({ message: 'manifest unknown' }, 404),
    });
    expect([...lacking.keys()]).toEqual(['kafka']);
    expect(lacking.get('kafka')).toEqual([
      { image: IMAGES.kafka, why: expect.stringContaining('manifest unknown') as unknown },
    ]);
  });

  it('all lack the reaper’s: nothing may start that nobody would remove; but where it is switched off', async () => {
    const options = { images: [IMAGES.kafka, IMAGES.redis], pull: () => json({ message: 'denied' }, 404) };
    const { lacking } = await pulled(options);
    expect([...lacking.keys()]).toEqual(['kafka', 'redis']);
    expect((await pulled(options, { TESTCONTAINERS_RYUK_DISABLED: 'true' })).lacking.size).toBe(0);
  });

  it('come from the mirror that Testcontainers is told of', async () => {
    const { engine } = await pulled({}, { TESTCONTAINERS_HUB_IMAGE_NAME_PREFIX: 'mirror.example/hub/' });
    expect([...engine.images]).toEqual(
      [REAPER_IMAGE, IMAGES.kafka, IMAGES.redis].map((image) => `mirror.example/hub/${image}`),
    );
  });

  it('the reaper’s is the one that Testcontainers takes', async () => {
    const file = createRequire(import.meta.url).resolve('testcontainers/build/reaper/reaper.js');
    expect(await readFile(file, 'utf8')).toContain(`"${REAPER_IMAGE}"`);
  });
});

describe('progress', () => {
  it('is bytes and layers, not words', () => {
    const progress = createPullProgress();
    const take = (object: unknown) => progress.take(JSON.stringify(object));
    expect(take({ status: 'Pulling from x', id: '1' })).toBe(false);
    expect(take({ status: 'Pulling fs layer', id: 'a' })).toBe(true);
    expect(take({ status: 'Waiting', id: 'a' })).toBe(false);
    expect(take({ status: 'Downloading', id: 'a', progressDetail: { current: 10, total: 20 } })).toBe(true);
    // A layer that begins again has not come further until it is beyond where it was.
    expect(take({ status: 'Downloading', id: 'a', progressDetail: { current: 5, total: 20 } })).toBe(false);
    expect(take({ status: 'Retrying in 4 seconds', id: 'a' })).toBe(false);
    expect(take({ status: 'Extracting', id: 'a', progressDetail: { current: 7, total: 20 } })).toBe(true);
    expect(take({ status: 'Pull complete', id: 'a' })).toBe(true);
    expect(take({ status: 'Pull complete', id: 'a' })).toBe(false);
    expect(progress.take('not json')).toBe(false);
    expect(progress.describe()).toBe('1 of 1 layers, 0.0 MB');
    expect(progress.error()).toBeUndefined();
    take({ error: 'short', errorDetail: { message: 'the whole story' } });
    expect(progress.error()).toBe('the whole story');
  });
});
