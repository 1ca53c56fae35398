/** `coupon-notifier rules …`. */
import type { Command } from '../command.ts';
import { connectFleet } from './connect-fleet.ts';
import { runRulesCommand } from './program.ts';
import { tryExamples } from './test.ts';

export const rulesCommand: Command = (args, line, calledAs) =>
  runRulesCommand(args, { ...line, connectFleet, tryExamples }, calledAs);
