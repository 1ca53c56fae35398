/** `list`: the letters that are open, by reason and by what their errors have in common. */
import type { CommandLine } from '../command.ts';
import { matches, type Filter } from './filter.ts';
import { createGroups, type Groups } from './group.ts';
import { readLetter } from './letter.ts';
import type { Desk, ExitCode } from './ports.ts';
import { spansOf } from './spans.ts';

export interface ListOptions {
  readonly filter: Filter;
  /** Also letters that are dealt with. */
  readonly all: boolean;
  readonly json: boolean;
}

const PROGRESS_EVERY = 10_000;

export async function list(
  desk: Desk,
  { filter, all, json }: ListOptions,
  { say, progress }: CommandLine,
): Promise<ExitCode> {
  await desk.look();
  const spans = await spansOf(desk, filter);
  const groups = createGroups(all);
  let read = 0;
  let strange = 0;
  for (const span of spans) {
    for await (const message of desk.read(span)) {
      read += 1;
      if (read % PROGRESS_EVERY === 0) progress?.(`read ${read.toLocaleString('en')} letters`);
      const letter = readLetter(message, span.partition);
      if (letter === undefined) strange += 1;
      else if (matches(letter, filter)) groups.add(letter, desk.marks.of(letter.address));
    }
  }
  progress?.('');
  if (json) say(JSON.stringify(toJson(desk.topic, groups, strange), undefined, 2));
  else for (const line of describe(desk.topic, groups, strange, all)) say(line);
  return 0;
}

const timeOf = (ms: number): string => new Date(ms).toISOString();

function toJson(topic: string, groups: Groups, strange: number): unknown {
  return {
    topic,
    ...groups.counts,
    notLetters: strange,
    groups: groups.list().map(({ firstSeenMs, lastSeenMs, sample, ...group }) => ({
      ...group,
      firstSeen: timeOf(firstSeenMs),
      lastSeen: timeOf(lastSeenMs),
      sample,
    })),
  };
}

function describe(topic: string, groups: Groups, strange: number, all: boolean): string[] {
  const count = (value: number): string => value.toLocaleString('en');
  const { letters, open, parked, replayed, discarded } = groups.counts;
  const lines = [
    `${topic}: ${count(letters)} letters, ${count(open)} of them open` +
      `${parked > 0 ? ` (${count(parked)} parked)` : ''}, ${count(replayed)} put back, ${count(discarded)} discarded`,
  ];
  if (strange > 0) lines.push(`${count(strange)} records are no dead letters of this service`);
  const found = groups.list();
  if (found.length === 0) return lines;
  const rows = found.map((group) => [
    count(group.count),
    group.reason,
    timeOf(group.firstSeenMs),
    timeOf(group.lastSeenMs),
    group.sample,
    `${group.fingerprint}${group.parked > 0 ? ` (${count(group.parked)} parked)` : ''}`,
  ]);
  const head = [all ? 'count' : 'open', 'reason', 'first', 'last', 'sample', 'error'];
  const widths = head.map((name, at) => Math.max(name.length, ...rows.map((row) => row[at]?.length ?? 0)));
  const format = (row: readonly string[]): string =>
    row
      .map((cell, at) => {
        const width = widths[at] ?? 0;
        if (at === row.length - 1) return cell;
        return at === 0 ? cell.padStart(width) : cell.padEnd(width);
      })
      .join('  ');
  return [...lines, '', format(head), ...rows.map(format)];
}
