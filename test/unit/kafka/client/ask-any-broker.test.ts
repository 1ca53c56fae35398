import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { askAnyBroker, firstAnswer } from '../../../../src/kafka/client/ask-any-broker.ts';
import type { InsideCluster } from '../../../../src/kafka/client/kafkajs-inside.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const silent = (): Promise<string> => new Promise(() => undefined);
const failing = (message: string) => (): Promise<string> => Promise.reject(new Error(message));
const never = (): boolean => false;

it('a broker that says nothing is not waited for: the next one is asked a second later', async () => {
  const next = vi.fn(() => Promise.resolve('next'));
  const answer = firstAnswer([silent, next], never);
  await vi.advanceTimersByTimeAsync(900);
  expect(next).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(100);
  expect(await answer).toBe('next');
});

it('one that fails makes room for the next at once, and the last failure is told', async () => {
  expect(await firstAnswer([failing('a'), () => Promise.resolve('b')], never)).toBe('b');
  await expect(firstAnswer([failing('a'), failing('b')], never)).rejects.toThrow('b');
});

it('that there is no broker to ask is a failure that passes', async () => {
  await expect(firstAnswer([], never)).rejects.toMatchObject({ message: /no broker/, retriable: true });
});

it('a cluster of which no broker is known any more is asked through its seeds', async () => {
  const seed = { connect: vi.fn(() => Promise.resolve()), versions: {}, disconnect: () => Promise.resolve() };
  const pool = {
    brokers: {},
    seedBroker: undefined as unknown,
    rootLogger: {},
    findConnectedBroker: () => Promise.reject(new Error('not asked here')),
    createBroker: () => seed,
    withBroker: undefined as unknown,
  };
  const cluster = {
    brokerPool: pool,
    connectionPoolBuilder: { build: () => Promise.resolve({}) },
  } as unknown as InsideCluster;
  askAnyBroker(cluster, [{ host: 'seed', port: 9092 }]);
  const ask = vi.fn(() => Promise.resolve('coordinator'));
  expect(await cluster.brokerPool.withBroker(ask)).toBe('coordinator');
  expect(ask).toHaveBeenCalledWith({ nodeId: 'seed', broker: seed });
  seed.connect.mockRejectedValueOnce(Object.assign(new Error('refused'), { retriable: true }));
  await expect(cluster.brokerPool.withBroker(ask)).rejects.toMatchObject({ retriable: true });
});

it('a refusal that any broker would give ends the search', async () => {
  const next = vi.fn(() => Promise.resolve('next'));
  await expect(firstAnswer([failing('final'), next], () => true)).rejects.toThrow('final');
  expect(next).not.toHaveBeenCalled();
});

it('an answer that comes too late is given away, and its failure disturbs nobody', async () => {
  const first = Promise.withResolvers<string>();
  const second = Promise.withResolvers<string>();
  const late: string[] = [];
  const tries = [() => first.promise, () => second.promise, () => Promise.resolve('third')];
  const answer = firstAnswer(tries, never, (one) => late.push(one));
  await vi.advanceTimersByTimeAsync(2000);
  expect(await answer).toBe('third');
  first.resolve('first');
  second.reject(new Error('too late'));
  await vi.advanceTimersByTimeAsync(0);
  expect(late).toEqual(['first']);
});
