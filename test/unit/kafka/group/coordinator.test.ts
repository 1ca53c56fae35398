/** A group without a coordinator for a moment is waited for, however kafkajs words it. */
import kafkajs, { type Broker, type Cluster } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { brokerErrorType } from '../../../../src/kafka/client/client.ts';
import { followCoordinator } from '../../../../src/kafka/group/coordinator.ts';
import { createSession } from '../../../../src/kafka/group/session.ts';

const { KafkaJSConnectionError, KafkaJSNonRetriableError } = kafkajs;

const find = async (failure: Error): Promise<unknown> => {
  const cluster = { findGroupCoordinator: () => Promise.reject(failure) } as unknown as Cluster;
  followCoordinator(cluster, createSession(1000));
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

describe('a session is renewed', () => {
  const failed = (type: string): Error => Object.assign(new Error(type), { type });
  /** Which of the requests have renewed it, by what the broker does. */
  const renewals = async (request: string, answer: () => Promise<unknown>): Promise<number> => {
    let renewed = 0;
    const broker = { isConnected: () => true, [request]: answer } as unknown as Broker;
    const cluster = { findGroupCoordinator: () => Promise.resolve(broker) } as unknown as Cluster;
    followCoordinator(cluster, { asks: () => () => (renewed += 1) });
    const coordinator = await cluster.findGroupCoordinator({ groupId: 'g' });
    await (Reflect.get(coordinator, request) as () => Promise<unknown>)().catch(() => undefined);
    return renewed;
  };

  it.each([
    ['by a heartbeat', 'heartbeat', () => Promise.resolve({}), 1],
    ['while a join is awaited', 'heartbeat', () => Promise.reject(failed('REBALANCE_IN_PROGRESS')), 1],
    ['by an assignment', 'syncGroup', () => Promise.resolve({}), 1],
    ['not by one that was never answered', 'heartbeat', () => Promise.reject(new Error('timed out')), 0],
    ['not where the group has gone on', 'heartbeat', () => Promise.reject(failed('UNKNOWN_MEMBER_ID')), 0],
    ['not by a refused assignment', 'syncGroup', () => Promise.reject(failed('REBALANCE_IN_PROGRESS')), 0],
    ['not by a join alone', 'joinGroup', () => Promise.resolve({}), 0],
  ])('%s', async (_name, request, answer, expected) => {
    expect(await renewals(request, answer)).toBe(expected);
  });
});
