/** `coupon-notifier rules …`. */
import type { Command } from '../command.ts';
import { connectFleet } from './connect-fleet.ts';
import type { CompareOnRecording } from './ports.ts';
import { runRulesCommand } from './program.ts';
import { tryExamples } from './test.ts';

/** Loaded when it is needed: it brings the pipeline along. */
const compareOnRecording: CompareOnRecording = async (asked) =>
  (await import('./simulation/compare-on-recording.ts')).compareOnRecording(asked);

export const rulesCommand: Command = (args, line, calledAs) =>
  runRulesCommand(args, { ...line, connectFleet, tryExamples, compareOnRecording }, calledAs);
