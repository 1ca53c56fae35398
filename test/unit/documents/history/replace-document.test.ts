/** A document is replaced with its history: what is kept, who is refused, and what a death at any call leaves. */
import { describe, expect, it } from 'vitest';
import { hashDocument } from '../../../../src/domain/document-hash.ts';
import { ObjectStoreError, type ObjectStore } from '../../../../src/documents/object-store.ts';
import { createMemoryStore, type MemoryStore } from '../../../support/documents/memory-store.ts';
import { KEY, openDesk } from '../../../support/documents/history-desk.ts';

const entriesOf = async (store: ObjectStore) => {
  const { history } = openDesk(store);
  return Promise.all((await history.list()).past.map(({ name }) => history.entry(name)));
};

describe('what is kept', () => {
  it('of an upload: bytes, version, hash, who, when, why, and what it replaced', async () => {
    const store = createMemoryStore();
    const anna = openDesk(store);
    const first = await anna.upload('v1 a');
    await openDesk(store, 'ben').upload('v2 b', { note: 'more' });
    const [second, before] = await entriesOf(store);
    expect(before).toMatchObject({
      ...{ number: 1, version: 'v1', hash: hashDocument('v1 a'), bytes: 4, by: 'anna', note: 'why not' },
      ...{ how: { kind: 'upload' }, replaced: null },
    });
    expect(second).toMatchObject({
      ...{ number: 2, version: 'v2', hash: hashDocument('v2 b'), by: 'ben', note: 'more' },
      replaced: { version: 'v1', hash: hashDocument('v1 a'), etag: first.kind === 'live' && first.etag },
    });
    expect(Date.parse(second?.at ?? '')).toBeGreaterThan(0);
    expect(await anna.past()).toEqual(['v2 b', 'v1 a']);
  });

  it('of a document that lay there without an upload: it was found', async () => {
    const store = createMemoryStore();
    store.put(KEY, 'v1 by hand');
    const anna = openDesk(store);
    expect((await anna.history.list()).current).toBeUndefined();
    await anna.upload('v2 b');
    const [, found] = await entriesOf(store);
    expect(found).toMatchObject({ version: 'v1', by: null, note: null, at: '2026-11-27T10:00:00.000Z' });
    expect(found?.how).toEqual({ kind: 'found' });
    expect(await anna.past()).toEqual(['v2 b', 'v1 by hand']);
  });

  it('of a found document that nobody can read: its exact bytes', async () => {
    const store = createMemoryStore();
    store.put(KEY, Buffer.from([0xff, 0x00]));
    const anna = openDesk(store);
    await anna.upload('v2 b');
    const { past } = await anna.history.list();
    expect([...(await anna.history.bytesOf(past[1]!.hash))]).toEqual([0xff, 0x00]);
  });

  it('of bytes put back by other means: found again, after the upload that they followed', async () => {
    const store = createMemoryStore();
    const anna = openDesk(store);
    await anna.upload('v1 a');
    await anna.upload('v2 b');
    store.put(KEY, 'v1 a');
    await anna.upload('v3 c');
    expect((await entriesOf(store)).map(({ version, how }) => [version, how.kind])).toEqual([
      ['v3', 'upload'],
      ['v1', 'found'],
      ['v2', 'upload'],
      ['v1', 'upload'],
    ]);
  });
});

describe('a version’s name', () => {
  it('is used once: other bytes are refused, with who, and with a name that is free', async () => {
    const store = createMemoryStore();
    const anna = openDesk(store);
    await anna.upload('v1 a');
    await anna.upload('v2 b');
    const refused = await openDesk(store, 'ben').upload('v1 other');
    expect(refused).toMatchObject({ kind: 'taken', by: { by: 'anna', version: 'v1' }, free: 'v3' });
    expect(await anna.liveText()).toBe('v2 b');
  });

  it('of the live document is taken, too', async () => {
    const anna = openDesk(createMemoryStore());
    await anna.upload('v1 a');
    expect(await anna.upload('v1 other')).toMatchObject({ kind: 'taken' });
  });

  it('of a found document is taken, too', async () => {
    const store = createMemoryStore();
    store.put(KEY, 'v1 by hand');
    expect(await openDesk(store).upload('v1 other')).toMatchObject({ kind: 'taken', by: { by: null } });
  });

  it('may be live again with the same bytes', async () => {
    const store = createMemoryStore();
    const anna = openDesk(store);
    for (const text of ['v1 a', 'v2 b', 'v1 a']) await anna.upload(text);
    expect(await anna.past()).toEqual(['v1 a', 'v2 b', 'v1 a']);
    expect((await anna.history.list()).current?.number).toBe(3);
  });

  it('with the bytes that are live already is no new entry', async () => {
    const store = createMemoryStore();
    store.put(KEY, 'v1 a');
    const anna = openDesk(store);
    expect(await anna.upload('v1 a')).toMatchObject({ kind: 'unchanged' });
    expect(await anna.upload('v1 a')).toMatchObject({ kind: 'unchanged' });
    expect((await entriesOf(store)).map(({ how }) => how.kind)).toEqual(['found']);
  });

  it('is free where its upload never became live', async () => {
    const store = createMemoryStore();
    const anna = openDesk(store);
    await anna.upload('v1 a');
    await dieAfter(store, `write ${KEY}.history/000002`, () => openDesk(store, 'ben').upload('v2 b'));
    expect(await anna.upload('v2 c')).toMatchObject({ kind: 'live' });
    expect(await anna.past()).toEqual(['v2 c', 'v1 a']);
  });
});

describe('two editors', () => {
  it('one wins, the other is told and leaves no trace among what was live', async () => {
    const store = createMemoryStore();
    const anna = openDesk(store);
    await anna.upload('v1 a');
    store.onCall({
      before: async (call) => {
        if (call !== `write ${KEY}`) return;
        store.onCall({});
        expect(await openDesk(store, 'ben').upload('v2 ben')).toMatchObject({ kind: 'live' });
      },
    });
    expect(await anna.upload('v2 anna')).toEqual({ kind: 'conflict' });
    expect(await anna.past()).toEqual(['v2 ben', 'v1 a']);
  });

  it('with the same bytes: one upload is live', async () => {
    const store = createMemoryStore();
    const anna = openDesk(store);
    await anna.upload('v1 a');
    store.onCall({
      before: async (call) => {
        if (call !== `write ${KEY}`) return;
        store.onCall({});
        await openDesk(store, 'ben').upload('v2 b');
      },
    });
    expect(await anna.upload('v2 b')).toEqual({ kind: 'conflict' });
    expect((await entriesOf(store)).map(({ by }) => by)).toEqual(['ben', 'anna']);
  });

  it('one brings back what the other is just replacing: refused until that has surely ended', async () => {
    const store = createMemoryStore();
    const anna = openDesk(store);
    await anna.upload('v1 a');
    await dieAfter(store, `list ${KEY}.history/`, () => openDesk(store, 'ben').upload('v3 late'), 2);
    await anna.upload('v2 b');
    expect(await anna.upload('v1 a')).toMatchObject({ kind: 'busy', by: { by: 'ben', version: 'v3' } });
    store.advance(62_000);
    expect(await anna.upload('v1 a')).toMatchObject({ kind: 'live' });
  });
});

describe('an S3', () => {
  it('that ignores conditions gets no upload', async () => {
    const store = createMemoryStore();
    store.put(KEY, 'v1 a');
    store.ignoreConditions();
    const anna = openDesk(store);
    expect(await anna.upload('v2 b')).toEqual({ kind: 'unconditional' });
    expect(await anna.liveText()).toBe('v1 a');
  });

  it('whose answer to the write is lost: what is live decides', async () => {
    const store = createMemoryStore();
    const anna = openDesk(store);
    const lose = (call: string): void => {
      if (call === `write ${KEY}`) throw new ObjectStoreError('no answer');
    };
    store.onCall({ after: lose });
    expect(await anna.upload('v1 a')).toMatchObject({ kind: 'live', isMarked: true });
    store.onCall({ before: lose });
    await expect(anna.upload('v2 b')).rejects.toThrow('no answer');
    store.onCall({});
    expect(await anna.past()).toEqual(['v1 a']);
  });

  it('that fails at the last mark alone: the document is live, and says that it is not marked', async () => {
    const store = createMemoryStore();
    store.onCall({
      before: (call) => {
        if (call.endsWith('.live')) throw new ObjectStoreError('away');
      },
    });
    const anna = openDesk(store);
    expect(await anna.upload('v1 a')).toMatchObject({ kind: 'live', isMarked: false });
    expect(await anna.past()).toEqual(['v1 a']);
  });
});

/** Runs until that call has been done for the nth time, and never goes on. */
async function dieAfter(
  store: MemoryStore,
  call: string,
  task: () => Promise<unknown>,
  nth = 1,
): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    let left = nth;
    store.onCall({
      after: async (done) => {
        if (!done.startsWith(call) || (left -= 1) > 0) return;
        resolve();
        await new Promise(() => {});
      },
    });
    task().then(() => reject(new Error(`never came to ${call}`)), reject);
  });
  store.onCall({});
}

describe('a death', () => {
  /** Stops for good after so many calls. @returns false where all were made. */
  async function dieAt(store: MemoryStore, calls: number, task: () => Promise<unknown>): Promise<boolean> {
    const { promise: died, resolve: die } = Promise.withResolvers<true>();
    let left = calls;
    store.onCall({
      before: async () => {
        if (left > 0) {
          left -= 1;
          return;
        }
        die(true);
        await new Promise(() => {});
      },
    });
    const isDead = await Promise.race([died, task().then(() => false)]);
    store.onCall({});
    return isDead;
  }

  const worlds: Readonly<Record<string, (store: MemoryStore) => Promise<readonly string[]>>> = {
    'over nothing': async () => [],
    'over an upload': async (store) => {
      await openDesk(store).upload('v1 a');
      return ['v1 a'];
    },
    'over a found document': async (store) => {
      store.put(KEY, 'v1 a');
      return ['v1 a'];
    },
    'over an upload that died before its mark': async (store) => {
      await dieAfter(store, `write ${KEY}`, () => openDesk(store).upload('v1 a'), 4);
      expect(await openDesk(store).liveText()).toBe('v1 a');
      return ['v1 a'];
    },
  };

  it.each(Object.keys(worlds))(
    '%s: at every call the old document is live, or the new one with its entry',
    async (name) => {
      const seen = { old: 0, new: 0 };
      for (let calls = 0; ; calls += 1) {
        const store = createMemoryStore();
        const before = await worlds[name]!(store);
        if (!(await dieAt(store, calls, () => openDesk(store, 'ben').upload('v2 b')))) break;

        const anna = openDesk(store);
        const live = await anna.liveText();
        const { current, past } = await anna.history.list();
        if (live === 'v2 b') {
          seen.new += 1;
          expect(past[0], String(calls)).toBe(current);
          expect(await anna.past(), String(calls)).toEqual(['v2 b', ...before]);
          expect(await anna.history.entry(current!.name)).toMatchObject({ by: 'ben', version: 'v2' });
          // Another version’s bytes under its name are refused also before the mark.
          expect(await anna.upload('v2 other')).toMatchObject({ kind: 'taken', by: { by: 'ben' } });
        } else {
          seen.old += 1;
          expect(live, String(calls)).toBe(before[0]);
          expect(past.map(({ hash }) => hash)).not.toContain(hashDocument('v2 b'));
          expect(await anna.upload('v2 again')).toMatchObject({ kind: 'live' });
          expect(await anna.past(), String(calls)).toEqual(['v2 again', ...before]);
        }
        // Whoever comes next goes on from there.
        expect(await anna.upload('v3 c')).toMatchObject({ kind: 'live' });
        expect((await anna.past()).slice(2), String(calls)).toEqual(before);
      }
      expect(seen.old).toBeGreaterThan(4);
      expect(seen.new).toBe(1);
    },
  );
});
