/**
 * What Docker can't run, this machine runs: an image that can't be had, an engine without space. The engine is one that
 * says so; Redis, the quickest to start, is real. And an engine behind TLS, with real certificates.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { afterEach, expect, it } from 'vitest';
import { findDockerEngine } from '../simulation/services/docker/find-engine.ts';
import { IMAGES, REAPER_IMAGE } from '../simulation/services/docker/images.ts';
import { startServices, type RunningServices } from '../simulation/services/start-services.ts';
import { type FakeEngine, json, startFakeEngine } from '../support/services/fake-engine.ts';
import { findLocalObstacle } from '../support/services/local-obstacle.ts';

const obstacle = await findLocalObstacle('redis');

let engine: FakeEngine | undefined;
let services: RunningServices | undefined;
afterEach(async () => {
  await services?.stop();
  await engine?.stop();
  engine = services = undefined;
});

async function startRedis(): Promise<{ readonly said: readonly string[]; readonly answer: string }> {
  const said: string[] = [];
  services = await startServices({
    say: (line) => said.push(line),
    kafka: false,
    s3: false,
    origins: ['docker', 'local'],
    environment: { ...process.env, DOCKER_HOST: engine?.host },
  });
  const redis = new Redis(services.env['REDIS_URL'] ?? '');
  const answer = await redis.ping();
  redis.disconnect();
  expect(services.service('redis').origin).toBe('local');
  return { said, answer };
}

it('an image that can not be pulled: said, and from this machine instead', async ({ skip }) => {
  skip(obstacle !== undefined, obstacle);
  engine = await startFakeEngine({
    images: [REAPER_IMAGE],
    pull: () => json({ message: 'dial tcp: lookup registry-1.docker.io: no such host' }, 500),
  });
  const { said, answer } = await startRedis();
  expect(answer).toBe('PONG');
  expect(engine.asked.filter((call) => call.startsWith('POST /containers'))).toEqual([]);
  expect(said).toContainEqual(
    expect.stringMatching(/^redis:7\.4-alpine: could not be pulled: .*no such host/),
  );
  expect(said).toContainEqual(expect.stringMatching(/^redis: local \(/));
});

it('an engine that has the images and no space: said, and from this machine instead', async ({ skip }) => {
  skip(obstacle !== undefined, obstacle);
  const full = json({ message: 'write /var/lib/docker/tmp: no space left on device' }, 500);
  engine = await startFakeEngine({
    images: [REAPER_IMAGE, IMAGES.redis],
    replies: { 'POST /containers/create': full },
  });
  const { said, answer } = await startRedis();
  expect(answer).toBe('PONG');
  expect(said).toContainEqual(
    expect.stringMatching(/^redis did not start in Docker \(.*no space left on device/),
  );
  expect(said).toContainEqual(expect.stringMatching(/^redis: local \(/));
});

it('an engine behind TLS: asked with its context’s certificates, and only so', async ({ skip }) => {
  const run = promisify(execFile);
  const openssl = await run('openssl', ['version']).catch(() => undefined);
  skip(openssl === undefined, 'needs openssl');
  const folder = await mkdtemp(join(tmpdir(), 'engine-tls-'));
  const server = createServer({
    ...(await makeCertificates((...args) => run('openssl', args, { cwd: folder }), folder)),
    ...{ requestCert: true, rejectUnauthorized: true },
  });
  server.on('request', (_request, response) => response.end('{"Version":"99.1"}'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `tcp://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  const asked = { PATH: '/nowhere', HOME: folder, DOCKER_HOST: host, DOCKER_TLS_VERIFY: '1' };
  const found = await findDockerEngine({ ...asked, DOCKER_CERT_PATH: folder });
  expect(found).toMatchObject({ found: true, env: { DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: folder } });
  expect(await findDockerEngine({ ...asked, DOCKER_TLS_VERIFY: '' })).toMatchObject({ found: false });
  // No certificates where they are looked for by default.
  expect(await findDockerEngine(asked)).toMatchObject({ found: false });
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true });
});

/** ca.pem, cert.pem and key.pem in the folder, of an authority that has signed them and the server's. */
async function makeCertificates(openssl: (...args: string[]) => Promise<unknown>, folder: string) {
  const subject = (name: string): string[] => ['-nodes', '-newkey', 'rsa:2048', '-subj', `/CN=${name}`];
  await openssl('req', '-x509', ...subject('ca'), '-keyout', 'ca-key.pem', '-out', 'ca.pem');
  await writeFile(join(folder, 'names'), 'subjectAltName=IP:127.0.0.1\n');
  for (const [name, key] of [
    ['cert', 'key'],
    ['server', 'server-key'],
  ] as const) {
    await openssl('req', ...subject(name), '-keyout', `${key}.pem`, '-out', `${name}.csr`);
    const signed = ['-CA', 'ca.pem', '-CAkey', 'ca-key.pem', '-CAcreateserial', '-extfile', 'names'];
    await openssl('x509', '-req', '-in', `${name}.csr`, ...signed, '-out', `${name}.pem`);
  }
  const read = (name: string): Promise<Buffer> => readFile(join(folder, name));
  return { ca: await read('ca.pem'), cert: await read('server.pem'), key: await read('server-key.pem') };
}
