/**
 * Everything encrypted and behind passwords, as managed services are: TLS to the brokers, to Redis, S3 and every
 * partner, each login that the brokers may ask for, and what becomes of a pod whose password or whose certificates
 * are not the right ones.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import type { PodProcess } from '../simulation/demo/pods.ts';
import { findJava } from '../simulation/services/toolchain.ts';
import { makeCertificate, type Certificate } from '../support/tls/certificates.ts';
import { findLocalObstacle } from '../support/services/local-obstacle.ts';
import { eventually, startScenario, type Scenario } from '../support/pods/scenario.ts';
import { startSecureKafka, type SecureKafka } from '../support/kafka/secure-kafka.ts';
import { startTokenServer, type TokenServer } from '../support/partners/token-server.ts';
import { GOOD, KEY } from '../support/tls/fixed-certificates.ts';
import { startTlsFront, type TlsFront } from '../support/tls/tls-front.ts';

const REDIS_DATABASE = 14;
const PLAIN_USER = { name: 'deploy', password: 'plain as=day' };
const SCRAM_USER = 'notifier';
const SCRAM_PASSWORD = 'salted&hashed';
/** kafkajs logs in again ten seconds before the broker would cut it off: every other second, then. */
const REAUTHENTICATE_MS = 12_000;

const OPEN_KAFKA = {
  ...{ KAFKA_SSL: 'false', KAFKA_SASL_MECHANISM: '' },
  ...{ KAFKA_SASL_USERNAME: '', KAFKA_SASL_PASSWORD: '' },
};

const given = (variable: string): string => inject('services')[variable] ?? '';
const openRedisUrl = (): string => `${given('REDIS_URL')}/${String(REDIS_DATABASE)}`;

const TOKEN_CLIENT = { clientId: 'notifier', clientSecret: 'brokers only' };
/** kafkajs logs in again ten seconds before a token ends. */
const TOKEN_LIFETIME_SECONDS = 14;

type FrontName = 'redis' | 's3' | 'couponApi' | 'pushApi' | 'auth';

describe('everything encrypted', () => {
  let obstacle: string | undefined;
  const cleanups: (() => Promise<unknown>)[] = [];
  let kafka: SecureKafka;
  let tokens: TokenServer;
  /** Of a client's certificate and its key, PEM. */
  let clientFiles: { readonly certificate: string; readonly key: string };
  let fronts: Record<FrontName, TlsFront>;
  /** One that no pod has been told to trust. */
  let stranger: Certificate;
  let current: Scenario | undefined;

  beforeAll(async () => {
    obstacle = await findLocalObstacle('kafka');
    if (obstacle !== undefined) return;
    const directory = await mkdtemp(join(tmpdir(), 'encrypted-'));
    cleanups.push(() => rm(directory, { recursive: true, force: true }));
    tokens = await startTokenServer({
      ...{ subject: 'notifier', ...TOKEN_CLIENT, lifetimeSeconds: TOKEN_LIFETIME_SECONDS },
    });
    cleanups.push(async () => {
      tokens.stop();
    });
    clientFiles = { certificate: join(directory, 'client.pem'), key: join(directory, 'client-key.pem') };
    await writeFile(clientFiles.certificate, GOOD);
    await writeFile(clientFiles.key, KEY);
    kafka = await startSecureKafka({
      directory,
      clientAuthority: GOOD,
      tokenKeys: tokens.keys,
      plainUser: PLAIN_USER,
      reauthenticateMs: REAUTHENTICATE_MS,
    });
    cleanups.push(() => kafka.stop());
    await kafka.setScramPassword(SCRAM_USER, SCRAM_PASSWORD, 'SCRAM-SHA-256');
    await kafka.setScramPassword(SCRAM_USER, SCRAM_PASSWORD, 'SCRAM-SHA-512');
    const java = await findJava(process.env);
    stranger = await makeCertificate(directory, 'stranger', java.found ? java.command : 'java');
    const partner = (name: 'couponApi' | 'pushApi' | 'authToken') => () =>
      current?.partners.urls[name] ?? 'http://127.0.0.1:1';
    const front = async (target: () => string): Promise<TlsFront> => {
      const started = await startTlsFront(kafka.certificate, target);
      cleanups.push(() => started.stop());
      return started;
    };
    fronts = {
      redis: await front(() => given('REDIS_URL')),
      s3: await front(() => given('S3_ENDPOINT')),
      couponApi: await front(partner('couponApi')),
      pushApi: await front(partner('pushApi')),
      auth: await front(partner('authToken')),
    };
  }, 300_000);
  beforeEach(({ skip }) => {
    skip(obstacle !== undefined, obstacle);
  });
  afterEach(async () => {
    await current?.stop();
    current = undefined;
  });
  afterAll(async () => {
    for (const cleanup of cleanups.reverse()) await cleanup();
  }, 60_000);

  /** Pods that know no address but encrypted ones. */
  async function start(
    pods: number,
    envOf: (pod: number) => Readonly<Record<string, string>> = () => ({}),
  ): Promise<Scenario> {
    current = await startScenario({
      ...{ pods, redisDatabase: REDIS_DATABASE, brokers: kafka.openAddress },
      env: {
        NODE_EXTRA_CA_CERTS: kafka.certificate.pemFile,
        KAFKA_BROKERS: kafka.address,
        KAFKA_SSL: 'true',
        KAFKA_SASL_MECHANISM: 'scram-sha-256',
        KAFKA_SASL_USERNAME: SCRAM_USER,
        KAFKA_SASL_PASSWORD: SCRAM_PASSWORD,
        REDIS_URL: `rediss://${fronts.redis.address}/${String(REDIS_DATABASE)}`,
        S3_ENDPOINT: `https://${fronts.s3.address}`,
        COUPON_API_URL: `https://${fronts.couponApi.address}`,
        PUSH_API_URL: `https://${fronts.pushApi.address}`,
        AUTH_TOKEN_URL: `https://${fronts.auth.address}/token`,
      },
      envOf,
    });
    return current;
  }

  function only(scenario: Scenario): PodProcess {
    const [pod] = scenario.pods;
    if (pod === undefined) throw new Error('no pod');
    return pod;
  }

  async function expectAllKept(scenario: Scenario): Promise<void> {
    await scenario.untilDrained();
    expect((await scenario.promises()).filter(({ holds }) => !holds)).toEqual([]);
  }

  async function whyNotReady(pod: PodProcess): Promise<string> {
    const answer = await fetch(`${pod.url}/ready`);
    expect(answer.status).toBe(503);
    return ((await answer.json()) as { reasons: string[] }).reasons.join('; ');
  }

  it('three pods, each with another login, through several renewals of it: every promise holds', async () => {
    const logins = [
      {
        KAFKA_SASL_MECHANISM: 'plain',
        KAFKA_SASL_USERNAME: PLAIN_USER.name,
        KAFKA_SASL_PASSWORD: PLAIN_USER.password,
      },
      { KAFKA_SASL_MECHANISM: 'scram-sha-256' },
      { KAFKA_SASL_MECHANISM: 'scram-sha-512' },
    ];
    const before = Object.fromEntries(Object.entries(fronts).map(([name, { accepted }]) => [name, accepted]));
    // A busy machine is no matter of logins: neither its slow answers nor pushes given up as it stood still for 2 s.
    const patience = { COUPON_API_TIMEOUT_MS: '60000', PUSH_API_TIMEOUT_MS: '60000' };
    const scenario = await start(logins.length, (pod) => ({ ...patience, ...logins[pod] }));
    await Promise.all(scenario.pods.map((pod) => pod.start()));
    await Promise.all(scenario.pods.map((pod) => pod.waitUntilReady()));
    // Ready is each by itself; what is said of the joins ends once all three are members.
    await eventually(async () => {
      const statuses = await Promise.all(scenario.pods.map((pod) => pod.status()));
      for (const status of statuses) expect(status?.partitions.length).toBeGreaterThan(0);
    });
    const readyAt = new Date().toISOString();
    // For longer than a login lasts: one that is not renewed is cut off.
    await scenario.play(1500, 100);
    await expectAllKept(scenario);
    for (const pod of scenario.pods) expect((await pod.status())?.events.received).toBeGreaterThan(0);
    for (const [name, { accepted }] of Object.entries(fronts)) {
      expect(accepted, `connections to ${name}`).toBeGreaterThan(before[name] ?? 0);
    }
    for (const pod of scenario.pods) {
      const since = (await scenario.log(pod)).filter(({ time }) => String(time) > readyAt);
      const told = since.filter((line) => line['level'] !== 'info' || 'error' in line);
      expect(told.filter(({ error }) => error !== 'too late to write')).toEqual([]);
    }
    // One that stops makes the others say that the group forms anew.
    for (const pod of scenario.pods) expect(await pod.stop()).toMatchObject({ code: 0, signal: null });
  });

  const byToken = (): Record<string, string> => ({
    KAFKA_SASL_MECHANISM: 'oauthbearer',
    KAFKA_SASL_USERNAME: '',
    KAFKA_SASL_PASSWORD: '',
    KAFKA_OAUTH_TOKEN_URL: tokens.url,
    KAFKA_OAUTH_CLIENT_ID: TOKEN_CLIENT.clientId,
    KAFKA_OAUTH_CLIENT_SECRET: TOKEN_CLIENT.clientSecret,
  });

  it('by tokens that end under way, and by a client certificate: every promise holds', async () => {
    const scenario = await start(2, (pod) => ({
      ...(pod === 0 ? byToken() : OPEN_KAFKA),
      ...(pod === 1 && {
        KAFKA_BROKERS: kafka.mutualAddress,
        KAFKA_SSL: 'true',
        KAFKA_SSL_CERT_FILE: clientFiles.certificate,
        KAFKA_SSL_KEY_FILE: clientFiles.key,
      }),
      // Brokers have an authority of their own.
      KAFKA_SSL_CA_FILE: kafka.certificate.pemFile,
    }));
    const before = tokens.given;
    await Promise.all(scenario.pods.map((pod) => pod.start()));
    await Promise.all(scenario.pods.map((pod) => pod.waitUntilReady()));
    await eventually(async () => {
      const statuses = await Promise.all(scenario.pods.map((pod) => pod.status()));
      for (const status of statuses) expect(status?.partitions.length).toBeGreaterThan(0);
    });
    // Longer than a token lasts.
    await scenario.play(1600, 100);
    await expectAllKept(scenario);
    expect(tokens.given).toBeGreaterThan(before + 1);
    for (const pod of scenario.pods) {
      expect((await pod.status())?.events.received).toBeGreaterThan(0);
      expect(JSON.stringify(await scenario.log(pod))).not.toContain(TOKEN_CLIENT.clientSecret);
      expect(await pod.stop()).toMatchObject({ code: 0, signal: null });
    }
  });

  it('an auth server of the brokers that is away: waits, says so, and goes on once it is back', async () => {
    tokens.isAway = true;
    const scenario = await start(1, byToken);
    const pod = only(scenario);
    try {
      await pod.start();
      await scenario.play(100, 1000);
      await eventually(async () => {
        expect(await whyNotReady(pod)).toMatch(/no token to log in with: KAFKA_OAUTH_TOKEN_URL: HTTP 503/);
      });
      expect((await fetch(`${pod.url}/live`)).status).toBe(200);
    } finally {
      tokens.isAway = false;
    }
    await pod.waitUntilReady();
    await expectAllKept(scenario);
  });

  it('tokens that the brokers do not know: not let in, and said', async () => {
    const strangers = await startTokenServer({ subject: 'notifier', ...TOKEN_CLIENT, lifetimeSeconds: 60 });
    cleanups.push(async () => {
      strangers.stop();
    });
    const pod = only(await start(1, () => ({ ...byToken(), KAFKA_OAUTH_TOKEN_URL: strangers.url })));
    await pod.start();
    await eventually(async () => {
      expect(await whyNotReady(pod)).toMatch(/not joined to the consumer group: .*refuse the token: ./);
    });
    expect(await pod.stop()).toMatchObject({ code: 0, signal: null });
  });

  it('no client certificate where the broker wants one: not let in, and said', async () => {
    const scenario = await start(1, () => ({
      ...{ ...OPEN_KAFKA, KAFKA_SSL: 'true', KAFKA_BROKERS: kafka.mutualAddress },
      KAFKA_SSL_CA_FILE: kafka.certificate.pemFile,
    }));
    const pod = only(scenario);
    await pod.start();
    await eventually(async () => {
      expect(await whyNotReady(pod)).toMatch(/not joined to the consumer group: ./);
    });
    expect(await pod.stop()).toMatchObject({ code: 0, signal: null });
  });

  it('a password that the broker does not know: says so, and goes on once it does', async () => {
    const secret = 'not-yet-known';
    const scenario = await start(1, () => ({
      KAFKA_SASL_USERNAME: 'latecomer',
      KAFKA_SASL_PASSWORD: secret,
    }));
    const pod = only(scenario);
    await pod.start();
    await scenario.play(100, 1000);
    await eventually(async () => {
      expect(await whyNotReady(pod)).toMatch(/not joined to the consumer group: .*authentication failed/i);
    });
    expect((await fetch(`${pod.url}/live`)).status).toBe(200);
    await kafka.setScramPassword('latecomer', secret);
    await pod.waitUntilReady();
    await expectAllKept(scenario);
    expect(JSON.stringify(await scenario.log(pod))).not.toContain(secret);
  });

  it('a password that is changed under way: ends with that reason, and a pod with the new one goes on', async () => {
    await kafka.setScramPassword('rotated', 'old');
    const scenario = await start(2, (pod) => ({
      KAFKA_SASL_USERNAME: 'rotated',
      KAFKA_SASL_PASSWORD: pod === 0 ? 'old' : 'new',
    }));
    const [before, after] = scenario.pods;
    if (before === undefined || after === undefined) throw new Error('no pods');
    await before.start();
    await before.waitUntilReady();
    await scenario.play(200, 500);
    await kafka.setScramPassword('rotated', 'new');
    await eventually(() => {
      expect(before.isRunning()).toBe(false);
    });
    expect(await before.lastWords()).toMatch(/^exit code 1\n[^]*authentication failed/i);
    await after.start();
    await after.waitUntilReady();
    await scenario.play(200, 500);
    await expectAllKept(scenario);
  });

  it.each([
    ['brokers', 'kafka', /not joined to the consumer group: .*self-signed certificate/],
    ['a Redis', 'redis', /redis is not reachable: .*self-signed certificate/],
    ['an S3', 's3', /no valid rules yet: .*self-signed certificate/],
  ] as const)(
    '%s whose certificate nobody vouches for: not spoken to, and named',
    async (_, untrusted, reason) => {
      const scenario = await start(1, () => ({
        NODE_EXTRA_CA_CERTS: '',
        // The others must not be what the pod fails on.
        ...(untrusted !== 'kafka' && OPEN_KAFKA),
        ...(untrusted !== 'kafka' && { KAFKA_BROKERS: kafka.openAddress }),
        ...(untrusted !== 'redis' && { REDIS_URL: openRedisUrl() }),
        ...(untrusted !== 's3' && { S3_ENDPOINT: given('S3_ENDPOINT') }),
      }));
      const pod = only(scenario);
      await pod.start();
      await eventually(async () => {
        expect(await whyNotReady(pod)).toMatch(reason);
      });
      expect(await pod.stop()).toMatchObject({ code: 0, signal: null });
    },
  );

  it('a partner that comes with a certificate of somebody else: events wait, none is lost', async () => {
    const scenario = await start(1);
    const pod = only(scenario);
    await pod.start();
    await pod.waitUntilReady();
    await fronts.couponApi.present(stranger);
    await scenario.play(100, 1000);
    await eventually(async () => {
      expect((await pod.status())?.away).toContain('coupon API');
    });
    const [said] = (await scenario.log(pod)).filter(
      ({ msg }) => msg === 'the coupon API is down: calls wait',
    );
    expect(said).toMatchObject({ error: expect.stringMatching(/self-signed certificate/) as string });
    await fronts.couponApi.present(kafka.certificate);
    await expectAllKept(scenario);
  });
});
