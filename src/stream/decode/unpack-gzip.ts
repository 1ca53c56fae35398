/**
 * Unpacks gzip into one buffer and never beyond a limit, so that a few packed kilobytes can’t become gigabytes.
 * Concatenated members are one value (RFC 1952 section 2.2). Zero bytes after the last member are padding. Anything
 * else there is not gzip, also where zlib itself would stop reading without a word.
 */
import { createGunzip, gunzipSync } from 'node:zlib';

export type Unpacked =
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
  | { readonly kind: 'too_large' }
  | { readonly kind: 'not_gzip'; readonly error: string };

const CHUNK_BYTES = 128 * 1024;
/** Deflate can't expand any further than this. https://zlib.net/zlib_tech.html */
const MAX_EXPANSION = 1032;

/** The size that the last member states. Only a hint: earlier members are not counted, and it may lie. */
export function hintUnpackedBytes(packed: Buffer): number {
  if (packed.length < 18) return 0;
  return Math.min(packed.readUInt32LE(packed.length - 4), packed.length * MAX_EXPANSION);
}

/** At once, for small values: blocks while it unpacks up to `maxBytes`. */
export function unpackGzipNow(packed: Buffer, maxBytes: number): Unpacked {
  try {
    // With `info` the engine is returned too, which knows how much input it used; the types don’t say so.
    const options = { maxOutputLength: Math.max(1, maxBytes), info: true };
    const result = gunzipSync(packed, options) as unknown as GunzipInfo;
    return result.buffer.length > maxBytes
      ? { kind: 'too_large' }
      : checkRest(packed, result.engine.bytesWritten, result.buffer);
  } catch (error) {
    if (codeOf(error) === 'ERR_BUFFER_TOO_LARGE') return { kind: 'too_large' };
    return { kind: 'not_gzip', error: describe(error) };
  }
}

interface GunzipInfo {
  readonly buffer: Buffer;
  readonly engine: { readonly bytesWritten: number };
}

/**
 * Works off the event loop, in zlib’s thread pool, a chunk at a time; stops as soon as `maxBytes` is passed. Never
 * rejects.
 * Takes the memory of the unpacked value once. Memory that is not written to yet is not really there. zlib’s own pieces
 * are freed as they are copied, not by the next garbage collection.
 */
export async function unpackGzip(packed: Buffer, maxBytes: number): Promise<Unpacked> {
  const gunzip = createGunzip({ chunkSize: CHUNK_BYTES });
  const bytes = Buffer.allocUnsafeSlow(maxBytes);
  let length = 0;
  try {
    gunzip.end(packed);
    for await (const chunk of gunzip as AsyncIterable<Buffer>) {
      if (length + chunk.length > maxBytes) {
        giveBack(bytes);
        return { kind: 'too_large' };
      }
      length += chunk.copy(bytes, length);
      giveBackChunk(chunk);
    }
  } catch (error) {
    giveBack(bytes);
    return { kind: 'not_gzip', error: describe(error) };
  }
  return checkRest(packed, gunzip.bytesWritten, exactly(bytes, length));
}

/** Memory that was allocated in vain is not kept. */
function exactly(bytes: Buffer, length: number): Buffer {
  if (length === bytes.length) return bytes;
  if (2 * length >= bytes.length) return bytes.subarray(0, length);
  const exact = Buffer.allocUnsafeSlow(length);
  bytes.copy(exact, 0, 0, length);
  giveBack(bytes);
  return exact;
}

/** Frees the memory now. Nothing that shares it may be read any more. */
export function giveBack(bytes: Buffer): void {
  if (bytes.buffer instanceof ArrayBuffer) bytes.buffer.transfer(0);
}

/** Frees one of zlib’s pieces once it is copied. zlib has let go of a piece that fills its memory. */
function giveBackChunk(chunk: Buffer): void {
  if (chunk.length === chunk.buffer.byteLength) giveBack(chunk);
}

function checkRest(packed: Buffer, used: number, bytes: Buffer): Unpacked {
  const clean = packed.subarray(used).every((byte) => byte === 0);
  return clean ? { kind: 'bytes', bytes } : { kind: 'not_gzip', error: 'other data after its end' };
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

/** zlib's own texts are fixed and short ("incorrect header check", "unexpected end of file"). */
function describe(error: unknown): string {
  return error instanceof Error ? error.message.slice(0, 80) : 'unreadable';
}
