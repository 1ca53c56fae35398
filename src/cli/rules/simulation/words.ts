/** How numbers and names of a report are written, in a terminal and in Markdown alike. */
import { GROUPINGS, type Grouping } from '../../../replay/comparison.ts';
import type { Bounds, DocumentName, NamedChange, Report } from './report.ts';

export function countOf(count: number): string {
  return count.toLocaleString('en-US');
}

/** `12`, or `12–15` where it is not known. */
export function boundsText({ atLeast, atMost }: Bounds): string {
  return atLeast === atMost ? countOf(atLeast) : `${countOf(atLeast)}–${countOf(atMost)}`;
}

/** `+3`, `−3`, `0`. */
export function signed(count: number): string {
  if (count === 0) return '0';
  return `${count > 0 ? '+' : '−'}${countOf(Math.abs(count))}`;
}

/** `+3`, or `−3 to +2` where it is not known. */
export function differenceText(before: Bounds, after: Bounds): string {
  const least = after.atLeast - before.atMost;
  const most = after.atMost - before.atLeast;
  return least === most ? signed(least) : `${signed(least)} to ${signed(most)}`;
}

export function percentText({ pushes: { changePercent } }: Report): string {
  if (changePercent === null) return 'from none';
  return `${changePercent.toLocaleString('en-US', { maximumFractionDigits: 1 })} %`;
}

export function documentText({ version, hash }: DocumentName): string {
  return hash === '' ? version : `${version} (${hash})`;
}

/** Minutes are enough: `2026-11-22 12:00`. */
export function momentText(moment: string): string {
  return moment.slice(0, 16).replace('T', ' ');
}

/** What the two columns are called. */
export function sideNames({ against, rules }: Report): readonly [before: string, after: string] {
  return [against === undefined ? 'pods did' : against.version, rules.version];
}

/** What one should know before reading the numbers, in sentences. */
export function remarks(report: Report): readonly string[] {
  const { recording, pushedWhenRedelivered, agreement, against } = report;
  const lines: string[] = [];
  const { documents } = recording;
  if (documents.length > 1) {
    const names = documents.map((one) => `${documentText(one)} ${countOf(one.events)} events`).join(', ');
    lines.push(`Pods decided by several documents meanwhile, each event by its own: ${names}.`);
  } else if (against === undefined && documents[0] !== undefined) {
    lines.push(`Pods decided by ${documentText(documents[0])}.`);
  }
  if (recording.redelivered > 0) {
    lines.push(
      `${countOf(recording.redelivered)} records are of events delivered again: each event counts once.`,
    );
  }
  const later = [pushedWhenRedelivered.before, pushedWhenRedelivered.after];
  if (later.some(({ atMost }) => atMost > 0)) {
    lines.push(
      `Pushed only when delivered again, and not in the funnel: ${later.map(boundsText).join(' before, ')} after.`,
    );
  }
  if (recording.late > 0) {
    lines.push(`${countOf(recording.late)} records came too late to be put in order: not known.`);
  }
  if (recording.unreadable > 0) {
    const first = recording.badLines[0];
    const where = first === undefined ? '' : ` (line ${countOf(first.number)}: ${first.problem})`;
    lines.push(`${countOf(recording.unreadable)} lines are no records${where}.`);
  }
  if (recording.deliveries === 0) {
    lines.push('No record says how a push ended: what hangs on an earlier push is not known.');
  }
  for (const [side, name] of [
    ['before', against],
    ['after', report.rules],
  ] as const) {
    const { events, known, agreed } = agreement[side];
    if (events === 0 || name === undefined) continue;
    const unknown = events - known;
    lines.push(
      `${documentText(name)} agrees with what pods did: ${countOf(agreed)} of ${countOf(known)} known` +
        `${unknown === 0 ? '' : `, ${countOf(unknown)} not known`}.`,
    );
  }
  return lines;
}

const HEADINGS: Readonly<Record<Grouping, string>> = {
  rule: 'By what lets them through, or keeps them back',
  merchant: 'By merchant',
  hour: 'By hour where the user is',
  locale: 'By locale',
};

interface ChangedGroup {
  readonly grouping: Grouping;
  readonly heading: string;
  readonly changed: readonly NamedChange[];
}

/** The groups in which something changes, in the order of the reports. */
export function changedGroups(report: Report): readonly ChangedGroup[] {
  return GROUPINGS.map((grouping) => {
    const changed = report.by[grouping].filter(({ gained, lost }) => gained.atMost + lost.atMost > 0);
    return { grouping, heading: HEADINGS[grouping], changed };
  }).filter(({ changed }) => changed.length > 0);
}
