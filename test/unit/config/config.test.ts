/** A fault in the environment is named, all of them at once, and no value is ever echoed. */
import { describe, expect, it } from 'vitest';
import { readConfig, readSome } from '../../../src/config/config.ts';
import { configProblems } from '../../support/config-problems.ts';

const good = {
  KAFKA_BROKERS: 'a:9092, b:9092',
  REDIS_URL: 'redis://localhost:6379',
  COUPON_API_URL: 'http://localhost:1',
  PUSH_API_URL: 'http://localhost:2',
  RULES_S3_URI: 's3://bucket/rules.yaml',
};

const AUTH = { AUTH_CLIENT_ID: 'id', AUTH_CLIENT_SECRET: 'secret' };

describe('a good environment', () => {
  it('takes the documented defaults', () => {
    const config = readConfig(good);
    expect(config.kafka).toMatchObject({
      brokers: ['a:9092', 'b:9092'],
      groupId: 'coupon-notifier',
      topic: 'location-events',
      deadLetterTopic: 'location-events.dead-letter',
      start: 'earliest',
      sessionTimeoutMs: 15_000,
    });
    expect(config).toMatchObject({
      ordering: 'user',
      dryRun: false,
      drainTimeoutMs: 10_000,
      stallTimeoutMs: 120_000,
      couponApi: { timeoutMs: 2000, concurrency: 128 },
      pushApi: { timeoutMs: 5000, concurrency: 32, idempotent: false },
      limits: {
        maxEventAgeMs: 900_000,
        maxRecordBytes: 67_108_864,
        maxInFlightEvents: 10_000,
        maxUncommittedEvents: 100_000,
      },
      commit: { intervalMs: 1000, maxEvents: 1000 },
    });
  });

  it('records decisions of all users, of none, or of a share in between, where a topic is set', () => {
    expect(readConfig(good).kafka).toMatchObject({ decisionTopic: undefined, decisionSamplePercent: 100 });
    for (const [given, percent] of [
      ['0', 0],
      ['0.25', 0.25],
      ['100', 100],
    ] as const) {
      const environment = { ...good, KAFKA_DECISION_TOPIC: 'seen', DECISION_SAMPLE_PERCENT: given };
      const { kafka } = readConfig(environment);
      expect(kafka).toMatchObject({ decisionTopic: 'seen', decisionSamplePercent: percent });
    }
  });

  it('gives every pod its own name', () => {
    expect(readConfig(good).pod).not.toBe(readConfig(good).pod);
  });

  it('an empty variable counts as unset', () => {
    expect(readConfig({ ...good, KAFKA_GROUP_ID: '', PUSH_RATE_PER_SECOND: '' }).kafka.groupId).toBe(
      'coupon-notifier',
    );
  });

  it.each([
    ['KAFKA_BROKERS', '[::1]:9092,kafka-1.internal:9093'],
    ['REDIS_URL', 'rediss://user:pass@[::1]:6380/15'],
    ['REDIS_PREFIX', 'team-1.coupons_eu'],
    ['COUPON_API_URL', 'https://[::1]:8443/base/'],
    ['DATADOG_SITE', 'us5.datadoghq.com'],
    ['AUTH_TOKEN_URL', 'https://auth/token?tenant=1'],
  ])('takes %s=%s', (name, value) => {
    expect(configProblems({ ...good, [name]: value, ...(name === 'AUTH_TOKEN_URL' && AUTH) })).toEqual({});
  });

  it('auto concurrency', () => {
    expect(readConfig({ ...good, COUPON_API_CONCURRENCY: 'auto' }).couponApi.concurrency).toBe('auto');
  });
});

describe('faults', () => {
  it('everything that is missing, at once', () => {
    expect(Object.keys(configProblems({}))).toEqual([
      'KAFKA_BROKERS',
      'REDIS_URL',
      'COUPON_API_URL',
      'PUSH_API_URL',
      'RULES_S3_URI',
    ]);
  });

  it.each([
    ['KAFKA_BROKERS', 'localhost'],
    ['KAFKA_BROKERS', 'kafka:0'],
    ['KAFKA_BROKERS', 'kafka:65536'],
    ['KAFKA_BROKERS', '::1:9092'],
    ['KAFKA_BROKERS', '[::1:9092'],
    ['KAFKA_BROKERS', '[12345::]:9092'],
    ['KAFKA_BROKERS', 'a:9092,'],
    ['KAFKA_BROKERS', 'PLAINTEXT://a:9092'],
    ['KAFKA_TOPIC', 'no spaces'],
    ['KAFKA_TOPIC', '..'],
    ['KAFKA_SESSION_TIMEOUT_MS', '2147483647'],
    ['KAFKA_START', 'middle'],
    ['KAFKA_SSL', 'yes'],
    ['REDIS_URL', 'http://localhost'],
    ['REDIS_PREFIX', 'team:coupons'],
    ['REDIS_PREFIX', '{team}'],
    ['REDIS_PREFIX', 'x'.repeat(65)],
    ['REDIS_URL', 'redis://:50%off@localhost'],
    ['REDIS_URL', 'redis://localhost/first'],
    ['COUPON_API_URL', 'localhost:80'],
    ['COUPON_API_URL', 'http://localhost/?key=1'],
    ['PUSH_API_URL', 'https://user:password@localhost'],
    ['AUTH_TOKEN_URL', 'https://user:password@localhost'],
    ['S3_ENDPOINT', 'http://localhost/#a'],
    ['COUPON_API_CONCURRENCY', '0'],
    ['COUPON_API_TIMEOUT_MS', '1e3'],
    ['PUSH_API_TIMEOUT_MS', '-5'],
    ['RULES_S3_URI', 'https://bucket/key'],
    ['RULES_S3_URI', 's3://bucket'],
    ['MAX_EVENT_AGE_MS', '99999999999'],
    ['LANE', 'medium'],
    ['ORDERING', 'key'],
    ['PORT', '70000'],
    ['METRIC_TAGS', 'env=prod'],
    ['OPS_USER', 'ops:team'],
    ['DATADOG_SITE', 'https://datadoghq.eu'],
    ['DATADOG_SITE', 'datadoghq.eu/'],
    ['DATADOG_SITE', 'datadoghq.eu:443'],
    ['DATADOG_SITE', 'eu'],
    ['DATADOG_API_KEY', 'two words'],
    ['POD_NAME', 'two words'],
    ['LOG_LEVEL', 'loud'],
  ])('%s=%s', (name, value) => {
    const found = configProblems({
      ...{ ...good, [name]: value },
      ...(name === 'AUTH_TOKEN_URL' && AUTH),
      ...(name === 'OPS_USER' && { OPS_PASSWORD: 'p' }),
    });
    expect(Object.keys(found)).toEqual([name]);
    expect(found[name]).toMatch(/^expected/);
  });

  it('what goes only together', () => {
    expect(
      Object.keys(configProblems({ ...good, AUTH_CLIENT_ID: 'x', KAFKA_SASL_MECHANISM: 'plain' })),
    ).toEqual(['KAFKA_SASL_USERNAME', 'KAFKA_SASL_PASSWORD', 'AUTH_TOKEN_URL', 'AUTH_CLIENT_SECRET']);
  });

  it('a user without a password', () => {
    expect(Object.keys(configProblems({ ...good, OPS_USER: 'ops' }))).toEqual(['OPS_PASSWORD']);
    expect(Object.keys(configProblems({ ...good, OPS_PASSWORD: 'p' }))).toEqual(['OPS_USER']);
  });

  it('a database of a cluster', () => {
    const cluster = { ...good, REDIS_CLUSTER: 'true' };
    expect(configProblems({ ...cluster, REDIS_URL: 'redis://localhost/2' })).toHaveProperty('REDIS_URL');
    expect(configProblems({ ...cluster, REDIS_URL: 'redis://localhost/0' })).toEqual({});
  });

  it('a drain limit that outlives the session', () => {
    expect(configProblems({ ...good, DRAIN_TIMEOUT_MS: '15000' })).toHaveProperty('DRAIN_TIMEOUT_MS');
  });

  it('a dead letter topic that is the source', () => {
    expect(configProblems({ ...good, KAFKA_DEAD_LETTER_TOPIC: 'location-events' })).toHaveProperty(
      'KAFKA_DEAD_LETTER_TOPIC',
    );
  });

  it('a decision topic that is another topic of ours', () => {
    const topics = { KAFKA_OUTCOME_TOPIC: 'seen', KAFKA_DECISION_TOPIC: 'seen' };
    expect(configProblems({ ...good, ...topics })).toEqual({
      KAFKA_DECISION_TOPIC: 'expected another topic than KAFKA_OUTCOME_TOPIC',
    });
  });

  it.each(['-1', '100.1', '1e1', '.5', '50%', 'half'])('a share of users that is %j', (share) => {
    expect(configProblems({ ...good, DECISION_SAMPLE_PERCENT: share })).toEqual({
      DECISION_SAMPLE_PERCENT: 'expected a number from 0 to 100',
    });
  });

  it('never echoes a secret', () => {
    const secret = 'redis//:hunter2@host';
    expect(JSON.stringify(configProblems({ ...good, REDIS_URL: secret }))).not.toContain('hunter2');
  });
});

it('a command reads only what it needs', () => {
  expect(readSome(['RULES_S3_URI'], good)).toEqual({ RULES_S3_URI: 's3://bucket/rules.yaml' });
  expect(() => readSome(['RULES_S3_URI', 'REDIS_URL'], {})).toThrow(/RULES_S3_URI.*\n.*REDIS_URL/);
});
