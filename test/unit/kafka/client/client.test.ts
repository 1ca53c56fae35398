import kafkajs from 'kafkajs';
import { expect, it } from 'vitest';
import { adaptClusters } from '../../../../src/kafka/client/kafkajs-inside.ts';

it('a kafkajs that makes its clusters elsewhere is refused', () => {
  expect(() => adaptClusters({} as kafkajs.Kafka, () => undefined)).toThrow(
    'kafkajs makes its clusters elsewhere',
  );
});

it('a cluster that lacks what is adapted is refused', () => {
  const kafka = new kafkajs.Kafka({ brokers: ['localhost:1'], logLevel: kafkajs.logLevel.NOTHING });
  adaptClusters(kafka, ({ brokerPool }) => Reflect.set(brokerPool, 'withBroker', undefined));
  adaptClusters(kafka, () => undefined);
  expect(() => kafka.admin()).toThrow('kafkajs has no withBroker');
});
