/** How Kafka is reached: of a pod and of every command, by the same variables. */
import type { Values } from './variables.ts';

export const KAFKA_VARIABLES = [
  'KAFKA_BROKERS',
  'KAFKA_SSL',
  'KAFKA_SSL_CA_FILE',
  'KAFKA_SSL_CERT_FILE',
  'KAFKA_SSL_KEY_FILE',
  'KAFKA_SASL_MECHANISM',
  'KAFKA_SASL_USERNAME',
  'KAFKA_SASL_PASSWORD',
  'KAFKA_OAUTH_TOKEN_URL',
  'KAFKA_OAUTH_CLIENT_ID',
  'KAFKA_OAUTH_CLIENT_SECRET',
  'AWS_REGION',
] as const;

export type KafkaAddress = ReturnType<typeof kafkaAddress>;

/** @param values checked: what goes together is there. */
export function kafkaAddress(values: Pick<Values, (typeof KAFKA_VARIABLES)[number]>) {
  const {
    KAFKA_SSL_CA_FILE: ca,
    KAFKA_SSL_CERT_FILE: cert,
    KAFKA_SSL_KEY_FILE: key,
    AWS_REGION: region = '',
  } = values;
  return {
    brokers: values.KAFKA_BROKERS,
    /** The texts of PEM files; false: no TLS. */
    ssl: values.KAFKA_SSL && {
      ...(ca !== undefined && { ca }),
      ...(cert !== undefined && key !== undefined && { cert, key }),
    },
    login: loginOf(values, region),
  } as const;
}

function loginOf(values: Pick<Values, (typeof KAFKA_VARIABLES)[number]>, region: string) {
  const mechanism = values.KAFKA_SASL_MECHANISM;
  switch (mechanism) {
    case undefined:
      return undefined;
    case 'aws-msk-iam':
      return { mechanism, region };
    case 'oauthbearer':
      return {
        mechanism,
        tokenUrl: values.KAFKA_OAUTH_TOKEN_URL ?? '',
        clientId: values.KAFKA_OAUTH_CLIENT_ID ?? '',
        clientSecret: values.KAFKA_OAUTH_CLIENT_SECRET ?? '',
      };
    default:
      return {
        mechanism,
        username: values.KAFKA_SASL_USERNAME ?? '',
        password: values.KAFKA_SASL_PASSWORD ?? '',
      };
  }
}
