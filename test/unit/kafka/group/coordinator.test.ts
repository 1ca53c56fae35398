/** A group without a coordinator for a moment is waited for, however kafkajs words it. */
import kafkajs, { type Cluster } from 'kafkajs';
import { expect, it } from 'vitest';
import { brokerErrorType } from '../../../../src/kafka/client/client.ts';
import { followCoordinator } from '../../../../src/kafka/group/coordinator.ts';

const { KafkaJSConnectionError, KafkaJSNonRetriableError } = kafkajs;

const find = async (failure: Error): Promise<unknown> => {
  const cluster = { findGroupCoordinator: () => Promise.reject(failure) } as unknown as Cluster;
  followCoordinator(cluster);
  return cluster.findGroupCoordinator({ groupId: 'g' }).then(
    () => undefined,
    (error: unknown) => error,
  );
};

const final = (cause: Error): Error => Object.assign(new KafkaJSNonRetriableError(cause.message), { cause });

const notFound = Object.assign(new Error('Failed to find group coordinator'), {
  name: 'KafkaJSGroupCoordinatorNotFound',
  retriable: false,
});

it.each([
  ['refused', new KafkaJSConnectionError('connect ECONNREFUSED')],
  // What is left of it where the broker took the connection and broke off.
  ['cut off', final(notFound)],
  ['broken off in the middle', final(new Error('Broker not connected'))],
  // As where the whole cluster is away, and no broker of it is known any more.
  ['without anybody to ask', Object.assign(new Error('there is no broker to ask'), { retriable: true })],
])('a join whose search for the coordinator is %s is begun again', async (_how, failure) => {
  expect(brokerErrorType(await find(failure))).toBe('REBALANCE_IN_PROGRESS');
});

it('a failure that no waiting mends stays one', async () => {
  const failure = new KafkaJSNonRetriableError('the group is not yours');
  expect(await find(failure)).toBe(failure);
  const defect = new TypeError('x is not a function');
  expect(await find(defect)).toBe(defect);
});
