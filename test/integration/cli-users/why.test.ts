/** `coupon-notifier why` on a real Redis and a real broker: each fate that a user's event can have. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { whyCommand } from '../../../src/cli/why/command.ts';
import { openUserWorld, type UserWorld } from '../../support/cli/user-world.ts';
import { openBench, type Bench } from '../kafka/harness.ts';

let kafka: Bench;
let world: UserWorld;
beforeAll(async () => {
  kafka = await openBench();
});
afterAll(() => kafka.close());
beforeEach(async () => {
  world = await openUserWorld();
});
afterEach(() => world.close());

const USER = 'u-1';
const AT = '2026-11-27T10:00:0';
const outcome = (userId: string, eventId: string, second: number, more: Record<string, unknown>) => ({
  key: userId,
  value: JSON.stringify({ eventId, userId, at: `${AT}${String(second)}.000Z`, rulesVersion: 'v', ...more }),
});

it('tells each event’s fate, from the user’s own partition, within three seconds', async () => {
  const topic = await kafka.createTopic(6);
  const others = Array.from({ length: 30_000 }, (_, n) =>
    outcome(`o-${String(n % 500)}`, `e-${String(n)}`, 1, {
      outcome: 'filtered',
      reason: 'stale',
      rule: 'event.maxAge',
    }),
  );
  await kafka.send(topic, others.slice(0, 15_000));
  await kafka.send(topic, [
    outcome(USER, 'filtered', 1, { outcome: 'filtered', reason: 'cooldown', rule: 'caps[0]' }),
    outcome(USER, 'sent', 2, { outcome: 'queued', couponId: 'coupon-1', merchantId: 'merchant-1' }),
    outcome(USER, 'sent', 3, { outcome: 'sent', couponId: 'coupon-1', merchantId: 'merchant-1' }),
    outcome(USER, 'broken', 4, { outcome: 'dead_lettered', reason: 'invalid' }),
  ]);
  await kafka.send(topic, others.slice(15_000));
  await world.deliver({ userId: USER, eventId: 'sent' });
  await world.queue({ userId: USER, eventId: 'waits' });
  const sending = { userId: USER, eventId: 'at work' };
  await world.queue(sending);
  await world.store.permit(sending, 'token');
  await world.deliver({ userId: USER, eventId: 'perhaps' }, 'unknown');

  const env = { KAFKA_BROKERS: kafka.brokers.join(','), KAFKA_OUTCOME_TOPIC: topic };
  const beganMs = performance.now();
  const { code, said } = await world.run(whyCommand, ['--user', USER], env);
  console.log(`why took ${(performance.now() - beganMs).toFixed(0)} ms`);
  expect(code).toBe(0);
  expect(said).toMatch(/event filtered\n .*no push: cooldown by caps\[0\]\. A cap has no room/);
  // The text of a push is kept until its end is told.
  expect(said).toMatch(
    /event sent\n.*Z {2}sent\n.*Z {2}queued\n {4}its push: coupon coupon-1 of merchant-1\n/,
  );
  expect(said).toMatch(/event waits\n {4}its push: coupon coupon-1 of merchant-1: “.*”\n/);
  expect(said).toMatch(/event broken\n.*dead letter: invalid/);
  expect(said).toMatch(
    /event waits\n[^]*?waits to be sent: not tried yet, .* left; its job in the queue: waiting/,
  );
  expect(said).toMatch(/event at work\n[^]*?being sent, .*tried 1 times/);
  expect(said).toMatch(/a push that was sent at 20.*, of an older event/);
  expect(said).toMatch(/Outcomes were read back to (the beginning|20)/);
  expect(said).toMatch(/Caps are not known: set RULES_S3_URI/);

  const one = await world.run(whyCommand, ['--user', USER, '--event', 'perhaps', '--json'], env);
  expect(JSON.parse(one.said)).not.toHaveProperty('caps');
  expect(JSON.parse(one.said)).toMatchObject({
    userId: USER,
    events: [{ eventId: 'perhaps', job: 'absent', told: [], kept: { state: 'unknown', isReported: true } }],
  });
});

it('says what is not known, and of whom nothing is', async () => {
  const { code, said } = await world.run(whyCommand, ['--user', 'nobody']);
  expect(code).toBe(0);
  expect(said).toMatch(/no event of this user is known/);
  expect(said).toMatch(/Outcomes are not known: set KAFKA_BROKERS and KAFKA_OUTCOME_TOPIC/);
  const away = { KAFKA_BROKERS: '127.0.0.1:1', KAFKA_OUTCOME_TOPIC: 't' };
  expect((await world.run(whyCommand, ['--user', 'x', '--event', 'e'], away)).said).toMatch(
    /event e\n {4}nothing is known of it[^]*Outcomes are not known: Kafka/,
  );
  expect(await world.run(whyCommand, ['--user', 'x'], { REDIS_URL: '' })).toMatchObject({ code: 78 });
  expect(await world.run(whyCommand, [])).toMatchObject({ code: 1 });
});
