/**
 * Environment → one frozen, typed Config. Every bad or missing variable is reported at once, by name, with
 * what was expected; values are never echoed, because some are secrets. An empty variable counts as unset.
 */
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { checkTogether } from './check-together.ts';
import { kafkaAddress } from './kafka-address.ts';
import { proxiesOf } from './proxies.ts';
import { redisAddress } from './redis-address.ts';
import { secretTexts } from './secret-texts.ts';
import { withSecretFiles, type ConfigProblem, type Environment } from './secret-files.ts';
import { tracesOf } from './traces.ts';
import { VARIABLES, type Values, type VariableName } from './variables.ts';

/** The environment can't be started from. main exits with 78 (EX_CONFIG). */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly ConfigProblem[];
  constructor(problems: readonly ConfigProblem[]) {
    super(problems.map(({ variable, message }) => `${variable}: ${message}`).join('\n'));
    this.problems = problems;
  }
}

export type Config = ReturnType<typeof shapeConfig>;

/** @throws ConfigError naming every problem. */
export function readConfig(environment: Environment): Config {
  return shapeConfig(readSome(Object.keys(VARIABLES) as VariableName[], environment));
}

/**
 * Just some of the variables, for commands that need no more.
 * @throws ConfigError naming every problem among them.
 */
export function readSome<K extends VariableName>(
  names: readonly K[],
  environment: Environment,
): Pick<Values, K> {
  const { found, values, problems } = readVariables(names, environment);
  const asked = new Set<string>(names);
  const broken = new Set(problems.flatMap(({ variable }) => [variable, variable.replace(/_FILE$/, '')]));
  for (const problem of checkTogether(values, (name) => Boolean(found[name]))) {
    if (asked.has(problem.variable) && !broken.has(problem.variable)) problems.push(problem);
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return values as Pick<Values, K>;
}

function readVariables(names: readonly VariableName[], environment: Environment) {
  const { found, files, problems } = withSecretFiles(names, environment);
  const values: Partial<Record<VariableName, unknown>> = {};
  const faulty = new Set(problems.map(({ variable }) => variable));
  for (const name of names) {
    const variable = files.get(name) ?? name;
    if (faulty.has(variable)) continue;
    const given = found[name];
    const parsed = VARIABLES[name].schema.safeParse(given === '' ? undefined : given);
    if (parsed.success) values[name] = parsed.data;
    else {
      const message = given ? (parsed.error.issues[0]?.message ?? 'invalid') : 'required, but not set';
      problems.push({ variable, message });
    }
  }
  return { found, values: values as Partial<Values>, problems };
}

function shapeConfig(values: Values) {
  return Object.freeze({
    pod: values.POD_NAME ?? `${hostname()}-${randomBytes(4).toString('hex')}`,
    kafka: {
      ...kafkaAddress(values),
      groupId: values.KAFKA_GROUP_ID,
      topic: values.KAFKA_TOPIC,
      deadLetterTopic: values.KAFKA_DEAD_LETTER_TOPIC,
      outcomeTopic: values.KAFKA_OUTCOME_TOPIC,
      decisionTopic: values.KAFKA_DECISION_TOPIC,
      decisionSamplePercent: values.DECISION_SAMPLE_PERCENT,
      start: values.KAFKA_START,
      sessionTimeoutMs: values.KAFKA_SESSION_TIMEOUT_MS,
    },
    lane: { name: values.LANE, thresholdBytes: values.LANE_THRESHOLD_BYTES },
    /** For a mask over all that is let out. */
    secrets: secretTexts(values),
    redis: redisAddress(values),
    proxies: proxiesOf(values),
    couponApi: {
      url: values.COUPON_API_URL,
      timeoutMs: values.COUPON_API_TIMEOUT_MS,
      patienceMs: values.COUPON_API_PATIENCE_MS,
      concurrency: values.COUPON_API_CONCURRENCY,
    },
    pushApi: {
      url: values.PUSH_API_URL,
      timeoutMs: values.PUSH_API_TIMEOUT_MS,
      concurrency: values.PUSH_API_CONCURRENCY,
      idempotent: values.PUSH_API_IDEMPOTENT,
      ratePerSecond: values.PUSH_RATE_PER_SECOND,
    },
    auth:
      values.AUTH_TOKEN_URL === undefined
        ? undefined
        : {
            tokenUrl: values.AUTH_TOKEN_URL,
            clientId: values.AUTH_CLIENT_ID ?? '',
            clientSecret: values.AUTH_CLIENT_SECRET ?? '',
          },
    documents: {
      rulesUri: values.RULES_S3_URI,
      merchantsUri: values.MERCHANTS_S3_URI,
      pollMs: values.DOCUMENT_POLL_MS,
      s3Endpoint: values.S3_ENDPOINT,
      region: values.AWS_REGION,
      proxies: proxiesOf(values),
    },
    limits: {
      maxEventAgeMs: values.MAX_EVENT_AGE_MS,
      maxRecordBytes: values.MAX_RECORD_BYTES,
      maxInFlightEvents: values.MAX_IN_FLIGHT_EVENTS,
      maxUncommittedEvents: values.MAX_UNCOMMITTED_EVENTS,
    },
    ordering: values.ORDERING,
    dryRun: values.DRY_RUN,
    commit: { intervalMs: values.COMMIT_INTERVAL_MS, maxEvents: values.COMMIT_MAX_EVENTS },
    drainTimeoutMs: values.DRAIN_TIMEOUT_MS,
    stallTimeoutMs: values.STALL_TIMEOUT_MS,
    ops: {
      host: values.HOST,
      port: values.PORT,
      queueBoard: values.QUEUE_BOARD,
      login:
        values.OPS_USER === undefined || values.OPS_PASSWORD === undefined
          ? undefined
          : { user: values.OPS_USER, password: values.OPS_PASSWORD },
    },
    datadog: {
      apiKey: values.DATADOG_API_KEY,
      site: values.DATADOG_SITE,
      apiUrl: values.DATADOG_API_URL,
      flushIntervalMs: values.DATADOG_FLUSH_INTERVAL_MS,
      tags: values.METRIC_TAGS ?? [],
      proxies: proxiesOf(values),
    },
    /** Undefined: off. */
    traces: tracesOf(values),
    logLevel: values.LOG_LEVEL,
  } as const);
}
