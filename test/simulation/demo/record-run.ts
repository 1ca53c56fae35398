/** A recording of a run: the file that `rules record` makes, of all that the run's pods wrote down. */
import { copyFile } from 'node:fs/promises';
import { describeRecording, recordTopic } from '../../../src/cli/rules/record.ts';
import { whyNotWritable } from '../../../src/cli/rules/recording-file.ts';
import type { World } from './world.ts';

/** Before the run, which nobody wants to repeat. @throws Error with a message for a person. */
export const checkRecordFile = async (file: string | undefined): Promise<void> => {
  const refusal = file === undefined ? undefined : await whyNotWritable(file, false);
  if (refusal !== undefined) throw new Error(`--record: ${refusal}`);
};

/** Nothing where no file was asked for. @throws Error where the topic or the file fails. */
export const recordRun = async (
  { services, names }: Pick<World, 'services' | 'names'>,
  file: string | undefined,
  say: (line: string) => void,
): Promise<void> => {
  const { decisionTopic: topic } = names;
  if (file === undefined || topic === undefined) return;
  const brokers = (services.env['KAFKA_BROKERS'] ?? '').split(',');
  const summary = await recordTopic({
    ...{ topic, connection: { brokers, clientId: 'record-run' } },
    options: { sinceMs: 0, untilMs: undefined, out: file, usersPercent: 100 },
    complain: say,
  });
  for (const line of summary === undefined ? ['nothing was recorded'] : describeRecording(summary, file)) {
    say(`  ${line}`);
  }
};

/** The document that the run's pods decided by, beside the recording: for a run that has rules of its own. */
export const keepRules = async (
  rulesFile: string,
  recordFile: string | undefined,
  say: (line: string) => void,
): Promise<void> => {
  if (recordFile === undefined) return;
  const kept = `${recordFile}.rules.yaml`;
  await copyFile(rulesFile, kept);
  say(`  ${kept}: the rules that pods decided by`);
};
