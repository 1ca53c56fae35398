/**
 * `replay --dry-run`: what would become of each letter, by today's code and rules. Nothing is written. What only the
 * coupon API knows is said to be unknown, and so is what Redis remembers where it is not asked.
 */
import type { CommandLine } from '../command.ts';
import { matches, type Filter } from './filter.ts';
import { fateInWords, foreseeLetter, type Fate, type Today } from './foreseen.ts';
import { fingerprintOf } from './fingerprint.ts';
import { formatAddress, isParked, readLetter, type Letter } from './letter.ts';
import type { Desk, ExitCode } from './ports.ts';
import { spansOf } from './spans.ts';

export interface DryRunOptions {
  readonly filter: Filter;
  readonly parked: boolean;
  readonly json: boolean;
}

interface Row {
  readonly letter: string;
  readonly reason: string;
  readonly replays: number;
  /** Why it would not be put back. */
  readonly not?: 'parked' | 'lost' | 'no topic';
  readonly events: readonly (Fate & { readonly words: string })[];
}

const NOT_IN_WORDS = {
  parked: 'not put back: parked, it came back three times; --parked puts it back',
  lost: 'not put back: the dead-letter topic has not taken its value',
  'no topic': 'not put back: its topic is gone',
} as const;

export async function dryRun(
  desk: Desk,
  today: Today,
  { filter, parked, json }: DryRunOptions,
  { say, progress }: CommandLine,
): Promise<ExitCode> {
  await desk.look();
  const rows: Row[] = [];
  const totals = new Map<string, number>();
  const topics = new Map<string, number | undefined>();
  let letters = 0;

  async function judge(letter: Letter): Promise<Row> {
    const { topic } = letter.source;
    if (!topics.has(topic)) topics.set(topic, await desk.partitionsOf(topic));
    const about = { letter: formatAddress(letter.address), reason: letter.reason, replays: letter.replays };
    if (letter.lostBytes !== undefined) return { ...about, not: 'lost', events: [] };
    if (isParked(letter) && !parked) return { ...about, not: 'parked', events: [] };
    if (topics.get(topic) === undefined) return { ...about, not: 'no topic', events: [] };
    const fates = await foreseeLetter(letter, today);
    return { ...about, events: fates.map((fate) => ({ ...fate, words: fateInWords(fate) })) };
  }

  for (const span of await spansOf(desk, filter)) {
    for await (const message of desk.read(span)) {
      const letter = readLetter(message, span.partition);
      if (letter === undefined || !matches(letter, filter)) continue;
      if (desk.marks.of(letter.address) !== undefined) continue;
      const row = await judge(letter);
      letters += 1;
      const words = row.not === undefined ? row.events.map((event) => event.words) : [NOT_IN_WORDS[row.not]];
      for (const one of words) totals.set(kindOf(one), (totals.get(kindOf(one)) ?? 0) + 1);
      if (json) rows.push(row);
      else for (const one of words) say(`${row.letter}  ${row.reason}  →  ${one}`);
      if (letters % 1000 === 0) progress?.(`${letters.toLocaleString('en')} letters`);
    }
  }
  progress?.('');
  const summary = [...totals].sort(([, a], [, b]) => b - a);
  const unknown = today.recall === undefined ? UNASKED : undefined;
  if (json) {
    say(JSON.stringify({ letters: rows, totals: Object.fromEntries(summary), unknown }, undefined, 2));
    return 0;
  }
  if (letters > 0) say('');
  say(`${letters.toLocaleString('en')} letters; nothing was put back`);
  for (const [kind, count] of summary) say(`${count.toLocaleString('en').padStart(9)}  ${kind}`);
  if (unknown !== undefined) say(unknown);
  return 0;
}

const UNASKED =
  'Redis was not asked (REDIS_URL is not set): a push that was made before, or a cap that is full, is not seen.';

function kindOf(words: string): string {
  return words.startsWith('a dead letter again') ? fingerprintOf(words) : words;
}
