/** What is checked of a run's own course, beside the promises that the topics and the ledger tell of. */
import { readFile } from 'node:fs/promises';
import type { Cap } from '../../../src/domain/cap.ts';
import { parseRules } from '../../../src/rules/document/parse-rules.ts';
import type { PromiseCheck } from '../verify/check-promises.ts';

/** The caps of a rules document. @throws Error where it is none. */
export const readCaps = async (file: string | URL): Promise<readonly Cap[]> => {
  const parsed = parseRules(await readFile(file, 'utf8'));
  if (!parsed.ok) throw new Error(`${String(file)}: ${parsed.problems[0]?.message ?? 'invalid'}`);
  return parsed.rules.caps;
};

/** `exit`: as `showExit` says it. */
export const checkExits = (
  exits: readonly { readonly pod: string; readonly exit: string }[],
): PromiseCheck => {
  const violations = exits
    .filter(({ exit }) => exit !== 'exit code 0')
    .map(({ pod, exit }) => ({ message: `${pod} ended with ${exit}` }));
  return { name: 'every planned stop ended with exit code 0', holds: violations.length === 0, violations };
};

/** `waitedMs`: how long nothing moved before the wait was given up. */
export const checkDrained = (drained: boolean, waitedMs: number): PromiseCheck => ({
  name: 'the backlog and the push queue ran empty',
  holds: drained,
  violations: drained ? [] : [{ message: `no progress for ${waitedMs / 1000} s with work still left` }],
});
