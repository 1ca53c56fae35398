/** What every command of `coupon-notifier` is. */

/** What a command reads from and speaks to. */
export interface CommandLine {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** One line of the answer. */
  readonly say: (line: string) => void;
  /** Bytes of the answer, exactly. Default: on stdout. */
  readonly write?: (bytes: Uint8Array) => void;
  /** One line about what went wrong. */
  readonly complain: (line: string) => void;
  /** Where a long command stands, one line that replaces the last; '' ends it. Nobody may be looking. */
  readonly progress?: (text: string) => void;
  /** What `say` writes to, where that is a terminal. */
  readonly terminal?: Terminal;
}

export interface Terminal {
  /** Characters a line. */
  readonly columns: number;
  readonly isColoured: boolean;
}

/**
 * @param args what stands after the command's name.
 * @param calledAs what the user typed before `args`, for the help.
 * @returns the exit code: 0 done, 1 not done, 78 the environment is not enough. Never rejects.
 */
export type Command = (args: readonly string[], line: CommandLine, calledAs: string) => Promise<number>;
