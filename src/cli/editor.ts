/** Who runs a command that changes something, and why: asked of the command line, told by what keeps its history. */
import { hostname, userInfo } from 'node:os';
import { InvalidArgumentError } from 'commander';
import type { CommandLine } from './command.ts';

const LONGEST = 1000;

/** @param by what was said; default: the user and the machine. */
export function editorOf(by: string | undefined, { env }: Pick<CommandLine, 'env'>): string {
  return by ?? `${env['USER'] ?? env['LOGNAME'] ?? systemUser()}@${hostname()}`;
}

function systemUser(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run as a user that its system does not know.
    return `uid-${String(process.getuid?.() ?? '')}`;
  }
}

/** For commander: one line of text, not empty. */
export function oneLineOption(text: string): string {
  const line = text.trim();
  if (line === '' || line.length > LONGEST || /\p{Cc}/u.test(line)) {
    throw new InvalidArgumentError(`Expected one line of 1 to ${String(LONGEST)} characters.`);
  }
  return line;
}
