/** Editors at once, their calls in any order: what was live is one line, and the history tells it whole. */
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createMemoryStore } from '../../../support/documents/memory-store.ts';
import { KEY, openDesk, versionOf } from '../../../support/documents/history-desk.ts';

const BASE = 'v1 base';
/** Two of one version, one that brings the base back, one twice. */
const TEXTS = ['v2 a', 'v2 b', BASE, 'v3 c', 'v2 a'];

it('each that became live is there once, in order; no name has two documents; nothing is overwritten', async () => {
  let conflicts = 0;
  const play = async (editors: readonly (readonly number[])[], picks: readonly number[]): Promise<void> => {
    const store = createMemoryStore();
    const anna = openDesk(store);
    await anna.upload(BASE);
    const waiting: (() => void)[] = [];
    const kept = new Map<string, string>();
    const becameLive = [BASE];
    store.onCall({
      before: () => new Promise<void>((resolve) => waiting.push(resolve)),
      after: () => {
        for (const [key, { bytes }] of store.objects) {
          const text = Buffer.from(bytes).toString();
          if (key === KEY) {
            if (becameLive.at(-1) !== text) becameLive.push(text);
          } else {
            expect(kept.get(key) ?? text, key).toBe(text);
            kept.set(key, text);
          }
        }
      },
    });
    let running = editors.length;
    const work = editors.map(async (texts, editor) => {
      for (const index of texts) {
        const { kind } = await openDesk(store, `editor ${String(editor)}`).upload(TEXTS[index]!);
        if (kind === 'conflict') conflicts += 1;
      }
      running -= 1;
    });
    for (let step = 0; running > 0; step += 1) {
      await turn();
      waiting.splice((picks[step % picks.length] ?? 0) % Math.max(1, waiting.length), 1)[0]?.();
    }
    await Promise.all(work);
    store.onCall({});

    const past = (await anna.past()).toReversed();
    expect(past).toEqual(becameLive);
    const byVersion = Map.groupBy(new Set(becameLive), (text) => versionOf(Buffer.from(text)));
    for (const [version, texts] of byVersion) expect(texts, version).toHaveLength(1);
  };
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(fc.nat(TEXTS.length - 1), { minLength: 1, maxLength: 3 }), {
        minLength: 2,
        maxLength: 3,
      }),
      fc.array(fc.nat(2), { minLength: 5, maxLength: 120 }),
      play,
    ),
    { numRuns: 120 },
  );
  expect(conflicts).toBeGreaterThan(50);
});
