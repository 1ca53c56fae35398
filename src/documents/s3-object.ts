/**
 * One small text object in S3: read it where it has changed, write it where nobody else has. Reading answers
 * instead of throwing, as every way to fail is one that a pod lives with; writing throws, as a person waits for it.
 */
import { GetObjectCommand, PutObjectCommand, S3ServiceException, type S3Client } from '@aws-sdk/client-s3';
import { hashDocument } from '../domain/document-hash.ts';
import { requireS3Uri, type S3Location } from './s3-client.ts';
import { errorText } from '../runtime/error-text.ts';

export type ObjectRead =
  | { readonly kind: 'found'; readonly text: string; readonly etag: string; readonly hash: string }
  /** Still the ETag that was asked with. */
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'missing'; readonly error: string }
  /** S3 is away, refuses or doesn't answer in time. */
  | { readonly kind: 'unavailable'; readonly error: string }
  /** The object is there and of no use, until its ETag changes. */
  | { readonly kind: 'too_large' | 'unreadable'; readonly error: string; readonly etag: string };

export interface ReadOptions {
  readonly ifNoneMatch?: string | undefined;
  /** Bytes; a larger object is left unread. */
  readonly maxBytes: number;
  /** For the whole of it, retries and body included. */
  readonly signal: AbortSignal;
}

/** Never rejects. */
export async function readObject(
  s3: S3Client,
  { bucket, key }: S3Location,
  options: ReadOptions,
): Promise<ObjectRead> {
  const { ifNoneMatch, maxBytes, signal } = options;
  try {
    const answer = await s3.send(
      new GetObjectCommand({ Bucket: bucket, Key: key, ...(ifNoneMatch && { IfNoneMatch: ifNoneMatch }) }),
      { abortSignal: signal },
    );
    const etag = answer.ETag ?? '';
    const body = answer.Body as ObjectBody | undefined;
    const bytes = await readAll(body, answer.ContentLength, maxBytes, signal);
    if (bytes === undefined) {
      return { kind: 'too_large', error: `larger than ${String(maxBytes)} bytes`, etag };
    }
    const text = decode(bytes);
    return text === undefined
      ? { kind: 'unreadable', error: 'not UTF-8 text', etag }
      : { kind: 'found', text, etag, hash: hashDocument(bytes) };
  } catch (error) {
    return explain(error, signal);
  }
}

export type ObjectBody = AsyncIterable<Uint8Array> & { destroy(): void };

/**
 * @returns undefined where there is more than `maxBytes`.
 * @throws what the body fails with, and the signal's reason once it is aborted.
 */
export async function readAll(
  body: ObjectBody | undefined,
  contentLength: number | undefined,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Buffer | undefined> {
  if (body === undefined) return Buffer.alloc(0);
  const end = (): void => body.destroy();
  // The client's own signal ends with the headers; a body that never ends is ended here.
  signal.addEventListener('abort', end);
  try {
    signal.throwIfAborted();
    const chunks: Uint8Array[] = [];
    let total = contentLength ?? 0;
    if (total <= maxBytes) {
      total = 0;
      for await (const chunk of body) {
        total += chunk.length;
        if (total > maxBytes) break;
        chunks.push(chunk);
      }
    }
    signal.throwIfAborted();
    return total > maxBytes ? undefined : Buffer.concat(chunks);
  } finally {
    signal.removeEventListener('abort', end);
    end();
  }
}

function decode(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function explain(error: unknown, signal: AbortSignal): ObjectRead {
  const status = statusOf(error);
  if (status === 304) return { kind: 'unchanged' };
  if (signal.aborted) return { kind: 'unavailable', error: 'no answer in time' };
  return { kind: status === 404 ? 'missing' : 'unavailable', error: errorText(error, { named: true }) };
}

/** @returns undefined where no answer of S3's is what failed. */
export function statusOf(error: unknown): number | undefined {
  return error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
}

/** Somebody else has changed the document since it was read. Nothing was written. */
export class DocumentConflictError extends Error {
  override readonly name = 'DocumentConflictError';
}

export type PutCondition =
  /** Only over the version with this ETag. */
  | { readonly ifMatch: string }
  /** Only where there is none yet. */
  | { readonly ifNoneMatch: '*' };

const PUT_TIMEOUT_MS = 20_000;

/**
 * Conditional write.
 * @returns the new ETag.
 * @throws DocumentConflictError where the condition no longer holds; any other error: S3 failed, and it is not
 *   known whether the document was written.
 */
export async function putDocument(
  s3: S3Client,
  uri: string,
  body: string,
  condition: PutCondition,
): Promise<{ readonly etag: string }> {
  const location = requireS3Uri(uri);
  const signal = AbortSignal.timeout(PUT_TIMEOUT_MS);
  try {
    const answer = await s3.send(
      new PutObjectCommand({
        Bucket: location.bucket,
        Key: location.key,
        Body: body,
        ContentType: location.key.endsWith('.json') ? 'application/json' : 'application/yaml',
        ...('ifMatch' in condition ? { IfMatch: condition.ifMatch } : { IfNoneMatch: condition.ifNoneMatch }),
      }),
      { abortSignal: signal },
    );
    return { etag: answer.ETag ?? '' };
  } catch (error) {
    const status = statusOf(error);
    // 404: the version to be replaced has been deleted. 409: another write is under way at this moment.
    const conflict = status === 412 || status === 409 || (status === 404 && 'ifMatch' in condition);
    if (!conflict) throw error;
    const live = await readObject(s3, location, { maxBytes: 2 * Buffer.byteLength(body) + 1024, signal });
    // The client repeats a write whose answer was lost: then the version in the way is our own.
    if (live.kind === 'found' && live.text === body) return { etag: live.etag };
    throw new DocumentConflictError(`${uri} has been changed by somebody else in the meantime`, {
      cause: error,
    });
  }
}
