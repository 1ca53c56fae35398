/**
 * A file that appears whole or not at all: written beside its place under another name, and renamed at the end. A name
 * that ends in `.gz` is packed.
 */
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { finished } from 'node:stream/promises';
import { createGzip } from 'node:zlib';

export interface WholeFile {
  /** Resolves when more may be written. */
  writeLine(line: string): Promise<void>;
  /** Puts the file in its place. */
  commit(): Promise<void>;
  /** Leaves nothing behind. */
  discard(): Promise<void>;
}

/** @returns why nothing may be written there; undefined where it may. */
export async function whyNotWritable(path: string, force: boolean): Promise<string | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return undefined;
  if (!found.isFile()) return `${path} is a ${found.isDirectory() ? 'directory' : 'special file'}`;
  return force ? undefined : `${path} exists already; --force replaces it`;
}

const BLOCK_LENGTH = 64 * 1024;

/** @throws Error where it can't be made. */
export async function createWholeFile(path: string): Promise<WholeFile> {
  const partial = `${path}.partial-${String(process.pid)}`;
  const file = createWriteStream(partial, { flags: 'w' });
  await once(file, 'open');
  const gzip = path.endsWith('.gz') ? createGzip() : undefined;
  gzip?.pipe(file);
  const head = gzip ?? file;
  const done = finished(file);
  // What goes wrong with the file reaches whoever writes.
  let fault: Error | undefined;
  done.catch((error: unknown) => {
    fault = error as Error;
    gzip?.destroy();
  });
  let block = '';

  async function flush(): Promise<void> {
    if (fault !== undefined) throw fault;
    const text = block;
    block = '';
    if (text !== '' && !head.write(text)) await Promise.race([once(head, 'drain'), done]);
  }

  return {
    async writeLine(line) {
      block += `${line}\n`;
      if (block.length >= BLOCK_LENGTH) await flush();
    },
    async commit() {
      await flush();
      head.end();
      await done;
      await rename(partial, path);
    },
    async discard() {
      gzip?.destroy();
      file.destroy();
      await done.catch(() => undefined);
      await rm(partial, { force: true });
    },
  };
}
