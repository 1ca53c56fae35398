/** A report as a comment on a pull request: GitHub's Markdown. Ids and names come from outside and are written as code. */
import type { Change, NamedChange, Report } from './report.ts';
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

const SHOWN_IDS = 5;
const SHOWN_NAMES = 20;
const SHOWN_TEXTS = 5;

export function markdownReport(report: Report): string {
  const { recording, pushes, otherCoupon } = report;
  const [before, after] = sideNames(report);
  const parts: string[] = [
    `### Rules ${plain(documentText(report.rules))} on ${countOf(recording.events)} recorded events`,
    `**Pushes: ${boundsText(pushes.before)} → ${boundsText(pushes.after)}** ` +
      `(${differenceText(pushes.before, pushes.after)}, ${percentText(report)} at the worst)`,
    `From ${momentText(recording.from)} to ${momentText(recording.until)} UTC. ${remarks(report).map(plain).join(' ')}`,
    tableOf(
      ['', plain(before), plain(after), 'difference'],
      [
        ['received', countOf(recording.events), countOf(recording.events), ''],
        ...report.funnel
          .filter(({ place, before: was, after: is }) => was + is > 0 || place === 'queued')
          .map(({ place, before: was, after: is }) => [
            place === 'unknown' ? 'not known' : code(place),
            countOf(was),
            countOf(is),
            signed(is - was),
          ]),
      ],
    ),
    ...changeLine('gained', report.gained),
    ...changeLine('lost', report.lost),
  ];
  if (otherCoupon.events > 0) {
    parts.push(`- ${countOf(otherCoupon.events)} with another coupon: ${idsOf(otherCoupon.eventIds)}`);
  }
  for (const { heading, changed } of changedGroups(report)) {
    parts.push(details(heading, namedTable(changed)));
  }
  for (const [side, name] of [
    ['before', before],
    ['after', after],
  ] as const) {
    const rows = report.unknown[side].map(({ sentence, events, eventIds, ...bounds }) => [
      sentence,
      countOf(events),
      boundsText(bounds),
      idsOf(eventIds),
    ]);
    if (rows.length > 0) {
      const head = ['', 'events', 'pushes', 'for example'];
      parts.push(details(`Not known of ${plain(name)}`, tableOf(head, rows)));
    }
  }
  if (report.texts.after.length > 0) {
    const rows = report.texts.after
      .slice(0, SHOWN_TEXTS)
      .map(({ text, pushes: count }) => [code(text.replaceAll('\n', ' / ')), countOf(count)]);
    parts.push(details('What pushes say most (numbers as #)', tableOf(['', 'pushes'], rows)));
  }
  return parts.join('\n\n');
}

function changeLine(word: string, change: Change): readonly string[] {
  if (change.atMost === 0) return [];
  return [`- ${boundsText(change)} ${word}: ${idsOf(change.eventIds)}`];
}

function namedTable(changes: readonly NamedChange[]): string {
  const rows = changes
    .slice(0, SHOWN_NAMES)
    .map(({ name, gained, lost }) => [
      code(name),
      boundsText(gained),
      boundsText(lost),
      idsOf([...gained.eventIds, ...lost.eventIds]),
    ]);
  const more = changes.length > SHOWN_NAMES ? `\n\n… ${countOf(changes.length - SHOWN_NAMES)} more` : '';
  return tableOf(['', 'gained', 'lost', 'for example'], rows) + more;
}

function details(summary: string, body: string): string {
  return `<details><summary>${summary}</summary>\n\n${body}\n\n</details>`;
}

function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const rule = head.map((_, at) => (at === 0 || head[at] === 'for example' ? '---' : '---:'));
  return [line(head), line(rule), ...rows.map(line)].join('\n');
}

function idsOf(ids: readonly string[]): string {
  return ids.slice(0, SHOWN_IDS).map(code).join(', ');
}

/** Nothing in it can end the code, the cell or the line. */
function code(text: string): string {
  return `\`${text.replaceAll('`', '’').replaceAll('|', '\\|').replaceAll(/\s+/g, ' ')}\``;
}

function plain(text: string): string {
  return text.replaceAll(/[\\`*_{}[\]<>#|~]/g, '\\$&').replaceAll(/\s+/g, ' ');
}
