/** What the command found in each room, kept in `results.json`, and the page that shows it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface RoomResult {
  readonly mutants: number;
  readonly killed: number;
  /** Listed as equal, so not counted. */
  readonly equal: number;
}

/** Room → as it was found first, where that was asked, and as it is now. */
export type Results = Readonly<Record<string, { readonly before?: RoomResult; readonly now: RoomResult }>>;

/** Each room's score is to be this or more, percent. */
export const WANTED_PERCENT = 90;

const FILE = join(import.meta.dirname, 'results.json');

export const readResults = (): Results => JSON.parse(readFileSync(FILE, 'utf8')) as Results;

export function keepResult(room: string, now: RoomResult): void {
  const results = readResults();
  const kept = { ...results, [room]: { ...(results[room] ?? { before: now }), now } };
  const sorted = Object.fromEntries(Object.entries(kept).sort(([a], [b]) => (a < b ? -1 : 1)));
  writeFileSync(FILE, `${JSON.stringify(sorted, null, 2)}\n`);
}

/** Percent of the mutants that are not equal. */
export const scoreOf = ({ mutants, killed, equal }: RoomResult): number =>
  mutants === equal ? 100 : (killed / (mutants - equal)) * 100;

const percent = (result: RoomResult): string => `${scoreOf(result).toFixed(1)} %`;

const first = (result: RoomResult): string =>
  `${String(result.killed)} of ${String(result.mutants)}: ${percent(result)}`;

/** The table of the page, in Markdown. */
export function mutationTable(results: Results): string {
  const rows = Object.entries(results).map(
    ([room, { before, now }]) =>
      `| \`${room}\` | ${before === undefined ? '–' : first(before)} | ${String(now.mutants)} | ${String(now.equal)} | ${String(now.mutants - now.equal - now.killed)} | ${percent(now)} |`,
  );
  return [
    '| room | noticed at first | mutants now | equal | survive | noticed now |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}
