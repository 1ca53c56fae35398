/**
 * The names that one run uses, and a pod's environment made of them. Topics, group, keys and user ids carry the
 * run's mark where services are shared with others, so that an earlier run's caps and records are not met again.
 */
import type { PartnerUrls } from '../partners/partners.ts';
import { DEFAULT_CREDENTIALS } from '../partners/create-partners.ts';

export const BUCKET = 'coupon-notifier';

/** What a record may unpack to here; small, so that the city can show one that is too large. */
export const MAX_RECORD_BYTES = 256 * 1024;

/** Ms; shorter than a pod's own default (15 s), so that a run needs less patience. */
export const SESSION_TIMEOUT_MS = 8000;

export interface RunNames {
  readonly topic: string;
  readonly outcomeTopic: string;
  readonly deadLetterTopic: string;
  /** Undefined: pods don't record decisions. */
  readonly decisionTopic?: string;
  readonly groupId: string;
  readonly rulesUri: string;
  readonly merchantsUri: string;
  readonly idPrefix: string;
  /** Of the keys in Redis; undefined: the service's own default. */
  readonly redisPrefix?: string;
}

/**
 * `mark`: what tells this run from others on the same services; empty where there are none. `recordsDecisions`: there is
 * a topic for what decisions saw.
 */
export const nameRun = (mark: string, recordsDecisions = false): RunNames => {
  const suffix = mark === '' ? '' : `-${mark}`;
  return {
    topic: `location-events${suffix}`,
    outcomeTopic: `location-events${suffix}.outcomes`,
    deadLetterTopic: `location-events${suffix}.dead-letter`,
    ...(recordsDecisions && { decisionTopic: `location-events${suffix}.decisions` }),
    groupId: `coupon-notifier${suffix}`,
    rulesUri: `s3://${BUCKET}/demo${suffix}/rules.yaml`,
    merchantsUri: `s3://${BUCKET}/demo${suffix}/merchants.json`,
    idPrefix: mark === '' ? '' : `${mark}-`,
    ...(mark !== '' && { redisPrefix: `coupon-notifier${suffix}` }),
  };
};

/** What all pods of a run have in common, and what the commands for operators go by. */
export const fleetEnvironment = (
  services: Readonly<Record<string, string>>,
  names: RunNames,
  partners: PartnerUrls,
): Readonly<Record<string, string>> => ({
  ...services,
  ...(names.redisPrefix !== undefined && { REDIS_PREFIX: names.redisPrefix }),
  KAFKA_TOPIC: names.topic,
  KAFKA_OUTCOME_TOPIC: names.outcomeTopic,
  KAFKA_DEAD_LETTER_TOPIC: names.deadLetterTopic,
  ...(names.decisionTopic !== undefined && { KAFKA_DECISION_TOPIC: names.decisionTopic }),
  KAFKA_GROUP_ID: names.groupId,
  KAFKA_SESSION_TIMEOUT_MS: String(SESSION_TIMEOUT_MS),
  DRAIN_TIMEOUT_MS: '6000',
  RULES_S3_URI: names.rulesUri,
  MERCHANTS_S3_URI: names.merchantsUri,
  DOCUMENT_POLL_MS: '5000',
  COUPON_API_URL: partners.couponApi,
  COUPON_API_TIMEOUT_MS: '1000',
  PUSH_API_URL: partners.pushApi,
  PUSH_API_TIMEOUT_MS: '2000',
  AUTH_TOKEN_URL: partners.authToken,
  AUTH_CLIENT_ID: DEFAULT_CREDENTIALS.clientId,
  AUTH_CLIENT_SECRET: DEFAULT_CREDENTIALS.clientSecret,
  MAX_RECORD_BYTES: String(MAX_RECORD_BYTES),
  LOG_LEVEL: 'info',
});

/** A pod's environment, section 8 of the contract. */
export const podEnvironment = (
  fleet: Readonly<Record<string, string>>,
  pod: { readonly name: string; readonly port: number },
): Readonly<Record<string, string>> => ({
  ...fleet,
  HOST: '127.0.0.1',
  PORT: String(pod.port),
  POD_NAME: pod.name,
});
