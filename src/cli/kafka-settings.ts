/** How a command reaches Kafka, by the variables that a pod reads. */
import { hostname } from 'node:os';
import { connectionTo } from '../compose/kafka-connection.ts';
import { KAFKA_VARIABLES as ADDRESS_VARIABLES, kafkaAddress } from '../config/kafka-address.ts';
import { PROXY_VARIABLES, proxiesOf } from '../config/proxies.ts';
import type { Values } from '../config/variables.ts';
import type { KafkaConnection } from '../kafka/client/client.ts';
import { systemClock } from '../runtime/clock.ts';

export const KAFKA_VARIABLES = [...ADDRESS_VARIABLES, ...PROXY_VARIABLES] as const;

/** @param command as brokers' logs name the client. */
export function kafkaConnection(
  settings: Pick<Values, (typeof KAFKA_VARIABLES)[number]>,
  command: string,
): KafkaConnection {
  return connectionTo(kafkaAddress(settings), `coupon-notifier-${command}-${hostname()}`, {
    clock: systemClock,
    proxies: proxiesOf(settings),
  });
}
