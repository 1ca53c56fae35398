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
}

/**
 * @param args what stands after the command's name.
 * @param calledAs what the user typed before `args`, for the help.
 * @returns the exit code: 0 done, 1 not done, 78 the environment is not enough. Never rejects.
 */
export type Command = (args: readonly string[], line: CommandLine, calledAs: string) => Promise<number>;
