/**
 * A file that a variable names. What is wrong with it is said in our words, without its path and content: either may be
 * a secret that was put into the wrong variable.
 */
import { readFileSync, statSync } from 'node:fs';

const MAX_BYTES = 64 * 1024;

export class UnusableFile extends Error {
  override readonly name = 'UnusableFile';
}

/** @throws UnusableFile where it is no regular file of text, not empty and at most 64 KiB. */
export function readTextFile(path: string): string {
  try {
    const stats = statSync(path);
    // A pipe or a device might never end.
    if (!stats.isFile()) throw new UnusableFile('it is no regular file');
    if (stats.size > MAX_BYTES) throw new UnusableFile(`it has more than ${String(MAX_BYTES)} bytes`);
    const text = new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path));
    if (text.trim() === '') throw new UnusableFile('it is empty');
    return text;
  } catch (error) {
    if (error instanceof UnusableFile) throw error;
    if (error instanceof TypeError && Reflect.get(error, 'code') === 'ERR_ENCODING_INVALID_ENCODED_DATA')
      throw new UnusableFile('it is not UTF-8', { cause: error });
    const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined;
    const why = typeof code === 'string' ? code : 'unknown error';
    throw new UnusableFile(`it can't be read (${why})`, { cause: error });
  }
}
