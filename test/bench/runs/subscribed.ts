/** A consumer of the benchmark's topic for contenders that are no pod: joined to their group, not running yet. */
import kafkajs, { type Consumer } from 'kafkajs';

const { KAFKA_BROKERS = '', TOPIC = '', GROUP = '' } = process.env;

/** As many as the topic has partitions. */
export const PARTITIONS_AT_ONCE = 12;

/** @throws KafkaJSError where the brokers can't be reached. */
export async function openSubscribed(clientId: string): Promise<Consumer> {
  const kafka = new kafkajs.Kafka({
    brokers: KAFKA_BROKERS.split(','),
    clientId,
    logLevel: kafkajs.logLevel.ERROR,
  });
  const consumer = kafka.consumer({ groupId: GROUP });
  await consumer.connect();
  await consumer.subscribe({ topic: TOPIC, fromBeginning: true });
  return consumer;
}
