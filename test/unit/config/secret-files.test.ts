/** A secret in a file is the file's one line; what is wrong with a file is named, and nothing of it is said. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConfig, readSome } from '../../../src/config/config.ts';
import { configProblems } from '../../support/config-problems.ts';
import { VARIABLES } from '../../../src/config/variables.ts';

const REQUIRED = {
  KAFKA_BROKERS: 'a:9092',
  COUPON_API_URL: 'http://localhost:1',
  PUSH_API_URL: 'http://localhost:2',
  RULES_S3_URI: 's3://bucket/rules.yaml',
};
const URL_IN_FILE = 'redis://:hunter2@localhost:6379';

let directory = '';
let count = 0;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'secret-files-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

async function fileOf(content: string | Buffer): Promise<string> {
  const path = join(directory, `secret-${String(count++)}`);
  await writeFile(path, content);
  return path;
}

const problems = (environment: Record<string, string>): Record<string, string> =>
  configProblems({ ...REQUIRED, ...environment });

it('the secrets are these', () => {
  const secrets = Object.entries(VARIABLES).filter(([, variable]) => variable.isSecret);
  expect(secrets.map(([name]) => name).sort()).toEqual([
    'AUTH_CLIENT_SECRET',
    'DATADOG_API_KEY',
    'HTTPS_PROXY',
    'HTTP_PROXY',
    'KAFKA_OAUTH_CLIENT_SECRET',
    'KAFKA_SASL_PASSWORD',
    'OPS_PASSWORD',
    'OTEL_EXPORTER_OTLP_HEADERS',
    'OTEL_EXPORTER_OTLP_TRACES_HEADERS',
    'REDIS_URL',
  ]);
});

it.each(['', '\n', '\r\n', '\n\n'])('a file that ends with %j', async (end) => {
  const environment = { ...REQUIRED, REDIS_URL_FILE: await fileOf(`${URL_IN_FILE}${end}`) };
  expect(readConfig(environment).redis.url).toBe(URL_IN_FILE);
});

it('white space is part of a secret, a byte order mark is not', async () => {
  const environment = { AUTH_CLIENT_SECRET_FILE: await fileOf('\ufeff two words ') };
  expect(readSome(['AUTH_CLIENT_SECRET'], environment)).toEqual({ AUTH_CLIENT_SECRET: ' two words ' });
});

it('what goes only together is together, whether in files or not', async () => {
  const login = {
    REDIS_URL: URL_IN_FILE,
    KAFKA_SASL_MECHANISM: 'plain',
    KAFKA_SASL_USERNAME: 'u',
    KAFKA_SASL_PASSWORD_FILE: await fileOf('p'),
  };
  expect(readConfig({ ...REQUIRED, ...login }).kafka.login).toMatchObject({ password: 'p' });
});

it('an empty variable counts as unset, of either name', async () => {
  const path = await fileOf(URL_IN_FILE);
  expect(problems({ REDIS_URL: '', REDIS_URL_FILE: path })).toEqual({});
  expect(problems({ REDIS_URL: URL_IN_FILE, REDIS_URL_FILE: '' })).toEqual({});
});

it('no other variable is read from a file', async () => {
  const environment = { KAFKA_GROUP_ID_FILE: await fileOf('other') };
  expect(readSome(['KAFKA_GROUP_ID'], environment)).toEqual({ KAFKA_GROUP_ID: 'coupon-notifier' });
});

describe('faults', () => {
  it('both', async () => {
    expect(problems({ REDIS_URL: URL_IN_FILE, REDIS_URL_FILE: await fileOf(URL_IN_FILE) })).toEqual({
      REDIS_URL_FILE: 'expected only one of REDIS_URL and REDIS_URL_FILE',
    });
  });

  it.each([
    ['empty', '\n', /it is empty/],
    ['of two lines', 'redis://a\nredis://b', /more than one line/],
    ['no text', Buffer.from([0x72, 0xff, 0xfe]), /not UTF-8/],
    ['huge', 'x'.repeat(65_537), /more than 65536 bytes/],
  ])('a file that is %s', async (_, content, message) => {
    expect(problems({ REDIS_URL_FILE: await fileOf(content) })).toEqual({
      REDIS_URL_FILE: expect.stringMatching(message) as string,
    });
  });

  it('a folder, and a file that is not there', async () => {
    const folder = join(directory, 'folder');
    await mkdir(folder, { recursive: true });
    expect(problems({ REDIS_URL_FILE: folder })['REDIS_URL_FILE']).toMatch(/no regular file/);
    expect(problems({ REDIS_URL_FILE: join(directory, 'nowhere') })['REDIS_URL_FILE']).toMatch(/ENOENT/);
  });

  it('a value that can not be one is named by its file', async () => {
    expect(problems({ REDIS_URL_FILE: await fileOf('http://:hunter2@localhost') })).toEqual({
      REDIS_URL_FILE: expect.stringMatching(/^expected/) as string,
    });
  });

  it('all at once, beside those of other variables, and each once', () => {
    const found = problems({
      REDIS_URL_FILE: '/nowhere/redis',
      REDIS_CLUSTER: 'true',
      AUTH_TOKEN_URL: 'http://auth',
      AUTH_CLIENT_ID: 'id',
      AUTH_CLIENT_SECRET_FILE: '/nowhere/auth',
      PORT: 'ten',
    });
    expect(Object.keys(found).sort()).toEqual(['AUTH_CLIENT_SECRET_FILE', 'PORT', 'REDIS_URL_FILE']);
  });

  it('neither the path nor the content is said: either may be the secret', async () => {
    const files = {
      REDIS_URL_FILE: 'redis://:hunter2@host',
      DATADOG_API_KEY_FILE: await fileOf('hunter2\nx'),
    };
    const said = JSON.stringify(problems(files));
    expect(said).not.toContain('hunter2');
    expect(said).not.toContain(directory);
  });
});
