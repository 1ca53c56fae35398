/** What the command found in each room, kept in `results.json`, and the page that shows it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface RoomResult {
  readonly mutants: number;
  readonly killed: number;
  /** Listed as equal, so not counted. */
  readonly equal: number;
  /** Where not all were tried: how many mutants there are, of which `mutants` were drawn. */
  readonly of?: number;
}

/** Room → as it was found first, where that was asked, and as it is now. */
export type Results = Readonly<Record<string, { readonly before?: RoomResult; readonly now: RoomResult }>>;

/** Each room's score is to be this or more, percent. */
export const WANTED_PERCENT = 90;

const FILE = join(import.meta.dirname, 'results.json');

export const readResults = (): Results => JSON.parse(readFileSync(FILE, 'utf8')) as Results;

/** A sample never takes the place of a whole room's result. */
export const betterOf = (known: RoomResult | undefined, found: RoomResult): RoomResult =>
  known !== undefined && known.of === undefined && found.of !== undefined ? known : found;

export function keepResult(room: string, found: RoomResult): void {
  const results = readResults();
  const now = betterOf(results[room]?.now, found);
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

const mutantsOf = ({ mutants, of }: RoomResult): string =>
  of === undefined ? String(mutants) : `${String(mutants)} drawn of ${String(of)}`;

/** The table of the page, in Markdown. */
export function mutationTable(results: Results): string {
  const rows = Object.entries(results).map(
    ([room, { before, now }]) =>
      `| \`src/${room}\` | ${before === undefined ? '–' : first(before)} | ${mutantsOf(now)} | ${String(now.equal)} | ${String(now.mutants - now.equal - now.killed)} | ${percent(now)} |`,
  );
  return [
    '| room | noticed at first | mutants now | equal | survive | noticed now |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}
