/** Every hazard, and the table that test/README.md shows of them: what is promised there is what the tests compare. */
import { deaths } from './deaths.ts';
import type { Facts, Hazard } from './hazard.ts';
import { pauses } from './pauses.ts';
import { replies } from './replies.ts';
import { windows } from './windows.ts';

export const HAZARDS: readonly Hazard[] = [...deaths, ...pauses, ...windows, ...replies];

/** Markdown. A row for each guard. */
export function hazardTable(): string {
  const rows = HAZARDS.flatMap(({ name, holds, mutations }) =>
    mutations.map(({ guard, breaks }, index) => {
      const [hazard, seen] = index === 0 ? [name, showFacts(holds)] : ['the same', ''];
      return `| ${hazard} | ${seen} | ${guard} | ${showFacts(breaks)} |`;
    }),
  );
  return ['| hazard | seen from outside | guard | without it |', '| --- | --- | --- | --- |', ...rows].join(
    '\n',
  );
}

function showFacts(facts: Facts): string {
  return Object.entries(facts)
    .map(([name, value]) => `${words(name)}: ${showValue(value)}`)
    .join('; ');
}

/** `wentBack` as `went back`. */
function words(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

function showValue(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(showValue).join(', ');
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return String(value);
}
