/** An upload of v2 over v1 that ended after one of its calls to S3: what must hold then, wherever it ended. */
import { expect } from 'vitest';
import { openRulesDesk, rulesText, type RulesDesk } from './rules-desk.ts';

/** The note that the interrupted upload was given. */
export const INTERRUPTED_NOTE = 'interrupted';

/**
 * Tries it anew for each of its calls: what holds is looked at after each, until it comes to its end before that.
 * @param upload ends an upload of v2 after so many calls. @returns whether it came to its end.
 */
export async function interruptAfterEachCall(
  upload: (calls: number, desk: RulesDesk) => Promise<boolean>,
): Promise<void> {
  const seen = { old: 0, new: 0 };
  for (let calls = 1; ; calls += 1) {
    const desk = openRulesDesk();
    try {
      await desk.upload(rulesText('v1'));
      if (await upload(calls, desk)) {
        expect(desk.liveText()).toBe(rulesText('v2'));
        break;
      }
      seen[await expectSoundHistory(desk, calls)] += 1;
    } finally {
      desk.close();
    }
  }
  expect(seen.old).toBeGreaterThan(4);
  // The answer to the document's own write is lost, or that to the mark's.
  expect(seen.new).toBeGreaterThan(1);
}

/**
 * The old document is live, or the new one with its entry, and the next upload goes on from there.
 * @param calls after which it ended, for the message.
 * @returns which of the two is live.
 */
async function expectSoundHistory(desk: RulesDesk, calls: number): Promise<'old' | 'new'> {
  const which = `after ${String(calls)} calls`;
  const log = async (): Promise<readonly { version: string; live: boolean; note: string }[]> => {
    expect(await desk.run('log', '--json'), which).toBe(0);
    return JSON.parse(desk.said[0] ?? '') as { version: string; live: boolean; note: string }[];
  };
  const isNew = desk.liveText() === rulesText('v2');
  const expected = isNew ? ['v2', 'v1'] : ['v1'];
  const entries = await log();
  expect(
    entries.map(({ version }) => version),
    which,
  ).toEqual(expected);
  expect(entries[0], which).toMatchObject({ live: true, note: isNew ? INTERRUPTED_NOTE : 'why not' });

  expect(await desk.upload(rulesText('v3')), which).toBe(0);
  expect(
    (await log()).map(({ version }) => version),
    which,
  ).toEqual(['v3', ...expected]);
  return isNew ? 'new' : 'old';
}
