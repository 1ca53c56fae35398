/** Editors at one document and its history, for tests: a document's text is its version, a space, and the rest. */
import { openHistory, readLive, type History } from '../../../src/documents/history/history.ts';
import {
  replaceDocument,
  type NewDocument,
  type Replaced,
} from '../../../src/documents/history/replace-document.ts';
import type { ObjectStore } from '../../../src/documents/object-store.ts';

export const KEY = 'rules/rules.yaml';

export const versionOf = (bytes: Uint8Array): string | undefined =>
  /^(\S+) /.exec(new TextDecoder().decode(bytes))?.[1];

export interface Desk {
  readonly history: History;
  /** Compares with what is live, and replaces it. */
  upload(text: string, changes?: Partial<NewDocument>): Promise<Replaced>;
  liveText(): Promise<string | undefined>;
  /** Texts that were live, newest first. */
  past(): Promise<readonly string[]>;
}

export function openDesk(store: ObjectStore, by = 'anna'): Desk {
  const place = { store, key: KEY };
  const history = openHistory(place);
  return {
    history,
    async upload(text, changes = {}) {
      const bytes = Buffer.from(text);
      const document: NewDocument = {
        ...{ bytes, version: versionOf(bytes) ?? '', by, note: 'why not' },
        how: { kind: 'upload' },
        ...changes,
      };
      return replaceDocument(document, { ...place, expected: await readLive(place), versionOf });
    },
    async liveText() {
      const live = await readLive(place);
      return live && new TextDecoder().decode(live.bytes);
    },
    async past() {
      const { past } = await history.list();
      return Promise.all(past.map(async ({ hash }) => new TextDecoder().decode(await history.bytesOf(hash))));
    },
  };
}
