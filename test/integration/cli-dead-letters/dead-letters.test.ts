/** `coupon-notifier dead-letters` against a real broker: what is in the topics after it, also where it was killed. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runDeadLettersCommand } from '../../../src/cli/dead-letters/program.ts';
import type { FetchedMessage } from '../../../src/kafka/fetch/fetched-records.ts';
import { openTopicReader } from '../../../src/kafka/fetch/topic-reader.ts';
import { createLedTopics } from '../../../src/kafka/producers/topics.ts';
import { runCommand, type Answer } from '../../support/cli/run-command.ts';
import { silentLogger } from '../../support/silent-logger.ts';
import { openBench, until, type Bench } from '../kafka/harness.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
const NODE = resolve(ROOT, 'node_modules/.bin/node');

let kafka: Bench;
beforeAll(async () => {
  kafka = await openBench();
});
afterAll(() => kafka.close());

interface World {
  readonly source: string;
  readonly letters: string;
  readonly env: Readonly<Record<string, string>>;
}

async function openWorld(partitions = 3): Promise<World> {
  const [source, letters] = await Promise.all([kafka.createTopic(partitions), kafka.createTopic(partitions)]);
  const env = { KAFKA_BROKERS: kafka.brokers.join(','), KAFKA_DEAD_LETTER_TOPIC: letters, USER: 'ann' };
  return { source, letters, env };
}

async function addLetters(
  { source, letters }: World,
  count: number,
  more: Readonly<Record<string, string>> = {},
): Promise<void> {
  const messages = Array.from({ length: count }, (_, n) => ({
    key: `u-${String(n)}`,
    value: `{"userId":"u-${String(n)}","latitude":"x"}`,
    headers: {
      ...{ reason: 'invalid', error: 'latitude: expected a number', 'source-topic': source },
      ...{ 'source-partition': String(n % 3), 'source-offset': String(n), 'source-index': '0' },
      ...{ 'event-id': `e-${String(n)}`, 'failed-at': new Date().toISOString(), ...more },
    },
  }));
  await kafka.send(letters, messages);
}

const run = ({ env }: World, ...args: readonly string[]): Promise<Answer> =>
  runCommand(runDeadLettersCommand, args, { env });

/** What readers of committed records see. */
async function committed(topic: string): Promise<FetchedMessage[]> {
  const connection = { brokers: kafka.brokers, clientId: 'test' };
  const reader = await openTopicReader({ connection, topic, logger: silentLogger });
  const found: FetchedMessage[] = [];
  for (const span of await reader.span(0, undefined)) {
    for await (const message of reader.read(span)) found.push(message);
  }
  await reader.close();
  return found;
}

const idOf = ({ headers }: FetchedMessage): string => String(headers['event-id']);

it('lists, shows, puts back once, discards, and says who did what', async () => {
  const world = await openWorld();
  await addLetters(world, 30);
  await addLetters(world, 5, { reason: 'internal_error', error: 'TypeError: no user 17' });
  expect((await run(world, 'list')).said).toMatch(/35 letters, 35 of them open[^]+30 {2}invalid .*latitude/);

  const replayed = await run(world, 'replay', '--reason', 'invalid', '--json');
  expect(JSON.parse(replayed.said)).toMatchObject({ count: 30, refused: [] });
  const back = await committed(world.source);
  expect(back.map(idOf).sort()).toEqual(Array.from({ length: 30 }, (_, n) => `e-${String(n)}`).sort());
  const seventh = back.find((one) => idOf(one) === 'e-7')!;
  expect(String(seventh.key)).toBe('u-7');
  expect(String(seventh.value)).toBe('{"userId":"u-7","latitude":"x"}');
  expect(Object.keys(seventh.headers).sort()).toEqual(['event-id', 'first-failed-at', 'replays']);

  expect((await run(world, 'replay', '--reason', 'invalid')).said).toMatch(/^0 letters put back\n30 were/);
  expect((await run(world, 'discard')).code).toBe(1);
  expect((await run(world, 'discard', '--error', 'no user', '--note', 'mended')).said).toBe(
    '5 letters discarded',
  );
  const listed = JSON.parse((await run(world, 'list', '--json')).said) as unknown;
  expect(listed).toMatchObject({ letters: 35, open: 0, replayed: 30, discarded: 5, groups: [] });
  const log = JSON.parse((await run(world, 'log', '--json')).said) as unknown;
  expect(log).toMatchObject([
    {
      what: 'discard',
      count: 5,
      note: 'mended',
      by: expect.stringMatching(/^ann@/) as string,
      filter: { error: 'no user' },
    },
    { what: 'replay', count: 0 },
    { what: 'replay', count: 30, endedAt: expect.any(String) as string },
  ]);
});

it('shows a letter with its ids and coordinates covered, until they are asked for', async () => {
  const world = await openWorld();
  await addLetters(world, 1);
  const { said } = await run(world, 'list', '--json');
  const [{ sample }] = (JSON.parse(said) as { groups: [{ sample: string }] }).groups;
  const shown = await run(world, 'show', sample);
  expect(shown.said).not.toContain('u-0');
  expect(shown.said).toMatch(/"latitude":"•"\}\n +\^$/);
  expect((await run(world, 'show', sample, '--reveal')).said).toContain('{"userId":"u-0","latitude":"x"}');
  expect(await run(world, 'show', '0:999')).toMatchObject({
    code: 1,
    complained: expect.stringContaining('0:999') as string,
  });
});

it('killed at any moment and run again: every letter is there once', async () => {
  const world = await openWorld();
  const count = 3000;
  await addLetters(world, count);
  const start = () =>
    spawn(NODE, ['src/cli/main.ts', 'dead-letters', 'replay', '--rate', '1500'], {
      ...{ cwd: ROOT, stdio: 'ignore', env: { ...process.env, ...world.env } },
    });
  const ends = async (): Promise<number> =>
    (await kafka.ends(world.source)).reduce((sum, end) => sum + end, 0);
  for (const step of [1, 700, 1100]) {
    const before = await ends();
    const child = start();
    await until(
      'some letters are back',
      async () => (await ends()) - before >= step || child.exitCode !== null,
      120_000,
    );
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  expect((await run(world, 'replay')).code).toBe(0);
  const back = (await committed(world.source)).map(idOf);
  expect(back).toHaveLength(count);
  expect(new Set(back).size).toBe(count);
  const log = JSON.parse((await run(world, 'log', '--json')).said) as { count: number }[];
  expect(log.reduce((sum, action) => sum + action.count, 0)).toBe(count);
}, 300_000);

it('two at once: every letter is there once, and the first says that it was not the last', async () => {
  const world = await openWorld();
  await addLetters(world, 2000);
  const first = run(world, 'replay', '--rate', '400');
  await until(
    'the first has begun',
    async () => (await kafka.ends(world.source)).some((end) => end > 0),
    60_000,
  );
  const second = await run(world, 'replay');
  expect(second.code).toBe(0);
  expect(await first).toMatchObject({
    code: 1,
    complained: expect.stringMatching(/has begun to replay letters/) as string,
  });
  const back = (await committed(world.source)).map(idOf);
  expect(back).toHaveLength(2000);
  expect(new Set(back).size).toBe(2000);
}, 180_000);

it('takes nothing for done in a topic that was made anew', async () => {
  const world = await openWorld();
  await addLetters(world, 9);
  await run(world, 'replay');
  await kafka.admin.deleteTopics({ topics: [world.letters] });
  await until('it is gone', async () => !(await kafka.admin.listTopics()).includes(world.letters), 30_000);
  await createLedTopics(kafka.admin, [{ topic: world.letters, numPartitions: 3 }]);
  await addLetters(world, 9);
  expect((await run(world, 'replay')).said).toMatch(/^9 letters put back/);
});

it('puts thousands a second back', async () => {
  const world = await openWorld();
  await addLetters(world, 20_000);
  const beganMs = performance.now();
  expect((await run(world, 'replay')).said).toMatch(/^20,000 letters put back/);
  console.log(`${(20_000 / ((performance.now() - beganMs) / 1000)).toFixed(0)} letters/s`);
});

it('says that a variable is missing, or that there is no such topic', async () => {
  const world = await openWorld();
  expect(await run({ ...world, env: {} }, 'list')).toMatchObject({
    ...{ code: 78, complained: 'KAFKA_BROKERS: required, but not set' },
  });
  const env = { ...world.env, KAFKA_DEAD_LETTER_TOPIC: 'no-such-topic' };
  expect(await run({ ...world, env }, 'list')).toMatchObject({
    ...{ code: 1, complained: 'there is no topic no-such-topic' },
  });
});
