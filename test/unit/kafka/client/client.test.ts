import kafkajs from 'kafkajs';
import { expect, it } from 'vitest';
import { parseAddress } from '../../../../src/kafka/client/client.ts';
import { adaptClusters } from '../../../../src/kafka/client/kafkajs-inside.ts';

it.each([
  ['kafka:9092', { host: 'kafka', port: 9092 }],
  ['10.0.0.1:9094', { host: '10.0.0.1', port: 9094 }],
  ['[::1]:9092', { host: '::1', port: 9092 }],
  ['[2001:db8::7]:19092', { host: '2001:db8::7', port: 19_092 }],
])('the address %s', (broker, address) => {
  expect(parseAddress(broker)).toEqual(address);
});

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
