/** S3 in memory, as `object-store.ts` shows it: strongly consistent, with conditions and a clock of its own. */
import { createHash } from 'node:crypto';
import type { ObjectStore, StoredObject } from '../../../src/documents/object-store.ts';

export interface MemoryStore extends ObjectStore {
  readonly objects: ReadonlyMap<string, StoredObject>;
  /** Past every condition, as other tools write. */
  put(key: string, text: string | Uint8Array): void;
  /** Called before each call, and after it has been done; what they throw or wait for, the caller sees. */
  onCall(hooks: CallHooks): void;
  /** Takes every write, whatever its condition. */
  ignoreConditions(): void;
  /** Moves S3's clock on. */
  advance(ms: number): void;
}

export interface CallHooks {
  readonly before?: (call: string) => void | Promise<void>;
  readonly after?: (call: string) => void | Promise<void>;
}

export function createMemoryStore(): MemoryStore {
  const objects = new Map<string, StoredObject>();
  let hooks: CallHooks = {};
  let ignores = false;
  let nowMs = Date.parse('2026-11-27T10:00:00.000Z');

  const call = async <T>(name: string, task: () => T): Promise<T> => {
    await hooks.before?.(name);
    const answer = task();
    await hooks.after?.(name);
    return answer;
  };
  const put = (key: string, content: string | Uint8Array): string => {
    const bytes = typeof content === 'string' ? Buffer.from(content) : content;
    const etag = `"${createHash('md5').update(bytes).digest('hex')}"`;
    objects.set(key, { bytes, etag, modifiedAtMs: Math.floor(nowMs / 1000) * 1000 });
    return etag;
  };

  return {
    objects,
    put,
    onCall: (next) => (hooks = next),
    ignoreConditions: () => (ignores = true),
    advance: (ms) => (nowMs += ms),
    read: (key) => call(`read ${key}`, () => objects.get(key)),
    write: (key, bytes, condition) =>
      call(`write ${key}`, () => {
        const there = objects.get(key);
        const holds =
          ignores || ('ifMatch' in condition ? there?.etag === condition.ifMatch : there === undefined);
        if (holds) return { kind: 'written' as const, etag: put(key, bytes) };
        return there !== undefined && Buffer.compare(there.bytes, bytes) === 0
          ? { kind: 'same' as const, etag: there.etag }
          : { kind: 'conflict' as const };
      }),
    list: (prefix) =>
      call(`list ${prefix}`, () =>
        [...objects]
          .filter(([key]) => key.startsWith(prefix))
          .map(([key, { modifiedAtMs }]) => ({ key, modifiedAtMs }))
          .toSorted((a, b) => (a.key < b.key ? -1 : 1)),
      ),
  };
}
