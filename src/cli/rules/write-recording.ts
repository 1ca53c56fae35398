/** From a span of the decision topic to a recording: its lines by time, and what they are. */
import { parseInstant } from '../../domain/instant.ts';
import { readDecision } from '../../domain/read-decision.ts';
import { isUserInShare } from '../../domain/user-share.ts';
import type { FetchedMessage } from '../../kafka/fetch/fetched-records.ts';
import type { PartitionSpan, TopicReader } from '../../kafka/fetch/topic-reader.ts';
import { mergeByTime, type TimedLine } from './merge-by-time.ts';
import type { WholeFile } from './recording-file.ts';

export interface RecordingSummary {
  readonly decisions: number;
  readonly deliveries: number;
  /** Counted to a million. */
  readonly users: number;
  /** RFC 3339: of the earliest and the latest line; undefined where there is none. */
  readonly from: string | undefined;
  readonly to: string | undefined;
  /** Records that are none of a decision topic. */
  readonly skipped: number;
  /** Of the first that was skipped: where it lies, and what is wrong with it. */
  readonly firstSkipped: string | undefined;
}

export interface RecordingOptions {
  readonly reader: Pick<TopicReader, 'read'>;
  readonly spans: readonly PartitionSpan[];
  readonly file: Pick<WholeFile, 'writeLine'>;
  /** 0–100: only this share of users. */
  readonly usersPercent: number;
  /** Called now and then. @param done records read. @param of about so many. */
  readonly onProgress: (done: number, of: number) => void;
}

interface RecordedLine extends TimedLine {
  readonly kind: 'decision' | 'delivery';
  readonly userId: string;
}

const MAX_COUNTED_USERS = 1_000_000;
const PROGRESS_EVERY = 10_000;

export async function writeRecording(options: RecordingOptions): Promise<RecordingSummary> {
  const { reader, spans, file, usersPercent, onProgress } = options;
  const of = spans.reduce((sum, { from, to }) => sum + to - from, 0);
  const users = new Set<string>();
  const counts = { decision: 0, delivery: 0 };
  let done = 0;
  let skipped = 0;
  let firstSkipped: string | undefined;
  let fromMs = Infinity;
  let toMs = -Infinity;

  async function* linesOf(span: PartitionSpan): AsyncGenerator<RecordedLine> {
    for await (const message of reader.read(span)) {
      done += 1;
      if (done % PROGRESS_EVERY === 0) onProgress(done, of);
      const line = lineOf(message);
      const read = readDecision(line);
      if (!read.ok) {
        skipped += 1;
        firstSkipped ??= `partition ${String(span.partition)}, offset ${message.offset}: ${read.problem}`;
        continue;
      }
      const { kind, userId, at } = read.record;
      if (!isUserInShare(userId, usersPercent)) continue;
      yield { kind, userId, line, atMs: parseInstant(at) ?? message.timestamp };
    }
  }

  for await (const { kind, userId, line, atMs } of mergeByTime(spans.map(linesOf))) {
    await file.writeLine(line);
    counts[kind] += 1;
    fromMs = Math.min(fromMs, atMs);
    toMs = Math.max(toMs, atMs);
    if (users.size < MAX_COUNTED_USERS) users.add(userId);
  }
  const isEmpty = counts.decision + counts.delivery === 0;
  return {
    decisions: counts.decision,
    deliveries: counts.delivery,
    users: users.size,
    from: isEmpty ? undefined : new Date(fromMs).toISOString(),
    to: isEmpty ? undefined : new Date(toMs).toISOString(),
    skipped,
    firstSkipped,
  };
}

/** Line breaks in a JSON value are white space. */
function lineOf({ value }: FetchedMessage): string {
  return (value?.toString() ?? '').replaceAll(/[\r\n]+/g, ' ').trim();
}
