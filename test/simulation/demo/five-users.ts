/** Five users of a run, one of each fate, and what `coupon-notifier why` says of each: as support would ask. */
import { writeFile } from 'node:fs/promises';
import { whyCommand } from '../../../src/cli/why/command.ts';
import type { OutcomeRecord } from '../../../src/domain/outcome.ts';
import { fleetEnvironment } from './names.ts';
import { observeOutcomes } from './observe.ts';
import type { World } from './world.ts';

/** As .readme/why.json keeps it. */
export interface ExplainedUser {
  /** What the user would say. */
  readonly question: string;
  readonly userId: string;
  readonly answer: readonly string[];
}

type Told = Pick<OutcomeRecord, 'outcome' | 'reason' | 'userId' | 'eventId'>;

interface Fate {
  readonly question: string;
  /** @param told of one user, in the order of the topic. */
  readonly isOf: (told: readonly Told[]) => boolean;
}

const has = (told: readonly Told[], name: string): boolean =>
  told.some(({ outcome, reason }) => outcome === name || reason === name);

/** In this order; a user stands for one fate. */
const FATES: readonly Fate[] = [
  { question: 'I got a push. Why?', isOf: (told) => has(told, 'sent') && told.length === 2 },
  {
    question: 'I was there again, and got none.',
    isOf: (told) => has(told, 'sent') && has(told, 'cooldown'),
  },
  {
    question: 'There is an offer at this shop, and I got no push.',
    isOf: (told) => has(told, 'rules_excluded') && told.length === 1,
  },
  {
    question: 'You say you sent me one. I have seen none.',
    isOf: (told) => has(told, 'unknown') || has(told, 'rejected'),
  },
  {
    question: 'My friend got a push at this shop, I did not.',
    isOf: (told) => has(told, 'dead_lettered') && !has(told, 'sent'),
  },
];

/** @returns a user of each fate that the run has; the one with the fewest records first. */
export const chooseUsers = (
  outcomes: readonly Told[],
): readonly { readonly question: string; readonly userId: string }[] => {
  const byUser = [...Map.groupBy(outcomes, ({ userId }) => userId)]
    .filter((entry): entry is [string, Told[]] => entry[0] !== undefined)
    .sort(([a, few], [b, many]) => few.length - many.length || (a < b ? -1 : 1));
  const taken = new Set<string>();
  return FATES.flatMap(({ question, isOf }) => {
    const found = byUser.find(([userId, told]) => !taken.has(userId) && isOf(told));
    if (found === undefined) return [];
    taken.add(found[0]);
    return [{ question, userId: found[0] }];
  });
};

/** Nothing where no file was asked for. @throws Error where the run lacks a fate, or `why` fails. */
export const explainUsers = async (
  { services, names, partners, kafka }: World,
  file: string | undefined,
  say: (line: string) => void,
): Promise<void> => {
  if (file === undefined) return;
  const observer = await observeOutcomes(kafka, { ...names, groupId: `${names.groupId}.why` });
  await observer.caughtUp();
  await observer.stop();
  const users = chooseUsers(observer.outcomes);
  if (users.length < FATES.length) throw new Error(`--why: the run has users of ${users.length} fates only`);
  const env = fleetEnvironment(services.env, names, partners.urls);
  const explained: ExplainedUser[] = [];
  for (const { question, userId } of users) {
    const answer: string[] = [];
    const line = { env, say: (text: string) => void answer.push(text), complain: say };
    const code = await whyCommand(['--user', userId], line, 'npx coupon-notifier why');
    if (code !== 0) throw new Error(`--why: why --user ${userId} ended with ${code}`);
    explained.push({ question, userId, answer });
  }
  await writeFile(file, `${JSON.stringify(explained, null, 2)}\n`);
  say(`  ${file}: what \`why\` says of ${explained.length} users`);
};
