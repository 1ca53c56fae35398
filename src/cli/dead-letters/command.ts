/** `coupon-notifier dead-letters …`. The first SIGINT or SIGTERM lets what is begun end; a second one ends all. */
import type { Command } from '../command.ts';
import { runDeadLettersCommand } from './program.ts';

export const deadLettersCommand: Command = async (args, line, calledAs) => {
  const stopping = new AbortController();
  const stop = (): void => stopping.abort();
  process.once('SIGINT', stop).once('SIGTERM', stop);
  try {
    return await runDeadLettersCommand(args, line, calledAs, stopping.signal);
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
  }
};
