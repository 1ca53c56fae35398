/** The records of one user: from a recording, or from the decision topic, of which only the user's partition is read. */
import { readDecision, type ReadDecision } from '../../../domain/read-decision.ts';
import type { RecordingLine } from '../../../domain/decision.ts';
import { openTopicReader, type TopicReader } from '../../../kafka/fetch/topic-reader.ts';
import { partitionOfKey } from '../../../kafka/producers/record-placement.ts';
import type { RecordedUser } from '../../../replay/explain/explain-recorded.ts';
import { silentLogger } from '../../silent-logger.ts';
import { readOwnLines } from '../simulation/own-lines.ts';

const PROGRESS_EVERY = 10_000;

export interface Wanted {
  readonly eventId: string;
  /** Undefined: of whichever user has the event. */
  readonly userId: string | undefined;
}

/**
 * Reads the file twice where the user is not named. Memory: the records of one user.
 *
 * @returns no lines where no one has the event. @throws Error of the file system.
 */
export async function userOfRecording(
  file: string,
  { eventId, userId: named }: Wanted,
): Promise<RecordedUser> {
  const userId = named ?? (await findUser(file, eventId));
  const lines: RecordingLine[] = [];
  let beganMs = Infinity;
  let unreadable = 0;
  for await (const read of linesOf(file)) {
    if (!read.ok) {
      unreadable += 1;
      continue;
    }
    const { record } = read;
    if (record.kind === 'decision') beganMs = Math.min(beganMs, Date.parse(record.at));
    if (record.userId === userId) lines.push(record);
  }
  return { lines, beganMs, unreadable };
}

async function findUser(file: string, eventId: string): Promise<string | undefined> {
  for await (const read of linesOf(file)) {
    if (read.ok && read.record.kind === 'decision' && read.record.eventId === eventId)
      return read.record.userId;
  }
  return undefined;
}

async function* linesOf(file: string): AsyncGenerator<ReadDecision> {
  for await (const lines of readOwnLines(file, { worker: 0, workers: 1 })) {
    for (const { text } of lines) yield readDecision(text);
  }
}

export interface TopicPlace {
  readonly connection: Parameters<typeof openTopicReader>[0]['connection'];
  readonly topic: string;
  /** Epoch ms: no further back. */
  readonly sinceMs: number;
  readonly onProgress: (done: number, of: number) => void;
}

/** @throws Error where Kafka fails. */
export async function userOfTopic(userId: string, place: TopicPlace): Promise<RecordedUser> {
  const { connection, topic } = place;
  const reader = await openTopicReader({ connection, topic, logger: silentLogger });
  try {
    return await readUser(reader, userId, place);
  } finally {
    await reader.close();
  }
}

/** Of the records of other users only the first one's moment is kept. */
export async function readUser(
  reader: Pick<TopicReader, 'span' | 'read'>,
  userId: string,
  { sinceMs, onProgress }: Pick<TopicPlace, 'sinceMs' | 'onProgress'>,
): Promise<RecordedUser> {
  const spans = await reader.span(sinceMs, undefined);
  const own = partitionOfKey(userId, spans.length);
  const span = spans.find(({ partition }) => partition === own);
  const lines: RecordingLine[] = [];
  let beganMs: number | undefined;
  let unreadable = 0;
  let done = 0;
  if (span === undefined) return { lines, beganMs, unreadable };
  for await (const { key, value } of reader.read(span)) {
    done += 1;
    if (done % PROGRESS_EVERY === 0) onProgress(done, span.to - span.from);
    const isOwn = key?.toString() === userId;
    if (beganMs !== undefined && !isOwn) continue;
    const read = readDecision(value?.toString() ?? '');
    if (!read.ok) {
      if (isOwn) unreadable += 1;
      continue;
    }
    beganMs ??= Date.parse(read.record.at);
    if (read.record.userId === userId) lines.push(read.record);
  }
  return { lines, beganMs, unreadable };
}
