/** A pull goes out under the name that `docker login` has kept, and without one where it can't be read. */
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { loginHeaders, registryOf } from '../../../simulation/services/docker/registry-auth.ts';

const HUB = 'https://index.docker.io/v1/';
const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

const folderWith = async (config: unknown): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'docker-config-'));
  folders.push(folder);
  await writeFile(join(folder, 'config.json'), typeof config === 'string' ? config : JSON.stringify(config));
  return folder;
};
const decode = (headers: Readonly<Record<string, string>>): unknown =>
  JSON.parse(Buffer.from(headers['x-registry-auth'] ?? '', 'base64url').toString());
const base64 = (text: string): string => Buffer.from(text).toString('base64');

describe('the login of a pull', () => {
  it('is the stored one of the image’s registry', async () => {
    const auths = {
      [HUB]: { auth: base64('me:s3cret:with:colons') },
      'mirror.example:5000': { auth: base64('robot:x'), identitytoken: 'token' },
    };
    const env = { DOCKER_CONFIG: await folderWith({ auths }) };
    expect(decode(await loginHeaders('redis:7.4-alpine', env))).toEqual({
      username: 'me',
      password: 's3cret:with:colons',
      serveraddress: HUB,
    });
    expect(decode(await loginHeaders('mirror.example:5000/redis:7', env))).toEqual({
      identitytoken: 'token',
      serveraddress: 'mirror.example:5000',
    });
    expect(await loginHeaders('other.example/redis:7', env)).toEqual({});
  });

  it('is what a credential helper says, for one registry or for all', async () => {
    const env = {
      DOCKER_CONFIG: await folderWith({ credsStore: 'desktop', credHelpers: { 'gcr.example': 'gcr' } }),
    };
    const asked: string[] = [];
    const ask = async (helper: string, registry: string): Promise<string> => {
      asked.push(`${helper} ${registry}`);
      return JSON.stringify({ Username: helper === 'gcr' ? '<token>' : 'me', Secret: 's' });
    };
    expect(decode(await loginHeaders('redis:7', env, ask))).toMatchObject({ username: 'me', password: 's' });
    expect(decode(await loginHeaders('gcr.example/redis:7', env, ask))).toMatchObject({ identitytoken: 's' });
    expect(asked).toEqual([`desktop ${HUB}`, 'gcr gcr.example']);
  });

  it('asks the helper as a command', async () => {
    const folder = await folderWith({ credsStore: 'test' });
    const command = join(folder, 'docker-credential-test');
    await writeFile(
      command,
      `#!/bin/sh\nread registry\necho "{\\"Username\\":\\"$1\\",\\"Secret\\":\\"$registry\\"}"\n`,
    );
    await chmod(command, 0o755);
    const env = { DOCKER_CONFIG: folder, PATH: `${folder}:/usr/bin:/bin` };
    expect(decode(await loginHeaders('redis:7', env))).toMatchObject({ username: 'get', password: HUB });
  });

  it.each<[string, unknown]>([
    ['no JSON', 'nonsense'],
    ['another shape', { auths: 'x' }],
    ['no login', {}],
    ['an entry without one', { auths: { [HUB]: {} } }],
    ['a helper that is not there', { credsStore: 'nowhere' }],
  ])('is none: %s', async (_what, config) => {
    expect(
      await loginHeaders('redis:7', { DOCKER_CONFIG: await folderWith(config), PATH: '/nowhere' }),
    ).toEqual({});
  });

  it('is none without a configuration', async () => {
    expect(await loginHeaders('redis:7', { HOME: '/nowhere' })).toEqual({});
  });

  it.each([
    ['redis:7.4', undefined],
    ['apache/kafka:4.1.1', undefined],
    ['localhost/kafka', 'localhost'],
    ['localhost:5000/kafka:1', 'localhost:5000'],
    ['mirror.example/hub/apache/kafka:1', 'mirror.example'],
  ])('the registry of %s', (image, registry) => {
    expect(registryOf(image)).toBe(registry);
  });
});
