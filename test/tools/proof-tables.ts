/** The tables of proofs that take minutes, from what their commands kept. */
import { readFile } from 'node:fs/promises';
import type { ExplainedUser } from '../simulation/demo/five-users.ts';
import type { KeptReplay } from '../support/replay-proof/kept-replay.ts';
import type { Answer, KeptScaling } from '../support/scaling/kept-scaling.ts';
import type { KeptUpgrade } from '../support/upgrade/kept-upgrade.ts';

const count = (value: number): string => value.toLocaleString('en');

/** What `npm run prove-replay` kept. */
export function replayTable(kept: KeptReplay): string {
  const { letters, reasons, pods, seed, kills, backAtKill, fates, headerBytes, rate } = kept;
  const reasonWords = Object.entries(reasons).map(([reason, some]) => `${count(some)} \`${reason}\``);
  const rows = fates.map(({ foretold, letters: some, became, otherwise }) => {
    const ends = Object.entries(became).map(([name, number]) => `${count(number)} \`${name}\``);
    return `| ${foretold} | ${count(some)} | ${ends.join(', ')} | ${count(otherwise)} |`;
  });
  const [least, most] = [Math.min(...backAtKill), Math.max(...backAtKill)];
  return [
    `${count(letters)} letters (${reasonWords.join(', ')}) went back while \`replay\` was killed ${String(kills)} times (\`kill -9\`, seed ${String(seed)}) with ${count(least)} to ${count(most)} of them back; ${String(pods)} pods decided them and other events meanwhile. On ${kept.machine}.`,
    '',
    '| foretold by `--dry-run` | letters | what became of them | otherwise |',
    '| --- | --- | --- | --- |',
    ...rows,
    '',
    '| | seen |',
    '| --- | --- |',
    `| letters that are missing; that are back twice | ${count(kept.missing)}; ${count(kept.twice)} |`,
    `| pushes; events that were pushed twice | ${count(kept.pushes)}; ${count(kept.pushedTwice)} |`,
    `| bytes of a letter’s headers at most: the first time, came back once, twice | ${headerBytes.map(count).join(', ')} |`,
    `| letters a second without a kill, its start included (${count(rate.letters)} letters) | ${count(rate.perSecond)} |`,
  ].join('\n');
}

/** What `npm run prove-scaling` kept. */
export function scalingTable(kept: readonly KeptScaling[]): string {
  const rows = kept.map(({ what, seconds, stretch, podsAtBegin, curableLag, rawLag }) => {
    const time = `${count(seconds)} s${stretch === 1 ? '' : ` (× ${String(stretch)})`}`;
    return `| ${what}; ${time} | ${String(podsAtBegin)} | ${answer(curableLag)} | ${answer(rawLag)} |`;
  });
  return [
    '| recorded from whole pods | pods | asked for by `curable_lag` | by the raw lag |',
    '| --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}

function answer({ most, podsAtMost, afterSeconds }: Answer): string {
  const when =
    afterSeconds === 0 ? 'as many as there are' : `${String(podsAtMost)} after ${count(afterSeconds)} s`;
  return `${when} (at most ${count(most)})`;
}

/** What `npm run prove-upgrade` kept. */
export function upgradeTable(kept: KeptUpgrade): string {
  const { phases, held } = kept;
  return [
    `Seed ${String(kept.seed)}, ${count(kept.events)} events at ${count(kept.eventsPerSecond)} a second, from ${kept.before} to ${kept.now} and back, ${String(kept.kills)} \`kill -9\` and ${String(kept.stops)} planned stops: ${count(kept.queued)} events ended as \`queued\`, ${count(kept.pushes)} pushes were taken, ${count(kept.decidedAgain)} events were decided again. All ${String(held.length)} promises held. On ${kept.machine}.`,
    '',
    '| pods, at the end of each phase | told pushes kept long | short |',
    '| --- | --- | --- |',
    ...phases.map(({ name, long, short }) => `| ${name} | ${count(long)} | ${count(short)} |`),
  ].join('\n');
}

const WHY_FILE = '.readme/why.json';

export async function readExplained(): Promise<readonly ExplainedUser[]> {
  return JSON.parse(await readFile(WHY_FILE, 'utf8')) as ExplainedUser[];
}

/** What `npm run demo -- --why FILE` kept. */
export function whyExamples(explained: readonly ExplainedUser[]): string {
  return explained
    .flatMap(({ question, userId, answer: lines }) => [
      `**${question}**`,
      '',
      '```text',
      `$ npx coupon-notifier why --user ${userId}`,
      ...lines,
      '```',
      '',
    ])
    .join('\n')
    .trim();
}
