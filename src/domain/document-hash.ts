/** The name of a document's exact bytes, in outcomes and on /status: who reads one of them finds the very document. */
import { hash } from 'node:crypto';

const HEX_DIGITS = 12;

/** @returns the first twelve hex digits of the SHA-256 of the bytes (of a text: as UTF-8). */
export function hashDocument(bytes: string | Uint8Array): string {
  return hash('sha256', bytes, 'hex').slice(0, HEX_DIGITS);
}
