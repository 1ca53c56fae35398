/**
 * Every environment variable the service reads: its name, what it must look like, its default and one line
 * for the pages. The tables there are generated from this list, so it can't drift.
 */
import { z } from 'zod';
import { REDIS_PREFIX } from '../domain/redis-prefix.ts';
import {
  baseUrl,
  addresses,
  count,
  datadogSite,
  durationMs,
  endpointUrl,
  flag,
  oneOf,
  percent,
  proxyUrl,
  redisPrefix,
  redisUrl,
  s3Uri,
  tags,
  text,
  topic,
} from './forms.ts';
import { certificateFile, keyFile } from './pem-file.ts';
import { TRACE_VARIABLES } from './trace-variables.ts';
import { defaulted, given, optional, secret } from './variable.ts';

/** A rebalance may take up to three times the session, and Kafka counts it in 31 bits. */
const MAX_SESSION_TIMEOUT_MS = 24 * 60 * 60 * 1000;

export const VARIABLES = {
  KAFKA_BROKERS: given(addresses, 'Comma-separated `host:port`'),
  KAFKA_GROUP_ID: defaulted(text, 'coupon-notifier', 'Consumer group'),
  KAFKA_TOPIC: defaulted(topic, 'location-events', 'Where location events come from'),
  KAFKA_DEAD_LETTER_TOPIC: defaulted(
    topic,
    'location-events.dead-letter',
    'Where what cannot be processed goes',
  ),
  KAFKA_START: defaulted(
    oneOf('earliest', 'latest'),
    'earliest',
    'Where a group with no committed offset begins: `earliest`, `latest`',
  ),
  KAFKA_SSL: defaulted(flag, false, 'TLS to the brokers'),
  KAFKA_SSL_CA_FILE: optional(
    certificateFile,
    'PEM file of the authorities that may vouch for brokers, in place of Node’s own list',
  ),
  KAFKA_SSL_CERT_FILE: optional(certificateFile, 'PEM file of a client certificate, its chain behind it'),
  KAFKA_SSL_KEY_FILE: optional(keyFile, 'PEM file of its key, without a passphrase'),
  KAFKA_SASL_MECHANISM: optional(
    oneOf('plain', 'scram-sha-256', 'scram-sha-512', 'oauthbearer', 'aws-msk-iam'),
    '`plain`, `scram-sha-256`, `scram-sha-512`; `oauthbearer` with tokens of `KAFKA_OAUTH_TOKEN_URL`; `aws-msk-iam` with the pod’s AWS credentials',
    'off',
  ),
  KAFKA_SASL_USERNAME: optional(text, 'With `plain` and `scram-…`', 'off'),
  KAFKA_SASL_PASSWORD: secret(optional(text, 'With `plain` and `scram-…`', 'off')),
  KAFKA_OAUTH_TOKEN_URL: optional(endpointUrl, 'With `oauthbearer`: client-credentials endpoint', 'off'),
  KAFKA_OAUTH_CLIENT_ID: optional(text, 'With `oauthbearer`', 'off'),
  KAFKA_OAUTH_CLIENT_SECRET: secret(optional(text, 'With `oauthbearer`', 'off')),
  KAFKA_OUTCOME_TOPIC: optional(topic, 'Every outcome as a JSON record, keyed by user'),
  KAFKA_DECISION_TOPIC: optional(topic, 'What decisions saw as JSON records, keyed by user'),
  DECISION_SAMPLE_PERCENT: defaulted(
    percent,
    100,
    'Of how many users decisions are recorded there: a stable share, all events of each',
  ),
  KAFKA_SESSION_TIMEOUT_MS: defaulted(
    durationMs(1000, MAX_SESSION_TIMEOUT_MS),
    15_000,
    'A killed pod’s partitions move after this; longer than `DRAIN_TIMEOUT_MS`',
  ),
  LANE: defaulted(
    oneOf('all', 'small', 'large'),
    'all',
    '`small` or `large`: only records on that side of the threshold; each lane with its own `KAFKA_GROUP_ID`',
  ),
  LANE_THRESHOLD_BYTES: defaulted(count(1), 262_144, 'Value size as it came; at the threshold is `large`'),
  REDIS_URL: secret(given(redisUrl, '`redis://` or `rediss://`')),
  REDIS_CLUSTER: defaulted(flag, false, '`REDIS_URL` names a node of a Redis Cluster'),
  REDIS_SENTINELS: optional(
    addresses,
    'Comma-separated `host:port` of sentinels, which name the master in place of the host in `REDIS_URL`',
  ),
  REDIS_SENTINEL_NAME: optional(text, 'The master’s name, as the sentinels know it'),
  REDIS_PREFIX: defaulted(
    redisPrefix,
    REDIS_PREFIX,
    'Of every key and queue: deployments that share a Redis need one each',
  ),
  HTTPS_PROXY: secret(
    optional(
      proxyUrl,
      'Forward proxy to `https:` partners, S3 and Datadog: `http://[user:password@]host:port`',
    ),
  ),
  HTTP_PROXY: secret(optional(proxyUrl, 'The same for their `http:` URLs')),
  NO_PROXY: optional(
    text,
    'Comma-separated: what is reached directly. A host, `.domain` for all below it, `*`; each may have a port',
  ),
  COUPON_API_URL: given(baseUrl, 'Base URL of the coupon API'),
  COUPON_API_TIMEOUT_MS: defaulted(durationMs(1), 2000, 'Longest one call may take'),
  COUPON_API_PATIENCE_MS: defaulted(
    durationMs(1),
    30_000,
    'How long one event’s own failing calls are tried again while the API answers others; then `coupon_api_failed`',
  ),
  COUPON_API_CONCURRENCY: defaulted(
    z.union([z.literal('auto'), count(1, 10_000)], {
      error: 'expected a whole number from 1 to 10000, or auto',
    }),
    128,
    'Size of the router pool: most coupon calls in flight in this pod; `auto` finds it',
  ),
  PUSH_API_URL: given(baseUrl, 'Base URL of the push API'),
  PUSH_API_TIMEOUT_MS: defaulted(durationMs(1), 5000, 'Longest one call may take'),
  PUSH_API_CONCURRENCY: defaulted(count(1, 10_000), 32, 'Most push calls in flight in this pod'),
  PUSH_API_IDEMPOTENT: defaulted(
    flag,
    false,
    '`true` only where the push API honours `Idempotency-Key`: ambiguous failures are then retried',
  ),
  PUSH_RATE_PER_SECOND: optional(count(1), 'Most pushes a second across all pods'),
  AUTH_TOKEN_URL: optional(endpointUrl, 'OAuth client-credentials endpoint', 'off'),
  AUTH_CLIENT_ID: optional(text, 'With `AUTH_TOKEN_URL`', 'off'),
  AUTH_CLIENT_SECRET: secret(optional(text, 'With `AUTH_TOKEN_URL`', 'off')),
  RULES_S3_URI: given(s3Uri, '`s3://bucket/key` of the rules document'),
  MERCHANTS_S3_URI: optional(s3Uri, '`s3://bucket/key` of the merchants document'),
  DOCUMENT_POLL_MS: defaulted(durationMs(100), 30_000, 'How often S3 is asked for a newer document'),
  S3_ENDPOINT: optional(baseUrl, 'Another S3 than AWS’s own; path-style', 'AWS’s own'),
  AWS_REGION: optional(text, 'With the usual AWS credentials', 'AWS’s own'),
  MAX_EVENT_AGE_MS: defaulted(
    durationMs(1),
    900_000,
    'Ceiling on an event’s age; `event.maxAge` in the rules may be shorter',
  ),
  MAX_RECORD_BYTES: defaulted(
    count(1, 1_073_741_824),
    67_108_864,
    'Larger, as it came or unpacked: `too_large`',
  ),
  MAX_IN_FLIGHT_EVENTS: defaulted(count(1), 10_000, 'Events read but without outcome, in this pod'),
  MAX_UNCOMMITTED_EVENTS: defaulted(
    count(1),
    100_000,
    'Most events of a partition beyond its committed offset that may have been read',
  ),
  DRY_RUN: defaulted(flag, false, 'Everything but the call to the push API, with claims of its own'),
  QUEUE_BOARD: defaulted(flag, false, 'Serve the push queue’s board, read-only, at `/queue`'),
  ORDERING: defaulted(
    oneOf('user', 'partition', 'none'),
    'user',
    'What is processed one at a time, in order: `user`, `partition`, `none`',
  ),
  COMMIT_INTERVAL_MS: defaulted(
    durationMs(1),
    1000,
    'Offsets are committed this often, sooner where nothing finishes for a tenth of it …',
  ),
  COMMIT_MAX_EVENTS: defaulted(count(1), 1000, '… or after this many events, whichever comes first'),
  DRAIN_TIMEOUT_MS: defaulted(
    durationMs(1),
    10_000,
    'Longest a planned stop or rebalance takes; shorter than `KAFKA_SESSION_TIMEOUT_MS`',
  ),
  STALL_TIMEOUT_MS: defaulted(
    durationMs(1000),
    120_000,
    'Without progress for this long while there is lag, the process exits',
  ),
  PORT: defaulted(count(0, 65_535), 8080, 'Ops endpoints'),
  HOST: defaulted(text, '0.0.0.0', 'Ops endpoints'),
  OPS_USER: optional(
    z.string().regex(/^[^\p{Cc}:]+$/u, 'expected a name without a colon'),
    'Basic auth for `/`, `/queue` and what they load; probes, `/status` and `/metrics` stay open',
  ),
  OPS_PASSWORD: secret(optional(text, 'With `OPS_USER`')),
  DATADOG_API_KEY: secret(
    optional(
      z.string().regex(/^[\x21-\x7e]+$/, 'expected printable ASCII without spaces'),
      'Metrics are sent where it is set',
      'off',
    ),
  ),
  DATADOG_SITE: optional(datadogSite, 'Bare: such as `datadoghq.eu`', '`datadoghq.com`'),
  DATADOG_API_URL: optional(baseUrl, 'Overrides the whole base URL (a proxy, a test)', 'off'),
  DATADOG_FLUSH_INTERVAL_MS: defaulted(durationMs(100), 10_000, 'How often metrics are sent'),
  METRIC_TAGS: optional(tags, 'On every metric: `k:v,k:v`'),
  POD_NAME: optional(
    z
      .string()
      .regex(/^[\x21-\x7e]{1,253}$/, 'expected at most 253 characters, printable ASCII without spaces'),
    'Unique a pod',
    'host name and a random suffix',
  ),
  LOG_LEVEL: defaulted(
    oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal'),
    'info',
    'JSON lines on stdout',
  ),
  ...TRACE_VARIABLES,
} as const;

/** Each names a topic; no two name the same. */
export const TOPIC_VARIABLES = [
  'KAFKA_TOPIC',
  'KAFKA_DEAD_LETTER_TOPIC',
  'KAFKA_OUTCOME_TOPIC',
  'KAFKA_DECISION_TOPIC',
] as const;

export type VariableName = keyof typeof VARIABLES;
export type Values = { readonly [K in VariableName]: z.infer<(typeof VARIABLES)[K]['schema']> };
