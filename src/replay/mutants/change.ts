/** How a change of a document is written down, and the changes that are the same wherever a value stands. */
import type { Path } from '../../rules/document/problem.ts';
import { inWords, type Change } from './mutant.ts';

/** @param value what stands at the path instead; undefined: nothing. @param hint which example would notice. */
export function change(path: Path, was: unknown, value: unknown, hint: string): Change {
  return { path, value, was: inWords(was), is: inWords(value), hint };
}

/** Each of a section's keys, and the section as a whole. */
export function leftOut(path: Path, section: object, hint: string): readonly Change[] {
  const keys = Object.entries(section).map(([key, value]) => change([...path, key], value, undefined, hint));
  return [...keys, change(path, 'the section', undefined, hint)];
}

/** A little less and a little more; the borders of what is valid are for the schema. */
export function overAndUnder(
  path: Path,
  value: number | string | undefined,
  hint: string,
): readonly Change[] {
  if (value === undefined) return [];
  return neighbours(value).map((other) => change(path, value, other, hint));
}

/** Of a number, by one of its last digit; of a duration, by one of its unit. */
function neighbours(value: number | string): readonly (number | string)[] {
  if (typeof value === 'number') {
    const decimals = /\.(\d+)$/.exec(String(value))?.[1]?.length ?? 0;
    return [-1, 1].map((sign) => Number((value + sign * 10 ** -decimals).toFixed(decimals)));
  }
  const count = Number(value.slice(0, -1));
  const unit = value.slice(-1);
  return [count - 1, count + 1].map((other) => `${String(other)}${unit}`);
}
