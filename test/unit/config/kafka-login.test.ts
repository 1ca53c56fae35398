/** What belongs to a login at Kafka is there together, and nothing that would have no effect. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConfig, readSome } from '../../../src/config/config.ts';
import { configProblems, REQUIRED } from '../../support/config-problems.ts';
import { KAFKA_VARIABLES } from '../../../src/config/kafka-address.ts';
import { GOOD, KEY } from '../../support/tls/fixed-certificates.ts';

const PASSWORD = { KAFKA_SASL_USERNAME: 'u', KAFKA_SASL_PASSWORD: 'p' };
const OAUTH = {
  KAFKA_OAUTH_TOKEN_URL: 'https://auth/token',
  KAFKA_OAUTH_CLIENT_ID: 'id',
  KAFKA_OAUTH_CLIENT_SECRET: 'hunter2',
};

const problems = (environment: Record<string, string>): Record<string, string> =>
  configProblems({ ...REQUIRED, ...environment });

let directory = '';
const files: Record<'certificate' | 'key' | 'otherKey' | 'text', string> = {
  ...{ certificate: '', key: '', otherKey: '', text: '' },
};
/** Of another certificate than GOOD. */
const OTHER_KEY = `-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIHcHbQpzGKV9PBbBclGyZkXfTC+H68CZKrF3+6UduSwq
-----END PRIVATE KEY-----`;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kafka-login-'));
  const contents = { certificate: `${GOOD}\n${GOOD}\n`, key: KEY, otherKey: OTHER_KEY, text: 'hunter2' };
  for (const name of ['certificate', 'key', 'otherKey', 'text'] as const) {
    files[name] = join(directory, name);
    await writeFile(files[name], contents[name]);
  }
});
afterAll(() => rm(directory, { recursive: true, force: true }));

describe('logins', () => {
  it.each([
    [{}, undefined],
    [
      { KAFKA_SASL_MECHANISM: 'plain', ...PASSWORD },
      { mechanism: 'plain', username: 'u', password: 'p' },
    ],
    [
      { KAFKA_SASL_MECHANISM: 'oauthbearer', ...OAUTH },
      {
        mechanism: 'oauthbearer',
        tokenUrl: 'https://auth/token',
        clientId: 'id',
        clientSecret: 'hunter2',
      },
    ],
    [
      { KAFKA_SASL_MECHANISM: 'aws-msk-iam', KAFKA_SSL: 'true', AWS_REGION: 'eu-central-1' },
      { mechanism: 'aws-msk-iam', region: 'eu-central-1' },
    ],
  ])('%j', (environment, login) => {
    expect(readConfig({ ...REQUIRED, ...environment }).kafka.login).toEqual(login);
  });

  it.each([
    [{ KAFKA_SASL_MECHANISM: 'scram-sha-512' }, ['KAFKA_SASL_USERNAME', 'KAFKA_SASL_PASSWORD']],
    [{ ...PASSWORD }, ['KAFKA_SASL_MECHANISM']],
    [
      { KAFKA_SASL_MECHANISM: 'oauthbearer', KAFKA_OAUTH_CLIENT_ID: 'id' },
      ['KAFKA_OAUTH_TOKEN_URL', 'KAFKA_OAUTH_CLIENT_SECRET'],
    ],
    [
      { KAFKA_SASL_MECHANISM: 'oauthbearer', ...OAUTH, ...PASSWORD },
      ['KAFKA_SASL_USERNAME', 'KAFKA_SASL_PASSWORD'],
    ],
    [{ KAFKA_SASL_MECHANISM: 'plain', ...PASSWORD, KAFKA_OAUTH_CLIENT_ID: 'id' }, ['KAFKA_OAUTH_CLIENT_ID']],
    [{ ...OAUTH }, Object.keys(OAUTH)],
    [{ KAFKA_SASL_MECHANISM: 'aws-msk-iam' }, ['KAFKA_SSL', 'AWS_REGION']],
    [
      { KAFKA_SASL_MECHANISM: 'aws-msk-iam', KAFKA_SSL: 'true', AWS_REGION: 'eu-central-1', ...PASSWORD },
      ['KAFKA_SASL_USERNAME', 'KAFKA_SASL_PASSWORD'],
    ],
  ])('%j is refused', (environment, names) => {
    const found = problems(environment);
    expect(Object.keys(found)).toEqual(names);
    expect(JSON.stringify(found)).not.toContain('hunter2');
  });

  it('a command that needs Kafka hears of the same faults, and of no others', () => {
    const environment = { KAFKA_BROKERS: 'a:9092', KAFKA_SASL_MECHANISM: 'plain', OPS_USER: 'ops' };
    expect(() => readSome(KAFKA_VARIABLES, environment)).toThrow(
      /^KAFKA_SASL_USERNAME: required together[^\n]*\nKAFKA_SASL_PASSWORD: required together[^\n]*$/,
    );
  });
});

describe('TLS', () => {
  it('the files are read once, whole', () => {
    const environment = {
      ...{ ...REQUIRED, KAFKA_SSL: 'true', KAFKA_SSL_CA_FILE: files.certificate },
      ...{ KAFKA_SSL_CERT_FILE: files.certificate, KAFKA_SSL_KEY_FILE: files.key },
    };
    const pem = `${GOOD}\n${GOOD}\n`;
    expect(readConfig(environment).kafka.ssl).toEqual({ ca: pem, cert: pem, key: KEY });
    expect(readConfig({ ...REQUIRED, KAFKA_SSL: 'true' }).kafka.ssl).toEqual({});
    expect(readConfig(REQUIRED).kafka.ssl).toBe(false);
  });

  it('no file without TLS, no certificate without its key', () => {
    expect(problems({ KAFKA_SSL_CA_FILE: files.certificate })).toEqual({
      KAFKA_SSL: 'expected true with KAFKA_SSL_CA_FILE',
    });
    const one = { KAFKA_SSL: 'true', KAFKA_SSL_CERT_FILE: files.certificate };
    expect(Object.keys(problems(one))).toEqual(['KAFKA_SSL_KEY_FILE']);
    expect(problems({ ...one, KAFKA_SSL_KEY_FILE: files.otherKey })).toEqual({
      KAFKA_SSL_KEY_FILE: 'expected the key of the first certificate in KAFKA_SSL_CERT_FILE',
    });
  });

  it.each(['KAFKA_SSL_CA_FILE', 'KAFKA_SSL_CERT_FILE', 'KAFKA_SSL_KEY_FILE'])(
    '%s that can not be used is said, and nothing of it',
    (name) => {
      const others = {
        ...{ KAFKA_SSL: 'true', KAFKA_SSL_CERT_FILE: files.certificate, KAFKA_SSL_KEY_FILE: files.key },
      };
      for (const path of [files.text, '/nowhere/hunter2', directory]) {
        const found = problems({ ...others, [name]: path });
        expect(Object.keys(found)).toEqual([name]);
        expect(found[name]).toMatch(/^expected the path of a PEM file/);
        expect(found[name]).not.toMatch(/hunter2|kafka-login/);
      }
    },
  );
});
