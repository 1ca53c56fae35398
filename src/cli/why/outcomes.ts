/**
 * A user's recent outcomes, from the one partition of the outcome topic that has them: read from its end backwards, a
 * block at a time, until there are enough or the time is up.
 */
import { parseInstant } from '../../domain/instant.ts';
import type { TopicReader } from '../../kafka/fetch/topic-reader.ts';
import { partitionOfKey } from '../../kafka/producers/record-placement.ts';

/** As the outcome topic has it. */
export interface Told {
  readonly eventId: string;
  readonly at: string;
  readonly outcome: string;
  readonly reason?: string;
  readonly rule?: string;
  readonly couponId?: string;
  readonly merchantId?: string;
  readonly rulesVersion?: string;
  readonly rulesHash?: string;
  readonly pod?: string;
}

export interface RecentOutcomes {
  /** Newest first. */
  readonly outcomes: readonly Told[];
  /** RFC 3339: everything since then was read; undefined where nothing was. */
  readonly since: string | undefined;
  /** The partition was read to its beginning. */
  readonly isAll: boolean;
  /** Records of the user among them that are no outcome as this version writes it. */
  readonly unreadable: number;
}

export interface OutcomeQuestion {
  readonly userId: string;
  /** Only of this event. */
  readonly eventId: string | undefined;
  /** Enough of them. */
  readonly most: number;
  /** Ms for all reading. */
  readonly withinMs: number;
}

/** Records of the first block; each further one is twice as large. */
const FIRST_BLOCK = 2000;
const LARGEST_BLOCK = 64_000;
/** Between two looks at the time. */
const LOOK_EVERY = 256;

export async function readOutcomes(
  reader: Pick<TopicReader, 'span' | 'read'>,
  { userId, eventId, most, withinMs }: OutcomeQuestion,
): Promise<RecentOutcomes> {
  const endAtMs = performance.now() + withinMs;
  const spans = await reader.span(0, undefined);
  const partition = partitionOfKey(userId, spans.length);
  const span = spans.find((one) => one.partition === partition);
  const key = Buffer.from(userId);
  const outcomes: Told[] = [];
  let sinceMs: number | undefined;
  let unreadable = 0;
  let to = span?.to ?? 0;
  const begin = span?.from ?? 0;
  for (
    let size = FIRST_BLOCK;
    to > begin && outcomes.length < most;
    size = Math.min(2 * size, LARGEST_BLOCK)
  ) {
    const from = Math.max(begin, to - size);
    const block: Told[] = [];
    let firstMs: number | undefined;
    let unreadableHere = 0;
    let read = 0;
    for await (const message of reader.read({ partition, from, to })) {
      firstMs ??= message.timestamp;
      read += 1;
      if (read % LOOK_EVERY === 0 && performance.now() > endAtMs)
        return { outcomes, since: timeOf(sinceMs), isAll: false, unreadable };
      if (message.key?.equals(key) !== true) continue;
      const told = parseTold(message.value);
      if (told === undefined) unreadableHere += 1;
      else if (eventId === undefined || told.eventId === eventId) block.push(told);
    }
    outcomes.push(...block.reverse());
    unreadable += unreadableHere;
    sinceMs = firstMs ?? sinceMs;
    to = from;
    if (performance.now() > endAtMs) break;
  }
  return { outcomes: outcomes.slice(0, most), since: timeOf(sinceMs), isAll: to <= begin, unreadable };
}

function timeOf(ms: number | undefined): string | undefined {
  return ms === undefined || ms < 0 ? undefined : new Date(ms).toISOString();
}

function parseTold(value: Buffer | null): Told | undefined {
  try {
    const told = JSON.parse(value?.toString() ?? '') as Told;
    return typeof told.eventId === 'string' && parseInstant(told.at) !== undefined ? told : undefined;
  } catch {
    return undefined;
  }
}
