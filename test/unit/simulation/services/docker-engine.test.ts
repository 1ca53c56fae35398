/** The engine that is meant is the one that is found, whoever names it; and why there is none is said in useful words. */
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { findDockerEngine } from '../../../simulation/services/docker/find-engine.ts';
import {
  findAddressObstacle,
  locateEngine,
  readContext,
  type Looks,
} from '../../../simulation/services/docker/locate-engine.ts';
import {
  json,
  silence,
  startFakeEngine,
  type FakeEngineOptions,
} from '../../../support/services/fake-engine.ts';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  vi.useRealTimers();
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

const fakeEngine = async (options?: FakeEngineOptions) => {
  const engine = await startFakeEngine(options);
  cleanups.push(() => engine.stop());
  return engine;
};

/** As docker 28 and 20.10 print it. */
const context = (name: string, host: string, tls: readonly string[] = [], skip = false): string =>
  JSON.stringify([
    {
      Name: name,
      Metadata: {},
      Endpoints: { docker: { Host: host, SkipTLSVerify: skip } },
      TLSMaterial: tls.length === 0 ? {} : { docker: tls },
      Storage: { MetadataPath: '/home/u/.docker/contexts/meta/x', TLSPath: '/home/u/.docker/contexts/tls/x' },
    },
  ]);

const looks = (told: Partial<Looks> & { readonly sockets?: readonly string[] } = {}): Looks => ({
  inspectContext: async () => ({ output: context('default', 'unix:///var/run/docker.sock') }),
  properties: async () => undefined,
  isThere: (path) => told.sockets?.includes(path) ?? false,
  homeDirectory: '/home/u',
  userId: 1000,
  ...told,
});
const hostsOf = async (env: NodeJS.ProcessEnv, told: Looks): Promise<readonly string[]> =>
  (await locateEngine(env, told)).addresses.map(({ host }) => host);

describe('the address', () => {
  const colima = async () => ({ output: context('colima', 'unix:///home/u/.colima/default/docker.sock') });

  it('is that of the context in use', async () => {
    expect(await hostsOf({}, looks({ inspectContext: colima }))).toEqual([
      'unix:///home/u/.colima/default/docker.sock',
    ]);
  });

  it('is DOCKER_HOST before any context, with its certificates', async () => {
    const env = { DOCKER_HOST: 'tcp://far:2376', DOCKER_TLS_VERIFY: '1' };
    const { addresses } = await locateEngine(env, looks({ inspectContext: colima }));
    expect(addresses).toEqual([
      { host: 'tcp://far:2376', namedBy: 'DOCKER_HOST', certificates: '/home/u/.docker' },
    ]);
    const given = { ...env, DOCKER_CERT_PATH: '/certificates' };
    expect((await locateEngine(given, looks())).addresses[0]?.certificates).toBe('/certificates');
  });

  it('is what Testcontainers’ own file names, as Testcontainers would take that first', async () => {
    const properties = async () => '# mine\ndocker.host = unix:///own.sock\n';
    expect(await hostsOf({}, looks({ properties, inspectContext: colima }))).toEqual(['unix:///own.sock']);
    expect(await hostsOf({ DOCKER_HOST: 'unix:///env.sock' }, looks({ properties }))).toEqual([
      'unix:///env.sock',
    ]);
    const strict = async () => 'tc.host=tcp://127.0.0.1:1234\n';
    expect(await hostsOf({ DOCKER_HOST: 'unix:///env.sock' }, looks({ properties: strict }))).toEqual([
      'tcp://127.0.0.1:1234',
    ]);
  });

  it('is the default one, then what else is usual and there', async () => {
    const rootless = { sockets: ['/run/user/1000/docker.sock'] };
    expect(await hostsOf({}, looks(rootless))).toEqual([
      'unix:///var/run/docker.sock',
      'unix:///run/user/1000/docker.sock',
    ]);
    const inspectContext = async () => ({ why: 'no docker on the PATH', missing: true });
    expect(await locateEngine({}, looks({ inspectContext }))).toEqual({
      addresses: [],
      why: 'no docker on the PATH',
    });
    expect(await hostsOf({}, looks({ inspectContext, ...rootless }))).toEqual([
      'unix:///run/user/1000/docker.sock',
    ]);
  });

  it('is none where the context that was asked for can not be read: no other engine is taken', async () => {
    const inspectContext = async () => ({ why: 'context "x": context not found', missing: false });
    const sockets = ['/run/user/1000/docker.sock'];
    expect(await locateEngine({ DOCKER_CONTEXT: 'x' }, looks({ inspectContext, sockets }))).toEqual({
      addresses: [],
      why: 'context "x": context not found',
    });
  });

  it('comes with the context’s certificates', () => {
    const files = ['ca.pem', 'cert.pem', 'key.pem'];
    expect(readContext(context('far', 'tcp://far:2376', files))).toEqual({
      address: {
        host: 'tcp://far:2376',
        namedBy: 'the docker context "far"',
        certificates: '/home/u/.docker/contexts/tls/x/docker',
      },
    });
  });

  it.each([
    [context('far', 'tcp://far:2376', ['ca.pem']), /"far" has no cert\.pem, key\.pem/],
    [context('far', 'tcp://far:2376', ['ca.pem', 'cert.pem', 'key.pem'], true), /"far" does not verify/],
    [context('empty', ''), /"empty" has no engine/],
    [JSON.stringify([{ Name: 'k8s', Endpoints: {} }]), /"k8s" has no engine/],
    ['[]', /gave no context/],
    ['nonsense', /gave no context/],
  ])('is none: %s', (output, why) => {
    expect(readContext(output)).toEqual({ why: expect.stringMatching(why) as unknown });
  });

  it.each([
    ['ssh://me@box', /"far" is ssh:.*ssh -nNT -L \/tmp\/docker\.sock:\/var\/run\/docker\.sock me@box/],
    ['ssh://box:2222', /ssh -nNT -p 2222 -L/],
    ['tcp://[fd00::1]:2375', /an IPv6 address can't be used/],
    ['fd://', /none of unix:/],
    ['/var/run/docker.sock', /no address like unix:/],
  ])('can not be used: %s', (host, why) => {
    expect(findAddressObstacle({ host, namedBy: 'the docker context "far"' })).toMatch(why);
  });

  it.each(['unix:///var/run/docker.sock', 'tcp://far:2375', 'npipe:////./pipe/docker_engine'])(
    'can be used: %s',
    (host) => {
      expect(findAddressObstacle({ host, namedBy: 'DOCKER_HOST' })).toBeUndefined();
    },
  );
});

describe('the engine', () => {
  const find = async (
    options: FakeEngineOptions,
    env: NodeJS.ProcessEnv = {},
    machine = { kernel: '6.1.0', name: 'here', isContainer: false },
  ) => {
    const engine = await fakeEngine(options);
    const inspectContext = async () => ({ output: context('colima', engine.host) });
    const found = await findDockerEngine(env, looks({ inspectContext }), machine);
    return { engine, found };
  };

  it('of a context is handed to Testcontainers, which knows no contexts', async () => {
    const { engine, found } = await find({ info: { OSType: 'linux', KernelVersion: '6.1.0' } });
    expect(found).toMatchObject({
      found: true,
      version: `99.1 at ${engine.host}, of the docker context "colima"`,
      env: { DOCKER_HOST: engine.host, DOCKER_TLS_VERIFY: '' },
    });
    expect(found.found && Object.keys(found.env)).toEqual(['DOCKER_HOST', 'DOCKER_TLS_VERIFY']);
  });

  it('in a virtual machine: the reaper gets the socket as it is in there, unless somebody said otherwise', async () => {
    const inside = { info: { OSType: 'linux', KernelVersion: '6.8.0-lima' } };
    const { found } = await find(inside);
    const name = 'TESTCONTAINERS_DOCKER_SOCKET_OVERRIDE';
    expect(found.found && found.env[name]).toBe('/var/run/docker.sock');
    const said = await find(inside, { [name]: '/elsewhere.sock' });
    expect(said.found.found && said.found.env[name]).toBeUndefined();
    // Testcontainers knows Docker Desktop's by itself.
    const desktop = await find({ info: { ...inside.info, OperatingSystem: 'Docker Desktop' } });
    expect(desktop.found.found && desktop.found.env[name]).toBeUndefined();
  });

  it('in the same container: its ports are on this machine, not at a gateway', async () => {
    const inside = { kernel: '6.1.0', name: 'here', isContainer: true };
    const name = 'TESTCONTAINERS_HOST_OVERRIDE';
    const same = await find({ info: { Name: 'here' } }, {}, inside);
    expect(same.found.found && same.found.env[name]).toBe('localhost');
    const outside = await find({ info: { Name: 'host' } }, {}, inside);
    expect(outside.found.found && outside.found.env[name]).toBeUndefined();
  });

  it('of Podman: the reaper may reach its socket', async () => {
    const { found } = await find({ version: { Version: '5.2', Components: [{ Name: 'Podman Engine' }] } });
    expect(found).toMatchObject({
      version: expect.stringMatching(/^Podman 5\.2/) as unknown,
      env: { TESTCONTAINERS_RYUK_PRIVILEGED: 'true' },
    });
  });

  it.each<[string, FakeEngineOptions, RegExp]>([
    ['runs Windows containers', { info: { OSType: 'windows' } }, /"colima": it runs Windows containers/],
    ['is no engine', { version: { hello: 'world' } }, /what answers there is no Docker engine/],
    [
      'refuses',
      { replies: { 'GET /version': json({ message: 'client version 1.24 is too old' }, 400) } },
      /client version 1\.24 is too old/,
    ],
  ])('%s: none, with the reason', async (_what, options, why) => {
    const { found } = await find(options);
    expect(found).toEqual({ found: false, why: expect.stringMatching(why) as unknown });
  });

  it('that listens and never answers is given up after eight seconds', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const engine = await fakeEngine({ replies: { 'GET /version': silence } });
    const found = findDockerEngine({ DOCKER_HOST: engine.host }, looks());
    await vi.waitFor(() => expect(engine.asked).toEqual(['GET /version']));
    await vi.advanceTimersByTimeAsync(8000);
    expect(await found).toEqual({
      found: false,
      why: `${engine.host} of DOCKER_HOST: no answer within 8 s`,
    });
  });

  it('that has gone: asks whether it is started', async () => {
    const engine = await startFakeEngine();
    await engine.stop();
    expect(await findDockerEngine({ DOCKER_HOST: engine.host }, looks())).toEqual({
      found: false,
      why: `${engine.host} of DOCKER_HOST: nothing listens there; is the engine started?`,
    });
  });

  it('by the `docker` command of the PATH and its context', async () => {
    const engine = await fakeEngine();
    const folder = await mkdtemp(join(tmpdir(), 'docker-cli-'));
    cleanups.push(() => rm(folder, { recursive: true }));
    const command = join(folder, 'docker');
    await writeFile(command, `#!/bin/sh\necho '${context('rancher-desktop', engine.host)}'\n`);
    await chmod(command, 0o755);
    expect(await findDockerEngine({ PATH: `${folder}:/usr/bin:/bin`, HOME: folder })).toMatchObject({
      found: true,
      address: { host: engine.host, namedBy: 'the docker context "rancher-desktop"' },
    });
  });
});
