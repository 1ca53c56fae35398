/** What a pod that is given an environment says of it before it ends. */
import { ConfigError, readConfig } from '../../src/config/config.ts';

/** What every pod needs, and no more. */
export const REQUIRED = {
  KAFKA_BROKERS: 'a:9092',
  REDIS_URL: 'redis://localhost',
  COUPON_API_URL: 'http://localhost:1',
  PUSH_API_URL: 'http://localhost:2',
  RULES_S3_URI: 's3://bucket/rules.yaml',
};

/** @returns variable → what is wrong with it; empty where the pod would start. */
export function configProblems(environment: Readonly<Record<string, string>>): Record<string, string> {
  try {
    readConfig(environment);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return Object.fromEntries(error.problems.map(({ variable, message }) => [variable, message]));
  }
  return {};
}
