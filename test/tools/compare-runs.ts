/**
 * `npm run compare-runs -- RULES RECORDING OTHER`: a replay of RECORDING by RULES, held against OTHER, the recording of a
 * run whose pods had these rules and the same events (`npm run demo -- --rules FILE --record FILE`, with one seed). Exit
 * code 1 where an event came to something else and nothing that only time decides explains it.
 */
import { readFile } from 'node:fs/promises';
import { parseRules } from '../../src/rules/document/parse-rules.ts';
import { namesOf } from '../../src/runtime/names-of.ts';
import { compareRuns, ONLY_TIME_DECIDES, readRecording } from '../support/replay/compare-runs.ts';

const [rulesFile = '', recording = '', other = ''] = process.argv.slice(2);
const parsed = parseRules(await readFile(rulesFile, 'utf8'));
if (!parsed.ok) throw new Error(`${rulesFile}: ${parsed.problems.map(({ message }) => message).join('; ')}`);
const compared = await compareRuns(await readRecording(recording), await readRecording(other), parsed.rules);

const { events, agreed, unknown, explained, unexplained } = compared;
const say = (count: number, what: string): void => {
  console.log(`${count.toLocaleString('en-US').padStart(9)}  ${what}`);
};
say(events, 'events of both runs');
say(agreed, 'came to what the replay says');
say(unknown, 'are not known to the replay');
for (const why of namesOf(ONLY_TIME_DECIDES)) say(explained[why], `differ: ${ONLY_TIME_DECIDES[why]}`);
say(unexplained.length, 'differ, and nothing explains it');
for (const { eventId, pods, replayed } of unexplained.slice(0, 5)) {
  console.log(
    `  ${eventId}: ${pods.outcome} ${pods.rule ?? pods.couponId ?? ''}; ${JSON.stringify(replayed)}`,
  );
}
if (unexplained.length > 0) process.exitCode = 1;
