/** How a command reaches Kafka, by the variables that a pod reads. */
import { hostname } from 'node:os';
import type { Values } from '../config/variables.ts';
import type { KafkaConnection } from '../kafka/client/client.ts';

export const KAFKA_VARIABLES = [
  'KAFKA_BROKERS',
  'KAFKA_SSL',
  'KAFKA_SASL_MECHANISM',
  'KAFKA_SASL_USERNAME',
  'KAFKA_SASL_PASSWORD',
] as const;

/** @param command as brokers' logs name the client. */
export function kafkaConnection(
  settings: Pick<Values, (typeof KAFKA_VARIABLES)[number]>,
  command: string,
): KafkaConnection {
  const { KAFKA_SASL_MECHANISM: mechanism } = settings;
  return {
    brokers: settings.KAFKA_BROKERS,
    clientId: `coupon-notifier-${command}-${hostname()}`,
    ssl: settings.KAFKA_SSL,
    ...(mechanism !== undefined && {
      sasl: {
        mechanism,
        username: settings.KAFKA_SASL_USERNAME ?? '',
        password: settings.KAFKA_SASL_PASSWORD ?? '',
      },
    }),
  };
}
