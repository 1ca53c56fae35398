/**
 * Bodies as partners and the gateways before them send them: packed or not, whether we asked for it or not. RFC 9110,
 * section 12.5.3, lets a server choose. Unpacked one layer at a time and never beyond a limit, so that a few packed
 * kilobytes can't become gigabytes here.
 *
 * A JSON object that is called packed is taken as it is: some gateways unpack and leave the header behind. No packed
 * JSON of any of these codings begins with `{`, so nothing is guessed.
 */
import { promisify } from 'node:util';
import {
  brotliDecompress,
  brotliDecompressSync,
  gunzip,
  gunzipSync,
  inflate,
  inflateRaw,
  inflateRawSync,
  inflateSync,
} from 'node:zlib';

export type Unpacked =
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
  | { readonly kind: 'too_large' }
  /** One short line, with nothing of the body. */
  | { readonly kind: 'unreadable'; readonly error: string };

/** Every coding that is understood, as `accept-encoding`. Plain is best: it costs nobody anything. */
export const ACCEPTED_ENCODINGS = 'identity, gzip;q=0.5, deflate;q=0.5, br;q=0.5';

const CODECS = {
  gzip: { now: gunzipSync, later: promisify(gunzip) },
  zlib: { now: inflateSync, later: promisify(inflate) },
  deflate: { now: inflateRawSync, later: promisify(inflateRaw) },
  br: { now: brotliDecompressSync, later: promisify(brotliDecompress) },
};
type Codec = (typeof CODECS)[keyof typeof CODECS];

const KNOWN = new Set(['gzip', 'x-gzip', 'deflate', 'br']);
/** More layers than that are no accident. */
const MOST_LAYERS = 3;
/** Unpacked at once up to here, in some tens of µs; more goes to zlib's threads. */
const AT_ONCE_BYTES = 32 * 1024;
const OPEN_OBJECT = 0x7b;

/** What `content-encoding` says, as far as it matters: undefined where the body is as it is. */
export function encodingOf(header: string | readonly string[] | undefined): string | undefined {
  if (header === undefined) return undefined;
  const text = typeof header === 'string' ? header : header.join(',');
  return text === '' || text === 'identity' ? undefined : text;
}

/**
 * The body without its codings. Small ones at once, others off the event loop. Never throws, never rejects.
 *
 * @param encoding the value of `content-encoding`: codings in the order in which they were applied, in any case.
 * @param maxBytes most bytes of any layer.
 */
export function unpackBody(body: Buffer, encoding: string, maxBytes: number): Unpacked | Promise<Unpacked> {
  return unpackSmall(body, encoding, maxBytes) ?? unpackLarge(body, namesOf(encoding), maxBytes);
}

/** The same where it can be done at once; undefined where the body, or what is in it, is large. */
export function unpackSmall(body: Buffer, encoding: string, maxBytes: number): Unpacked | undefined {
  const names = namesOf(encoding);
  if (names.length > MOST_LAYERS) return unreadable('too many content-encodings');
  if (names.some((name) => !KNOWN.has(name))) return unreadable('unknown content-encoding');
  let bytes = body;
  for (const [name, codec] of layersOf(names, () => bytes)) {
    if (bytes.length === 0) return unreadable(`an empty body is no ${name}`);
    const layer = bytes.length <= AT_ONCE_BYTES ? unpackNow(codec, name, bytes, maxBytes) : undefined;
    if (layer?.kind !== 'bytes') return layer;
    bytes = layer.bytes;
  }
  return { kind: 'bytes', bytes };
}

function namesOf(encoding: string): readonly string[] {
  return encoding
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '' && name !== 'identity');
}

/** From the outermost on, as long as there is something packed: the bytes are asked for before each. */
function* layersOf(names: readonly string[], bytesNow: () => Buffer): Generator<readonly [string, Codec]> {
  for (const name of names.toReversed()) {
    if (beginsAsObject(bytesNow())) return;
    yield [name, codecOf(name, bytesNow())];
  }
}

async function unpackLarge(body: Buffer, names: readonly string[], maxBytes: number): Promise<Unpacked> {
  let bytes = body;
  for (const [name, codec] of layersOf(names, () => bytes)) {
    const layer = await unpackLater(codec, name, bytes, maxBytes);
    if (layer.kind !== 'bytes') return layer;
    bytes = layer.bytes;
  }
  return { kind: 'bytes', bytes };
}

function beginsAsObject(bytes: Buffer): boolean {
  const isMarked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  return bytes[isMarked ? 3 : 0] === OPEN_OBJECT;
}

/** @param name one of {@link KNOWN}. */
function codecOf(name: string, bytes: Buffer): Codec {
  if (name === 'br') return CODECS.br;
  if (name !== 'deflate') return CODECS.gzip;
  // By RFC 9110 zlib's format; some servers send the bare one.
  return isZlib(bytes) ? CODECS.zlib : CODECS.deflate;
}

/** RFC 1950: the method is 8, and the first two bytes are a multiple of 31. */
function isZlib(bytes: Buffer): boolean {
  const [first = 0, second = 0] = bytes;
  return (first & 0x0f) === 8 && (first * 256 + second) % 31 === 0;
}

/** Undefined where it unpacks to more than is done at once. */
function unpackNow(codec: Codec, name: string, bytes: Buffer, maxBytes: number): Unpacked | undefined {
  const limit = Math.min(AT_ONCE_BYTES, maxBytes);
  try {
    return { kind: 'bytes', bytes: codec.now(bytes, { maxOutputLength: limit }) };
  } catch (error) {
    if (!isTooLarge(error)) return broken(name);
    return limit < maxBytes ? undefined : { kind: 'too_large' };
  }
}

async function unpackLater(codec: Codec, name: string, bytes: Buffer, maxBytes: number): Promise<Unpacked> {
  try {
    return { kind: 'bytes', bytes: await codec.later(bytes, { maxOutputLength: maxBytes }) };
  } catch (error) {
    return isTooLarge(error) ? { kind: 'too_large' } : broken(name);
  }
}

function isTooLarge(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
}

function broken(name: string): Unpacked {
  return unreadable(`the body is no ${name}`);
}

function unreadable(error: string): Unpacked {
  return { kind: 'unreadable', error };
}
