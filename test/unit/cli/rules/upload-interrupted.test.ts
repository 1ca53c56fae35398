/** `upload` that ends after each of its calls to S3, before their answer: the history tells what is live. */
import { expect, it } from 'vitest';
import { interruptAfterEachCall, INTERRUPTED_NOTE } from '../../../support/cli/interrupted-upload.ts';
import { rulesText, type RulesDesk } from '../../../support/cli/rules-desk.ts';

/** Nothing of the upload goes on after so many calls. @returns whether it came to its end before that. */
async function uploadInterruptedAfter(calls: number, desk: RulesDesk): Promise<boolean> {
  let done = 0;
  const ended = Promise.withResolvers<boolean>();
  const never = new Promise<void>(() => undefined);
  desk.store.onCall({
    before: () => (done >= calls ? never : undefined),
    after: () => {
      done += 1;
      if (done < calls) return undefined;
      ended.resolve(false);
      return never;
    },
  });
  const path = desk.file(rulesText('v2'));
  void desk.run('upload', path, '--note', INTERRUPTED_NOTE).then((code) => {
    expect(code).toBe(0);
    ended.resolve(true);
  }, ended.reject);
  const isDone = await ended.promise;
  desk.store.onCall({});
  return isDone;
}

it('the old document is live, or the new one with its entry, and the next upload goes on from there', async () => {
  await interruptAfterEachCall(uploadInterruptedAfter);
});
