/**
 * 10,000 dead letters of mixed reasons go back under `kill -9`: the command is killed at 20 drawn moments and started
 * again, while two pods decide what comes back and other events beside it. Each letter is back once, nobody gets a push
 * twice, and each became what `--dry-run` foretold. `npm run prove-replay` keeps what was seen.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import type { Letter } from '../../src/cli/dead-letters/letter.ts';
import { runDeadLettersCommand } from '../../src/cli/dead-letters/program.ts';
import type { OutcomeRecord } from '../../src/domain/outcome.ts';
import { machineName } from '../bench/machine-name.ts';
import { withAdmin } from '../simulation/player/kafka.ts';
import { openLoad, type Load } from '../support/alerts/causes.ts';
import { runCommand } from '../support/cli/run-command.ts';
import { keepReplay, type KeptFate } from '../support/replay-proof/kept-replay.ts';
import { killReplays } from '../support/replay-proof/killed-replays.ts';
import { headerBytes, headerOf, readCommitted, readLetters } from '../support/replay-proof/read-letters.ts';
import { eventAt, eventually, openRules, startScenario, type Scenario } from '../support/pods/scenario.ts';

const SEED = Number(process.env['REPLAY_SEED'] ?? 1);
const KILLS = 20;
const PODS = 2;
/** How many of each; what is refused by the partner today is pushed, or stopped by the rules that come then. */
const MIX = { malformed: 2500, invalid: 2500, pushed: 2000, leaving: 1500, vague: 1500 };
const LETTERS = Object.values(MIX).reduce((sum, count) => sum + count, 0);
const RATE_LETTERS = 20_000;
const A_SEND = 500;
const MUCH_MS = 300_000;
const DECISIONS: ReadonlySet<string> = new Set(['queued', 'filtered', 'dead_lettered']);
const ASKED = 'the coupon API is asked, and its answer decides';

interface Foretold {
  readonly letter: string;
  readonly events: readonly { readonly kind: string; readonly reason?: string; readonly words: string }[];
}

let run: Scenario | undefined;
let load: Load | undefined;
afterEach(async () => {
  await load?.stop();
  await run?.stop();
});

it(
  '10,000 letters under 20 kills: none missing, none twice, each as foretold',
  { timeout: 1_800_000 },
  async () => {
    run = await startScenario({
      pods: PODS,
      rules: openRules('before'),
      env: { DOCUMENT_POLL_MS: '300', MAX_EVENT_AGE_MS: '86400000' },
    });
    const { names, kafka, partners, observer, pods } = run;
    const brokers = (run.rulesEnv['KAFKA_BROKERS'] ?? '').split(',');
    const env = { ...run.rulesEnv, KAFKA_DEAD_LETTER_TOPIC: names.deadLetterTopic, USER: 'proof' };
    await Promise.all(pods.map((pod) => pod.start()));
    for (const pod of pods) await pod.waitUntilReady();

    // Every call is refused, so good events become letters as well.
    await partners.control({ couponApi: { rates: { rejected: 1 } } });
    await produceMix(run);
    await eventually(async () => {
      expect(observer.counter.decided()).toBeGreaterThanOrEqual(LETTERS);
    }, MUCH_MS);
    await run.untilDrained();
    const first = await readLetters(brokers, names.deadLetterTopic);
    expect(first).toHaveLength(LETTERS);

    await partners.control({ couponApi: { rates: {} } });
    await run.putRules(
      openRules('after', { event: { triggers: ['enter', 'dwell'], maxAccuracyMeters: 50 } }),
    );
    await eventually(async () => {
      for (const pod of pods) expect((await pod.status())?.rules.version).toBe('after');
    });

    const foretold = JSON.parse(await command(env, 'replay', '--dry-run', '--json')) as {
      letters: Foretold[];
    };
    expect(foretold.letters).toHaveLength(LETTERS);

    load = await openLoad(run);
    load.run(true);
    const backAtKill: number[] = [];
    await withAdmin(kafka, (admin) =>
      killReplays({
        ...{ admin, deadLetterTopic: names.deadLetterTopic, env, kills: KILLS, seed: SEED },
        onKilled: async () => {
          backAtKill.push((await actionsOf(env)).reduce((sum, { count }) => sum + count, 0));
        },
      }),
    );
    await command(env, 'replay');
    load.run(false);
    await load.stop();
    await eventually(async () => expect(await backOf(brokers, names.topic)).toHaveLength(LETTERS), MUCH_MS);
    await run.untilDrained();

    const back = await backOf(brokers, names.topic);
    const ids = back.map((record) => headerOf(record, 'event-id') ?? '');
    const missing = first.filter(({ eventId }) => !ids.includes(eventId ?? '')).length;
    const twice = ids.length - new Set(ids).size;
    const { pushes } = await partners.ledger();
    const sent = pushes.filter(({ accepted }) => accepted).map(({ eventId }) => eventId);
    const pushedTwice = sent.length - new Set(sent).size;
    await observer.caughtUp();
    // The ends of pushes have a record at the same place.
    const decided = observer.outcomes.filter(({ outcome }) => DECISIONS.has(outcome));
    const outcomeAt = new Map(decided.map((one) => [placeOf(one.source), one]));
    const became = new Map(
      back.map((record) => [
        headerOf(record, 'event-id') ?? '',
        outcomeAt.get(placeOf({ partition: record.partition, offset: record.message.offset })),
      ]),
    );
    const fates = fatesOf(foretold.letters, first, became);

    // What came back is put back once more: its headers don't grow with it.
    const second = await cameBack(brokers, names.deadLetterTopic, 1);
    await command(env, 'replay');
    await eventually(async () => {
      expect(await cameBack(brokers, names.deadLetterTopic, 2)).toHaveLength(second.length);
    }, MUCH_MS);
    const third = await cameBack(brokers, names.deadLetterTopic, 2);
    const bad = new Set(second.map(({ eventId }) => eventId));
    const sizes = [first.filter(({ eventId }) => bad.has(eventId)), second, third].map((letters) =>
      letters.reduce((most, letter) => Math.max(most, headerBytes(letter)), 0),
    );

    const perSecond = await measureRate(run, env);
    console.log(`${perSecond.toFixed(0)} letters/s; ${backAtKill.join(', ')} back at the kills`);
    expect({ missing, twice, pushedTwice }).toEqual({ missing: 0, twice: 0, pushedTwice: 0 });
    expect(fates.map(({ otherwise }) => otherwise)).toEqual(fates.map(() => 0));
    expect(sent.length).toBeGreaterThanOrEqual(MIX.pushed);
    expect(new Set(backAtKill).size).toBeGreaterThan(KILLS / 2);
    // Only the digits of offsets differ from the second time on.
    expect(Math.abs((sizes[2] ?? 0) - (sizes[1] ?? 0))).toBeLessThanOrEqual(4);
    const reasons = Object.fromEntries(
      [...Map.groupBy(first, ({ reason }) => reason)].map(([reason, some]) => [reason, some.length]),
    );
    await keepReplay({
      ...{ letters: LETTERS, reasons, pods: PODS, seed: SEED, kills: KILLS, backAtKill, fates },
      ...{ missing, twice, pushes: sent.length, pushedTwice, headerBytes: sizes },
      rate: { letters: RATE_LETTERS, perSecond: Math.round(perSecond) },
      machine: machineName(),
    });
  },
);

async function produceMix({ city, produce }: Scenario): Promise<void> {
  const user = (kind: string, n: number): string => `${kind}-${String(n)}`;
  const good = (kind: string, n: number, changes: object = {}): object =>
    eventAt(city, { userId: user(kind, n), eventId: `${kind}-${String(n)}`, ...changes });
  const kinds: Readonly<Record<keyof typeof MIX, (n: number) => object | string>> = {
    malformed: (n) => `{"userId":"${user('malformed', n)}","latitude":`,
    invalid: (n) => good('invalid', n, { latitude: 'north' }),
    pushed: (n) => good('pushed', n),
    leaving: (n) => good('leaving', n, { trigger: 'exit' }),
    vague: (n) => good('vague', n, { accuracyMeters: 200 }),
  };
  const values = Object.entries(MIX).flatMap(([kind, count]) =>
    Array.from({ length: count }, (_, n) => ({ n, value: kinds[kind as keyof typeof MIX](n) })),
  );
  // In turn, so that a batch of letters holds all kinds.
  const mixed = values.toSorted((a, b) => a.n - b.n).map(({ value }) => value);
  for (let from = 0; from < mixed.length; from += A_SEND) await produce(mixed.slice(from, from + A_SEND));
}

type Env = Readonly<Record<string, string | undefined>>;

/** @returns what it said; fails the test where its exit code is not 0. */
async function command(env: Env, ...args: readonly string[]): Promise<string> {
  const { code, complained, said } = await runCommand(runDeadLettersCommand, args, { env });
  expect({ code, complained }).toEqual({ code: 0, complained: '' });
  return said;
}

async function actionsOf(env: Env): Promise<readonly { readonly count: number }[]> {
  return JSON.parse(await command(env, 'log', '--json')) as { count: number }[];
}

async function backOf(brokers: readonly string[], topic: string) {
  return (await readCommitted(brokers, topic)).filter((record) => headerOf(record, 'replays') === '1');
}

async function cameBack(brokers: readonly string[], topic: string, replays: number): Promise<Letter[]> {
  return (await readLetters(brokers, topic)).filter((letter) => letter.replays === replays);
}

function placeOf({ partition, offset }: Pick<OutcomeRecord['source'], 'partition' | 'offset'>): string {
  return `${String(partition)}/${offset}`;
}

/** By what was foretold, with what became of each. */
function fatesOf(
  foretold: readonly Foretold[],
  letters: readonly Letter[],
  became: ReadonlyMap<string, OutcomeRecord | undefined>,
): KeptFate[] {
  const idOf = new Map(
    letters.map(({ address, eventId }) => [
      `${String(address.partition)}:${String(address.offset)}`,
      eventId,
    ]),
  );
  const rows = foretold.map(({ letter, events: [fate] }) => ({
    fate,
    outcome: became.get(idOf.get(letter) ?? ''),
  }));
  const titleOf = ({ fate }: (typeof rows)[number]): string =>
    fate?.kind === 'dead_lettered' ? `a dead letter again: ${fate.reason ?? ''}` : (fate?.words ?? 'nothing');
  return [...Map.groupBy(rows, titleOf)].map(([title, some]) => ({
    ...{ foretold: title, letters: some.length },
    became: countBy(some.map(({ outcome }) => nameOf(outcome))),
    otherwise: some.filter(({ fate, outcome }) => !isAsForetold(fate, outcome)).length,
  }));
}

function isAsForetold(
  fate: Foretold['events'][number] | undefined,
  outcome: OutcomeRecord | undefined,
): boolean {
  if (fate === undefined || outcome === undefined) return false;
  if (fate.words === ASKED) return outcome.outcome === 'queued' || outcome.reason === 'no_coupons';
  return fate.kind === outcome.outcome && fate.reason === outcome.reason;
}

function nameOf(outcome: OutcomeRecord | undefined): string {
  if (outcome === undefined) return 'no outcome';
  return outcome.reason === undefined ? outcome.outcome : `${outcome.outcome}/${outcome.reason}`;
}

function countBy(names: readonly string[]): Record<string, number> {
  return Object.fromEntries(
    [...Map.groupBy(names, (name) => name)].map(([name, some]) => [name, some.length]),
  );
}

/** Letters of a topic of their own, put back by a command that nobody kills, with no pod behind it. */
async function measureRate({ kafka, names }: Scenario, env: Env): Promise<number> {
  const [source, letters] = [`${names.topic}.rate`, `${names.topic}.rate.dead-letter`];
  await withAdmin(kafka, async (admin) => {
    const topics = [source, letters].map((topic) => ({ topic, numPartitions: 6 }));
    await admin.createTopics({ topics, waitForLeaders: true });
  });
  const producer = kafka.producer();
  await producer.connect();
  for (let from = 0; from < RATE_LETTERS; from += A_SEND) {
    const messages = Array.from({ length: A_SEND }, (_, at) => rateLetter(source, from + at));
    await producer.send({ topic: letters, messages });
  }
  await producer.disconnect();
  await pause(1000);
  const beganMs = performance.now();
  expect(await command({ ...env, KAFKA_DEAD_LETTER_TOPIC: letters }, 'replay')).toMatch(
    /^20,000 letters put back/,
  );
  return RATE_LETTERS / ((performance.now() - beganMs) / 1000);
}

function rateLetter(source: string, n: number) {
  const userId = `u-${String(n)}`;
  return {
    key: userId,
    value: JSON.stringify({
      userId,
      eventId: `e-${String(n)}`,
      latitude: 52.5,
      longitude: 'x',
      merchantId: 'm-1',
    }),
    headers: {
      ...{ reason: 'invalid', error: 'longitude: expected a number', 'source-topic': source },
      ...{ 'source-partition': String(n % 6), 'source-offset': String(n), 'source-index': '0' },
      ...{ 'event-id': `e-${String(n)}`, 'failed-at': new Date().toISOString() },
    },
  };
}
