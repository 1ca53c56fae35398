/**
 * What to do about a value of the wrong kind, in the words of someone who edits rules and has never heard of types.
 * Undefined where nothing better can be said than what was expected.
 */
import { suggest } from '../language/suggest.ts';
import { DAY_MS, formatDuration, HOUR_MS, MINUTE_MS, parseDuration, SECOND_MS } from './duration.ts';
import { show } from './problem.ts';

export type Advise = (found: unknown) => string | undefined;

const YES = ['true', 'yes', 'y', 'on', '1'];
const NO = ['false', 'no', 'n', 'off', '0'];
const UNITS: readonly (readonly [pattern: string, ms: number])[] = [
  ['w(?:eeks?)?', 7 * DAY_MS],
  ['d(?:ays?)?', DAY_MS],
  ['h(?:rs?|ours?)?', HOUR_MS],
  ['m(?:ins?|inutes?)?', MINUTE_MS],
  ['s(?:ecs?|econds?)?', SECOND_MS],
];
const DURATION_PART = new RegExp(
  `(\\d+(?:\\.\\d+)?) ?(?:${UNITS.map(([name]) => `(${name})`).join('|')})(?![a-su-z])[ t]*`,
  'gy',
);

/** Where what was expected says it all. */
export const adviseNothing: Advise = () => undefined;

/** Where one value is expected, of whatever kind. */
export const adviseOneValue: Advise = (found) =>
  Array.isArray(found) ? 'one value stands here, without "-" or [ ]' : undefined;

export const adviseYesNo: Advise = (found) => {
  if (typeof found !== 'string' && typeof found !== 'number') return adviseOneValue(found);
  const said = String(found).toLowerCase();
  const meant = [YES, NO].find((words) => words.includes(said))?.[0];
  return meant === undefined ? undefined : `write ${meant}${meant === said ? ', without quotes' : ''}`;
};

/** `1500m`, `1_500`, `"1500"`, `10%`: a number with what doesn't belong to it. */
export const adviseNumber: Advise = (found) => {
  if (typeof found !== 'string') return adviseOneValue(found);
  const match = /^([+-]?\d{1,3}(?:[_', ]?\d{3})*|[+-]?\d+)(\.\d+)? ?(%|percent|k?m|met(?:er|re)s?)?$/i.exec(
    found,
  );
  if (match === null) return undefined;
  const [, whole = '', fraction = '', unit = ''] = match;
  const number = Number(whole.replace(/[_', ]/g, '') + fraction) * (unit.toLowerCase() === 'km' ? 1000 : 1);
  return `write ${String(number)}, without quotes or a unit`;
};

export const adviseDuration: Advise = (found) => {
  if (typeof found === 'number') {
    return `its unit is missing: ${String(found)}s, ${String(found)}m, ${String(found)}h or ${String(found)}d`;
  }
  if (typeof found !== 'string') return adviseOneValue(found);
  if (parseDuration(found) !== undefined) return undefined;
  const text = found.trim().toLowerCase().replace(/^pt?/, '');
  let ms = 0;
  let end = 0;
  for (const match of text.matchAll(DURATION_PART)) {
    const unit = UNITS.findIndex((_, index) => match[index + 2] !== undefined);
    ms += Number(match[1]) * (UNITS[unit]?.[1] ?? 0);
    end = match.index + match[0].length;
  }
  if (end === 0 || end < text.length || ms % SECOND_MS !== 0) return undefined;
  return `did you mean ${formatDuration(ms)}?`;
};

/** `9:00`, `9pm`, `21.30`, `2100`, `24:00`. */
export const adviseTime: Advise = (found) => {
  if (typeof found !== 'string' && typeof found !== 'number') return adviseOneValue(found);
  const match = /^(\d{1,2})(?:[:.h]?(\d\d))?(?::\d\d)? ?([ap]m)?$/i.exec(String(found));
  if (match === null) return undefined;
  const [, hours = '', minutes = '00', half] = match;
  let hour = Number(hours);
  if (half !== undefined) hour = (hour % 12) + (half.toLowerCase() === 'pm' ? 12 : 0);
  if (hour === 24) hour = 0;
  if (hour > 23 || Number(minutes) > 59) return undefined;
  return `did you mean "${String(hour).padStart(2, '0')}:${minutes}"?`;
};

export function adviseOneOf(values: readonly string[]): Advise {
  return (found) => {
    const nearest = typeof found === 'string' ? suggest(found, values) : undefined;
    return nearest === undefined ? adviseOneValue(found) : `did you mean ${nearest}?`;
  };
}

export const adviseList: Advise = (found) => {
  if (found === null) return 'write [] for an empty list, or leave the key out';
  if (typeof found === 'object') return 'begin each entry with "- "';
  return `a list of one is written [${typeof found === 'string' ? found.slice(0, 40) : show(found)}]`;
};

export const adviseSection: Advise = (found) => {
  if (Array.isArray(found)) return 'its keys stand below it without "- " or [ ]';
  if (found === null) return 'indent its keys by two spaces, or leave it out';
  return typeof found === 'string' && found.includes(':')
    ? 'a space belongs after the ":" of a key'
    : undefined;
};
