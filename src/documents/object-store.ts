/**
 * A bucket as a document's history needs it: small objects that are read, listed, and written under a condition.
 * Every call ends within its deadline. An S3 that is away, silent or refuses is an {@link ObjectStoreError}, whose
 * message is a sentence that names the object and the right that is missing.
 */
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { errorText } from '../runtime/error-text.ts';
import { readAll, statusOf, type ObjectBody } from './s3-object.ts';

export interface StoredObject {
  readonly bytes: Uint8Array;
  readonly etag: string;
  /** By S3's clock, whole seconds. */
  readonly modifiedAtMs: number;
}

export interface ListedObject {
  readonly key: string;
  /** By S3's clock, whole seconds. */
  readonly modifiedAtMs: number;
}

export type WriteCondition =
  /** Only over the object with this ETag. */
  | { readonly ifMatch: string }
  /** Only where there is none yet. */
  | { readonly ifNoneMatch: '*' };

export type Written =
  | { readonly kind: 'written'; readonly etag: string }
  /** The condition does not hold, and what is there has these bytes: written before, or the answer was lost. */
  | { readonly kind: 'same'; readonly etag: string }
  /** The condition does not hold. Nothing was written. */
  | { readonly kind: 'conflict' };

export interface ObjectStore {
  /** @returns undefined where there is none. */
  read(key: string): Promise<StoredObject | undefined>;
  /** @throws ObjectStoreError: it is not known whether the object was written, unless its `wasRefused` is true. */
  write(key: string, bytes: Uint8Array, condition: WriteCondition): Promise<Written>;
  /** All objects whose key begins with the prefix, by key. */
  list(prefix: string): Promise<readonly ListedObject[]>;
}

/** The message is a sentence for the person who waits. */
export class ObjectStoreError extends Error {
  override readonly name = 'ObjectStoreError';
  /** S3 has answered, and surely wrote nothing. */
  readonly wasRefused: boolean;
  constructor(message: string, options: { readonly wasRefused?: boolean; readonly cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.wasRefused = options.wasRefused ?? false;
  }
}

const READ_LIMIT_MS = 10_000;
/** Room for the three tries of the client. */
const WRITE_LIMIT_MS = 20_000;
/** A rules document has 256 KiB at most. What is larger than this is none that anybody edits. */
const MAX_OBJECT_BYTES = 8 * 1024 * 1024;

export interface StoreLimits {
  readonly readMs?: number;
  readonly writeMs?: number;
}

/** @param limits of one call, ms; only tests have others than 10 s to read or list a page, and 20 s to write. */
export function createObjectStore(
  s3: S3Client,
  bucket: string,
  { readMs = READ_LIMIT_MS, writeMs = WRITE_LIMIT_MS }: StoreLimits = {},
): ObjectStore {
  const nameOf = (key: string): string => `s3://${bucket}/${key}`;

  async function ask<T>(
    right: string,
    key: string,
    limitMs: number,
    task: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const signal = AbortSignal.timeout(limitMs);
    try {
      return await task(signal);
    } catch (error) {
      if (error instanceof ObjectStoreError) throw error;
      if (signal.aborted) {
        const limit = `within ${String(limitMs / 1000)} s`;
        throw new ObjectStoreError(`S3 has not answered ${limit}: ${right} on ${nameOf(key)}`, {
          cause: error,
        });
      }
      throw explain(error, right, nameOf(key));
    }
  }

  const read: ObjectStore['read'] = (key) =>
    ask('s3:GetObject', key, readMs, async (signal) => {
      try {
        const answer = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }), {
          abortSignal: signal,
        });
        const { ContentLength: length, ETag: etag = '', LastModified: modified } = answer;
        const bytes = await readAll(answer.Body as ObjectBody | undefined, length, MAX_OBJECT_BYTES, signal);
        if (bytes === undefined) throw new ObjectStoreError(`${nameOf(key)} is larger than 8 MiB`);
        return { bytes, etag, modifiedAtMs: modified?.getTime() ?? 0 };
      } catch (error) {
        if (statusOf(error) === 404) return undefined;
        throw error;
      }
    });

  const write: ObjectStore['write'] = async (key, bytes, condition) => {
    const isWritten = await ask('s3:PutObject', key, writeMs, async (signal) => {
      try {
        const answer = await s3.send(
          new PutObjectCommand({
            ...{ Bucket: bucket, Key: key, Body: bytes, ContentType: contentTypeOf(key) },
            ...('ifMatch' in condition ? { IfMatch: condition.ifMatch } : { IfNoneMatch: '*' }),
          }),
          { abortSignal: signal },
        );
        return { kind: 'written' as const, etag: answer.ETag ?? '' };
      } catch (error) {
        const status = statusOf(error);
        // 404: what was to be replaced is gone. 409: another write is under way at this moment.
        if (status === 412 || status === 409 || (status === 404 && 'ifMatch' in condition)) return undefined;
        throw error;
      }
    });
    if (isWritten !== undefined) return isWritten;
    const there = await read(key);
    return there !== undefined && Buffer.compare(there.bytes, bytes) === 0
      ? { kind: 'same', etag: there.etag }
      : { kind: 'conflict' };
  };

  return {
    read,
    write,
    async list(prefix) {
      const found: ListedObject[] = [];
      let token: string | undefined;
      do {
        const page = await ask('s3:ListBucket', prefix, readMs, (abortSignal) =>
          s3.send(
            new ListObjectsV2Command({
              ...{ Bucket: bucket, Prefix: prefix },
              ...(token !== undefined && { ContinuationToken: token }),
            }),
            { abortSignal },
          ),
        );
        for (const { Key: key, LastModified: modified } of page.Contents ?? []) {
          if (key !== undefined) found.push({ key, modifiedAtMs: modified?.getTime() ?? 0 });
        }
        token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
      } while (token !== undefined);
      return found;
    },
  };
}

function contentTypeOf(key: string): string {
  return /\.ya?ml$/.test(key) ? 'application/yaml' : 'application/json';
}

function explain(error: unknown, right: string, name: string): ObjectStoreError {
  const status = statusOf(error);
  const what = errorText(error, { named: true, withCode: true });
  if (status === 501) {
    return new ObjectStoreError(
      `this S3 knows no conditional writes, so two editors could overwrite each other: ${right} on ${name} (${what})`,
      { wasRefused: true, cause: error },
    );
  }
  const isRefused = status !== undefined && status < 500;
  const verb = isRefused ? 'refuses' : 'has failed';
  return new ObjectStoreError(`S3 ${verb}: ${right} on ${name} (${what})`, {
    wasRefused: isRefused,
    cause: error,
  });
}
