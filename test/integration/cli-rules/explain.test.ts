/** `coupon-notifier rules explain` against a real broker: the user's partition is the one that pods write to. */
import kafkajs from 'kafkajs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runRulesCommand } from '../../../src/cli/rules/program.ts';
import { decision } from '../../support/decisions.ts';
import { openBench, type Bench } from '../kafka/harness.ts';

let kafka: Bench;
beforeAll(async () => {
  kafka = await openBench();
});
afterAll(() => kafka.close());

it('finds the events of every user, each in the partition of its user', async () => {
  const topic = await kafka.createTopic(5);
  const users = Array.from({ length: 12 }, (_, n) => `u-${String(n)}`);
  const messages = users.flatMap((userId) =>
    ['e-1', 'e-2'].map((eventId) => ({ key: userId, value: JSON.stringify(decision({ userId, eventId })) })),
  );
  await kafka.send(topic, messages, kafkajs.CompressionTypes.None);
  const said: string[] = [];
  const complained: string[] = [];
  const explain = (eventId: string, userId: string): Promise<number> =>
    runRulesCommand(['explain', 'rules/default.yaml', '--event-id', eventId, '--user', userId, '--json'], {
      env: { KAFKA_BROKERS: kafka.brokers.join(','), KAFKA_DECISION_TOPIC: topic },
      say: (line) => void said.push(line),
      complain: (line) => void complained.push(line),
      connectFleet: () => Promise.reject(new Error('no pods are asked')),
    });
  for (const userId of users) expect(await explain('e-2', userId), userId).toBe(0);
  expect(said.map((text) => JSON.parse(text) as unknown)).toEqual(
    users.map((userId) => expect.objectContaining({ event: { userId, eventId: 'e-2' } }) as unknown),
  );
  expect(await explain('e-9', 'u-1')).toBe(1);
  expect(complained.at(-1)).toMatch(/of u-1: there is no decision on event e-9/);
});
