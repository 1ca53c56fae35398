/** What a person saw while a fault lasted, as the runbook shows it: from what `npm run prove-alerts` kept. */
import type { AlertWords } from '../support/alerts/alert-files.ts';
import type { Seen } from '../support/alerts/operator-view.ts';
import type { KeptProofs } from '../support/alerts/proofs.ts';

const WIDTH = 110;
const NAME_WIDTH = 9;

/** Section of the runbook → what it shows. Alerts of one section, seen at the same moment, are shown once. */
export function runbookParts(
  alerts: readonly AlertWords[],
  { sights, waits }: KeptProofs,
): Readonly<Record<string, string>> {
  const sections = new Map<string, string[]>();
  const add = (section: string, fault: string, seen: Seen): void => {
    const shown = `Seen while ${fault}:\n\n${blockOf(seen)}`;
    const all = sections.get(section) ?? [];
    if (!all.includes(shown)) sections.set(section, [...all, shown]);
  };
  for (const { name } of alerts)
    for (const { alert, fault, seen } of sights) if (alert === name) add(sectionOfAlert(name), fault, seen);
  for (const { name, fault, seen } of waits) add(name, fault, seen);
  return Object.fromEntries([...sections].map(([section, shown]) => [section, shown.join('\n\n')]));
}

/** An objective's two alerts have one section. */
export function sectionOfAlert(name: string): string {
  return name.replace(/(?:Fast|Slow)$/, '');
}

function blockOf({ page, ready, status, log }: Seen): string {
  const rows = [
    ...rowsOf('page', wrap(page)),
    ...rowsOf('/ready', wrap(ready)),
    ...rowsOf('/status', status.length === 0 ? ['as before'] : status.flatMap(wrap)),
    ...rowsOf('log', log === '' ? ['no warning'] : [log]),
  ];
  return ['```text', ...rows, '```'].join('\n');
}

function rowsOf(name: string, lines: readonly string[]): string[] {
  return lines.map((line, at) => `${(at === 0 ? name : '').padEnd(NAME_WIDTH)}${line}`);
}

/** At spaces, where a line would be too wide. */
function wrap(text: string): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + word.length >= WIDTH) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines.map((line, at) => (at === 0 ? line : `  ${line}`));
}
