/**
 * What a guard and the process that opened it say to each other: one JSON object a line, requests on the
 * guard's standard input, reports on its standard output. Types only, so that the guard itself loads nothing
 * but Node's own modules and is up in milliseconds.
 */

export interface GuardedCommand {
  readonly command: string;
  readonly args: readonly string[];
  /** The child's working directory. */
  readonly cwd: string;
  /** The child's whole environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Standard output and error are appended to this file. */
  readonly logFile: string;
}

export type GuardRequest =
  | { readonly do: 'run'; readonly id: number; readonly command: GuardedCommand }
  | { readonly do: 'signal'; readonly id: number; readonly number: number; readonly signal: NodeJS.Signals };

export type GuardReport =
  | { readonly event: 'running'; readonly id: number; readonly pid: number }
  | { readonly event: 'failed'; readonly id: number; readonly message: string }
  | {
      readonly event: 'exited';
      readonly id: number;
      readonly code: number | null;
      readonly signal: NodeJS.Signals | null;
    }
  /** The signal request of that number was carried out, or its child had ended. */
  | { readonly event: 'signalled'; readonly number: number };
