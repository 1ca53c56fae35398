/** What came of a replay or a discard, for people or as JSON. */
import type { CommandLine } from '../command.ts';
import type { Dealing, Dealt } from './deal-with.ts';
import { formatAddress } from './letter.ts';
import type { ExitCode } from './ports.ts';

const MOST_NAMED = 20;

export function exitCodeOf({ refused, stopped }: Dealt): ExitCode {
  return refused.length > 0 || stopped ? 1 : 0;
}

export function sayDealt(
  what: Dealing['what'],
  dealt: Dealt,
  json: boolean,
  { say, complain }: Pick<CommandLine, 'say' | 'complain'>,
): void {
  const { refused, continued, ...counts } = dealt;
  if (json) {
    const rows = refused.map(({ address, error }) => ({ letter: formatAddress(address), error }));
    say(JSON.stringify({ what, ...counts, refused: rows, continued: continued?.beganAt ?? null }));
    return;
  }
  const count = (value: number): string => value.toLocaleString('en');
  if (continued !== undefined)
    say(
      `goes on with what ${continued.by} began at ${continued.beganAt}: ${count(continued.count)} done then`,
    );
  say(`${count(counts.count)} letters ${what === 'replay' ? 'put back' : 'discarded'}`);
  const left: readonly (readonly [number, string])[] = [
    [counts.doneBefore, 'were dealt with before'],
    [counts.parked, 'are parked, as they came back three times: --parked puts them back'],
    [counts.lost, 'have no value, as the dead-letter topic did not take it: they can’t be put back'],
    [counts.cameBack, 'came back since that was begun: run it once more for them'],
  ];
  for (const [number, words] of left) if (number > 0) say(`${count(number)} ${words}`);
  for (const { address, error } of refused.slice(0, MOST_NAMED))
    complain(`${formatAddress(address)} was not taken: ${error}`);
  if (refused.length > MOST_NAMED) complain(`and ${count(refused.length - MOST_NAMED)} more were not taken`);
  if (counts.stopped) complain('stopped; run it again to go on');
}
