/**
 * `simulate FILE --recording FILE`: what these rules would have done on recorded decisions, beside what the live ones
 * did, or beside other rules. Needs no service. What a recording can't say is counted apart, with bounds.
 */
import { errorText } from '../../runtime/error-text.ts';
import type { CommandContext, ExitCode } from './ports.ts';
import { readRulesFile } from './rules-file.ts';
import { markdownReport } from './simulation/markdown-report.ts';
import { printReport } from './simulation/print-report.ts';
import { createReport, type Report } from './simulation/report.ts';
import { simulateRecording } from './simulation/simulate-recording.ts';
import { percentText } from './simulation/words.ts';

export interface SimulateOptions {
  readonly recording: string;
  readonly against?: string;
  readonly nothingBefore?: boolean;
  readonly json?: boolean;
  readonly markdown?: boolean;
  /** Percent of the pushes before; at the worse bound. */
  readonly maxChange?: number;
}

export async function simulate(
  file: string,
  options: SimulateOptions,
  context: CommandContext,
): Promise<ExitCode> {
  const { say, complain, progress } = context;
  const rules = await readRulesFile(file, context);
  const against = options.against === undefined ? undefined : await readRulesFile(options.against, context);
  if (rules === undefined || (options.against !== undefined && against === undefined)) return 1;

  let report: Report;
  try {
    const simulation = await simulateRecording({
      recordingFile: options.recording,
      rules: rules.text,
      against: against?.text,
      nothingBefore: options.nothingBefore ?? false,
      maxIds: options.json === true ? Infinity : 5,
      onProgress: (share) => progress?.(`replaying ${options.recording}: ${(100 * share).toFixed(0)} %`),
    });
    report = createReport(simulation, {
      file: options.recording,
      rules: rules.rules,
      against: against?.rules,
    });
  } catch (error) {
    complain(explain(error, options.recording));
    return 1;
  } finally {
    progress?.('');
  }

  if (options.json === true) say(JSON.stringify(report, null, 2));
  else if (options.markdown === true) say(markdownReport(report));
  else printReport(report, context.terminal, say);

  const { changePercent } = report.pushes;
  const { maxChange } = options;
  if (maxChange === undefined || (changePercent !== null && changePercent <= maxChange)) return 0;
  complain(
    `pushes change by ${percentText(report)} at the worst, more than the ${String(maxChange)} % allowed`,
  );
  return 1;
}

function explain(error: unknown, file: string): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return `${file}: there is no such file`;
  if (code === 'EISDIR') return `${file}: is a directory, expected a file`;
  return errorText(error);
}
