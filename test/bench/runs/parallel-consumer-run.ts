/** One partition's messages with work of 0–5 ms, so many at once, under one way of ordering. */
import { createRandom } from '../../simulation/city/random.ts';
import { report } from '../child.ts';
import { startEngine, userOf } from './engine.ts';

const { KAFKA_BROKERS: brokers = '', TOPIC: topic = '', GROUP: groupId = '' } = process.env;
const EVENTS = Number(process.env['EVENTS']);
const AT_ONCE = Number(process.env['AT_ONCE']);
const ordering =
  process.env['ORDERING'] === 'partition'
    ? 'partition'
    : process.env['ORDERING'] === 'none'
      ? 'none'
      : 'user';
const random = createRandom('work');
const byUser = new Map<string, number>();
const ended = Promise.withResolvers<undefined>();
let workMs = 0;
let done = 0;
let firstMs = 0;
let lastMs = 0;

const consumer = startEngine({
  ...{ brokers, topic, groupId, ordering, maxRunningEvents: AT_ONCE },
  handleEvent: ({ content }) => {
    const user = userOf(content);
    return {
      key: user,
      run: async () => {
        const startedMs = performance.now();
        firstMs ||= startedMs;
        await new Promise((resolve) => setTimeout(resolve, random.next() * 5));
        lastMs = performance.now();
        workMs += lastMs - startedMs;
        byUser.set(user, (byUser.get(user) ?? 0) + lastMs - startedMs);
        done += 1;
        if (done === EVENTS) ended.resolve(undefined);
      },
      abandon: () => undefined,
    };
  },
});
await ended.promise;
const hottestMs = Math.max(...byUser.values());
const serialMs = ordering === 'partition' ? workMs : ordering === 'user' ? hottestMs : 0;
report({ tookMs: lastMs - firstMs, boundMs: Math.max(workMs / AT_ONCE, serialMs) });
await consumer.stop();
process.exit(0);
