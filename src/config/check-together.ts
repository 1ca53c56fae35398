/** What of a pod's variables can't be judged one by one: what goes only together, and what excludes each other. */
import type { ConfigProblem } from './secret-files.ts';
import { isKeyOf } from './pem-file.ts';
import { TOPIC_VARIABLES, type Values, type VariableName } from './variables.ts';

const PASSWORD_LOGIN = ['KAFKA_SASL_USERNAME', 'KAFKA_SASL_PASSWORD'] as const;
const TOKEN_LOGIN = ['KAFKA_OAUTH_TOKEN_URL', 'KAFKA_OAUTH_CLIENT_ID', 'KAFKA_OAUTH_CLIENT_SECRET'] as const;
const TLS_FILES = ['KAFKA_SSL_CA_FILE', 'KAFKA_SSL_CERT_FILE', 'KAFKA_SSL_KEY_FILE'] as const;

type Present = (name: VariableName) => boolean;

/**
 * @param values without those of faulty variables, and of those that nobody asked for.
 * @param present whether a variable is set.
 */
export function checkTogether(values: Partial<Values>, present: Present): readonly ConfigProblem[] {
  return [
    ...checkKafkaLogin(values, present),
    ...together(['AUTH_TOKEN_URL', 'AUTH_CLIENT_ID', 'AUTH_CLIENT_SECRET'], present),
    ...together(['OPS_USER', 'OPS_PASSWORD'], present),
    ...checkKafkaTls(values, present),
    ...checkRedis(values, present),
    ...checkLimits(values),
    ...checkTopics(values),
    ...checkTraces(values),
  ];
}

function together(names: readonly VariableName[], present: Present): readonly ConfigProblem[] {
  if (!names.some(present)) return [];
  return names
    .filter((name) => !present(name))
    .map((name) => ({
      variable: name,
      message: `required together with ${names.filter((other) => other !== name).join(', ')}`,
    }));
}

function checkKafkaLogin(values: Partial<Values>, present: Present): readonly ConfigProblem[] {
  const mechanism = values.KAFKA_SASL_MECHANISM;
  const onlyWith = (names: readonly VariableName[], mechanisms: string): readonly ConfigProblem[] =>
    names
      .filter(present)
      .map((variable) => ({ variable, message: `expected only with KAFKA_SASL_MECHANISM ${mechanisms}` }));
  if (mechanism === 'oauthbearer') {
    return [
      ...together(['KAFKA_SASL_MECHANISM', ...TOKEN_LOGIN], present),
      ...onlyWith(PASSWORD_LOGIN, 'plain, scram-sha-256 or scram-sha-512'),
    ];
  }
  const tokens = onlyWith(TOKEN_LOGIN, 'oauthbearer');
  if (mechanism !== 'aws-msk-iam') {
    return [...together(['KAFKA_SASL_MECHANISM', ...PASSWORD_LOGIN], present), ...tokens];
  }
  const needs: ConfigProblem[] = [];
  if (values.KAFKA_SSL !== true)
    needs.push({ variable: 'KAFKA_SSL', message: 'expected true with KAFKA_SASL_MECHANISM aws-msk-iam' });
  if (!present('AWS_REGION'))
    needs.push({ variable: 'AWS_REGION', message: 'required with KAFKA_SASL_MECHANISM aws-msk-iam' });
  return [...needs, ...tokens, ...onlyWith(PASSWORD_LOGIN, 'plain, scram-sha-256 or scram-sha-512')];
}

function checkKafkaTls(values: Partial<Values>, present: Present): readonly ConfigProblem[] {
  const problems = [...together(['KAFKA_SSL_CERT_FILE', 'KAFKA_SSL_KEY_FILE'], present)];
  const given = TLS_FILES.filter(present);
  if (given.length > 0 && values.KAFKA_SSL === false)
    problems.push({ variable: 'KAFKA_SSL', message: `expected true with ${given.join(', ')}` });
  const { KAFKA_SSL_CERT_FILE: certificate, KAFKA_SSL_KEY_FILE: key } = values;
  if (certificate !== undefined && key !== undefined && !isKeyOf(key, certificate))
    problems.push({
      variable: 'KAFKA_SSL_KEY_FILE',
      message: 'expected the key of the first certificate in KAFKA_SSL_CERT_FILE',
    });
  return problems;
}

function checkLimits(values: Partial<Values>): readonly ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const { DRAIN_TIMEOUT_MS: drainMs, KAFKA_SESSION_TIMEOUT_MS: sessionMs } = values;
  if (drainMs !== undefined && sessionMs !== undefined && drainMs >= sessionMs) {
    problems.push({
      variable: 'DRAIN_TIMEOUT_MS',
      message:
        'expected less than KAFKA_SESSION_TIMEOUT_MS, else the group gives the partitions away while they drain',
    });
  }
  return problems;
}

function checkRedis(values: Partial<Values>, present: Present): readonly ConfigProblem[] {
  const problems = [...together(['REDIS_SENTINELS', 'REDIS_SENTINEL_NAME'], present)];
  const { REDIS_CLUSTER: isCluster, REDIS_URL: redisUrl } = values;
  if (isCluster !== true) return problems;
  if (redisUrl !== undefined && /[1-9]/.test(new URL(redisUrl).pathname))
    problems.push({ variable: 'REDIS_URL', message: 'expected no database: a cluster has only the one' });
  if (present('REDIS_SENTINELS'))
    problems.push({ variable: 'REDIS_SENTINELS', message: 'expected only without REDIS_CLUSTER' });
  return problems;
}

function checkTopics(values: Partial<Values>): readonly ConfigProblem[] {
  return TOPIC_VARIABLES.flatMap((variable, index) => {
    const twin = TOPIC_VARIABLES.slice(0, index).find(
      (other) => values[other] !== undefined && values[other] === values[variable],
    );
    return twin === undefined ? [] : [{ variable, message: `expected another topic than ${twin}` }];
  });
}

function checkTraces(values: Partial<Values>): readonly ConfigProblem[] {
  const { OTEL_BSP_MAX_EXPORT_BATCH_SIZE: batch, OTEL_BSP_MAX_QUEUE_SIZE: queue } = values;
  if (batch === undefined || queue === undefined || batch <= queue) return [];
  return [
    {
      variable: 'OTEL_BSP_MAX_EXPORT_BATCH_SIZE',
      message: 'expected no more than OTEL_BSP_MAX_QUEUE_SIZE, as no more than that waits',
    },
  ];
}
