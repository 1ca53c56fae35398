/** A report for a person at a terminal: aligned, no wider than the terminal, colour only where it is asked for. */
import { styleText } from 'node:util';
import type { Terminal } from '../../command.ts';
import type { Change, NamedChange, Report, UnknownRow } from './report.ts';
import {
  boundsText,
  changedGroups,
  countOf,
  differenceText,
  documentText,
  momentText,
  percentText,
  remarks,
  sideNames,
  signed,
} from './words.ts';

const DEFAULT_COLUMNS = 80;
const MOST_COLUMNS = 120;
const SHOWN_IDS = 5;
const SHOWN_NAMES = 8;
const SHOWN_TEXTS = 5;

type Row = readonly string[];
type Colour = 'green' | 'red' | 'yellow' | 'bold';

export function printReport(
  report: Report,
  terminal: Terminal | undefined,
  say: (line: string) => void,
): void {
  const width = Math.min(MOST_COLUMNS, terminal?.columns ?? DEFAULT_COLUMNS);
  const paint = (colour: Colour, text: string): string =>
    terminal?.isColoured === true ? styleText(colour, text, { validateStream: false }) : text;
  const title = (text: string): void => {
    say('');
    say(paint('bold', text));
  };

  const { recording, pushes } = report;
  say(paint('bold', `Rules ${documentText(report.rules)}`));
  const span = `${momentText(recording.from)} to ${momentText(recording.until)} UTC`;
  for (const line of wrap(`${countOf(recording.events)} events from ${span}.`, width)) say(line);
  for (const remark of remarks(report)) for (const line of wrap(remark, width)) say(line);

  say('');
  for (const line of table(funnelRows(report), width)) say(line);
  say('');
  const change = `Pushes: ${boundsText(pushes.before)} → ${boundsText(pushes.after)}`;
  const worst = `${differenceText(pushes.before, pushes.after)}, ${percentText(report)} at the worst`;
  for (const line of wrap(`${change}, ${worst}.`, width)) say(line);
  sayChange('gained', report.gained, 'green');
  sayChange('lost', report.lost, 'red');
  const { events, eventIds } = report.otherCoupon;
  if (events > 0) {
    say(`  ${countOf(events)} with another coupon`);
    sayIds(eventIds);
  }

  for (const { grouping, heading, changed } of changedGroups(report)) {
    title(heading);
    const shown = grouping === 'hour' ? changed : changed.slice(0, SHOWN_NAMES);
    for (const line of table([['', 'gained', 'lost', 'for example'], ...shown.map(changeRow)], width))
      say(line);
    if (shown.length < changed.length) say(`  … ${countOf(changed.length - shown.length)} more: --json`);
  }

  for (const [side, name] of [
    ['before', sideNames(report)[0]],
    ['after', sideNames(report)[1]],
  ] as const) {
    const rows = report.unknown[side];
    if (rows.length === 0) continue;
    title(`Not known of ${name}`);
    for (const row of rows) sayUnknown(row);
  }

  const texts = report.texts.after;
  if (texts.length > 0) {
    title(`What pushes say most (numbers as #)`);
    const size = Math.max(...texts.map((text) => countOf(text.pushes).length));
    for (const { text, pushes: count } of texts.slice(0, SHOWN_TEXTS)) {
      say(cut(`  ${countOf(count).padStart(size)}  ${text.replaceAll('\n', ' / ')}`, width));
    }
  }
  sayDisagreements();

  function sayChange(word: string, changed: Change, colour: Colour): void {
    if (changed.atMost === 0) return;
    say(`  ${paint(colour, `${boundsText(changed)} ${word}`)}`);
    sayIds(changed.eventIds);
  }

  function sayIds(ids: readonly string[]): void {
    const shown = ids.slice(0, SHOWN_IDS);
    for (const line of wrap(shown.join(', '), width - 6)) say(`      ${line}`);
  }

  function sayUnknown({ sentence, events: count, eventIds: ids, ...row }: UnknownRow): void {
    const text = `${countOf(count)} events, ${boundsText(row)} pushes. ${sentence}`;
    for (const [index, line] of wrap(text, width - 4).entries()) {
      say(index === 0 ? `  ${paint('yellow', line)}` : `    ${line}`);
    }
    sayIds(ids);
  }

  function sayDisagreements(): void {
    for (const side of ['before', 'after'] as const) {
      const { disagreements, known, agreed } = report.agreement[side];
      if (disagreements.length === 0) continue;
      title(`${countOf(known - agreed)} answers are not what pods did`);
      for (const { eventId, recorded, simulated } of disagreements.slice(0, SHOWN_IDS)) {
        say(cut(`  ${eventId}: ${outcomeText(recorded)}, simulated ${outcomeText(simulated)}`, width));
      }
    }
  }
}

type Outcome = Report['agreement']['after']['disagreements'][number]['recorded'];

function outcomeText(outcome: Outcome): string {
  if (outcome.kind === 'queued') return `queued ${outcome.couponId ?? ''}`;
  return outcome.kind === 'filtered' ? `${outcome.reason} (${outcome.rule})` : outcome.reason;
}

function funnelRows(report: Report): readonly Row[] {
  const [before, after] = sideNames(report);
  const rows: Row[] = [['', before, after, 'difference']];
  const { events } = report.recording;
  rows.push(['received', countOf(events), countOf(events), '']);
  for (const { place, before: was, after: is } of report.funnel) {
    if (was + is === 0 && place !== 'queued') continue;
    const name = place === 'unknown' ? 'not known' : place;
    rows.push([`  ${name}`, countOf(was), countOf(is), signed(is - was)]);
  }
  return rows;
}

function changeRow({ name, gained, lost }: NamedChange): Row {
  const [example = ''] = [...gained.eventIds, ...lost.eventIds];
  return [`  ${name}`, boundsText(gained), boundsText(lost), example];
}

/** The first column and the last, where it is text, to the left; numbers to the right. */
function table(rows: readonly Row[], width: number): readonly string[] {
  const columns = rows[0]?.length ?? 0;
  const longest = Array.from({ length: columns }, (_, at) =>
    Math.max(...rows.map((row) => (row[at] ?? '').length)),
  );
  const [first = 0, ...others] = longest;
  const used = others.reduce((sum, one) => sum + one + 2, 0);
  // The names give way first, then the last column.
  const nameWidth = Math.max(12, Math.min(first, width - used));
  return rows.map((row) => {
    const [name = '', ...cells] = row;
    const isText = rows[0]?.at(-1) === 'for example';
    const written = cells.map((cell, at) => {
      const isLast = at === cells.length - 1;
      return isText && isLast ? `  ${cell}` : `  ${cell.padStart(others[at] ?? 0)}`;
    });
    return cut(`${cut(name, nameWidth).padEnd(nameWidth)}${written.join('')}`.trimEnd(), width);
  });
}

function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}

function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  if (line !== '') lines.push(line);
  return lines;
}
