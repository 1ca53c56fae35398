/**
 * What the simulation's commands have in common: options or usage, signals that stop everything in order (a second one
 * at once), a report that is printed and kept. Exit codes: 0 all held, 1 something broke or the run could not be made,
 * 130 interrupted.
 */
import { cp, writeFile } from 'node:fs/promises';
import { styleText } from 'node:util';

export const INTERRUPTED = 130;

export interface Command<Options> {
  readonly usage: string;
  /** Undefined where only the usage was asked for. @throws Error for a person, where they are wrong. */
  readOptions(args: readonly string[]): Options | undefined;
  /** @returns the exit code. */
  carryOut(options: Options, signal: AbortSignal): Promise<number>;
  /** Called once when the first signal comes, before anything is stopped. */
  onStopping(): void;
}

/** @returns the exit code. Never rejects. */
export const runCommand = async <Options>(command: Command<Options>): Promise<number> => {
  let options: Options | undefined;
  try {
    options = command.readOptions(process.argv.slice(2));
  } catch (error) {
    console.error(`${messageOf(error)}\n\n${command.usage}`);
    return 1;
  }
  if (options === undefined) {
    console.log(command.usage);
    return 0;
  }
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => {
      // A second time: at once. The guards clean up.
      if (stopping.signal.aborted) process.exit(INTERRUPTED);
      stopping.abort();
      command.onStopping();
    });
  try {
    return await command.carryOut(options, stopping.signal);
  } catch (error) {
    if (stopping.signal.aborted) return INTERRUPTED;
    console.error(styleText('red', messageOf(error)));
    return 1;
  }
};

/** Writes the report where it was asked for, and keeps the pods' logs of a run that broke something. */
export const keepReport = async (
  report: { readonly ok: boolean },
  { json, logDirectory }: { readonly json: string | undefined; readonly logDirectory: string },
): Promise<void> => {
  if (json !== undefined) await writeFile(json, `${JSON.stringify(report, null, 2)}\n`);
  if (report.ok) return;
  const kept = `${logDirectory}-kept`;
  await cp(logDirectory, kept, { recursive: true });
  console.log(`  The pods' logs are in ${kept}\n`);
};

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
