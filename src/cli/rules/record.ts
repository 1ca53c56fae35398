/**
 * `record --since 24h --out FILE`: what decisions saw in that time, from the decision topic into a file of one JSON line
 * each, by time. It reads to the end as it was when it began, takes bounded memory, and writes the file whole or not at
 * all.
 */
import { openTopicReader } from '../../kafka/fetch/topic-reader.ts';
import { errorText } from '../../runtime/error-text.ts';
import { KAFKA_VARIABLES, kafkaConnection } from '../kafka-settings.ts';
import { readSettings } from '../settings.ts';
import { silentLogger } from '../silent-logger.ts';
import type { CommandContext, ExitCode } from './ports.ts';
import { createWholeFile, whyNotWritable } from './recording-file.ts';
import { writeRecording, type RecordingSummary } from './write-recording.ts';

const VARIABLES = [...KAFKA_VARIABLES, 'KAFKA_DECISION_TOPIC'] as const;

export interface RecordOptions {
  /** Epoch ms. */
  readonly sinceMs: number;
  /** Epoch ms, excluded; undefined: now. */
  readonly untilMs: number | undefined;
  readonly out: string;
  readonly force: boolean;
  /** 0–100: of how many users. */
  readonly usersPercent: number;
  readonly json: boolean;
}

export async function record(options: RecordOptions, context: CommandContext): Promise<ExitCode> {
  const { say, complain } = context;
  const settings = readSettings(VARIABLES, context);
  if (settings === undefined) return 78;
  const { KAFKA_DECISION_TOPIC: topic } = settings;
  if (topic === undefined) {
    complain('KAFKA_DECISION_TOPIC: required, but not set');
    return 78;
  }
  const refusal = await whyNotWritable(options.out, options.force);
  if (refusal !== undefined) {
    complain(refusal);
    return 1;
  }
  const connection = kafkaConnection(settings, 'record');
  try {
    const summary = await recordTopic({ connection, topic, options, complain });
    if (summary === undefined) {
      complain(`nothing was recorded in ${topic} in that time; no file was written`);
      return 1;
    }
    if (options.json) say(JSON.stringify({ file: options.out, ...summary }));
    else for (const line of describeRecording(summary, options.out)) say(line);
    return 0;
  } catch (error) {
    complain(errorText(error));
    return 1;
  }
}

interface Source {
  readonly connection: Parameters<typeof openTopicReader>[0]['connection'];
  readonly topic: string;
  readonly options: Pick<RecordOptions, 'sinceMs' | 'untilMs' | 'out' | 'usersPercent'>;
  /** Progress goes where complaints go: what is said is the answer. */
  readonly complain: (line: string) => void;
}

/** @returns undefined where there is nothing: then there is no file. @throws Error where Kafka or the file fails. */
export async function recordTopic({
  connection,
  topic,
  options,
  complain,
}: Source): Promise<RecordingSummary | undefined> {
  const reader = await openTopicReader({ connection, topic, logger: silentLogger });
  try {
    const spans = await reader.span(options.sinceMs, options.untilMs);
    const file = await createWholeFile(options.out);
    try {
      const summary = await writeRecording({
        ...{ reader, spans, file, usersPercent: options.usersPercent },
        onProgress: (done, of) =>
          complain(`read ${done.toLocaleString('en')} of ${of.toLocaleString('en')} records`),
      });
      if (summary.decisions + summary.deliveries > 0) {
        await file.commit();
        return summary;
      }
      await file.discard();
      return undefined;
    } catch (error) {
      await file.discard();
      throw error;
    }
  } finally {
    await reader.close();
  }
}

/** What a recording has, in a line or some. */
export function describeRecording(summary: RecordingSummary, file: string): string[] {
  const count = (value: number): string => value.toLocaleString('en');
  const { decisions, deliveries, users, from, to, skipped, firstSkipped } = summary;
  return [
    `${file}: ${count(decisions)} decisions and ${count(deliveries)} deliveries of ${count(users)} users`,
    `from ${from ?? '–'} to ${to ?? '–'}`,
    ...(skipped > 0
      ? [`skipped ${count(skipped)} records that are no decisions: ${firstSkipped ?? ''}`]
      : []),
  ];
}
