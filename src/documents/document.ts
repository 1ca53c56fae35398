/**
 * A document that is edited while pods run: polled in S3 by ETag, checked whole, swapped in at one blow. A document
 * that is missing, unreadable, too large or invalid, and an S3 that is away or silent, never replace the last good
 * version. The fault is counted, logged once, and stays in `status().lastError` until a good version is read. A bad
 * version is parsed once, not at every poll. Before the first good one polls come faster, as the pod can do nothing
 * else.
 */
import type { S3Client } from '@aws-sdk/client-s3';
import type { DocumentProblem } from '../domain/document-problem.ts';
import { backoffMs, jitteredMs, type Backoff, type Jitter } from '../runtime/backoff.ts';
import { bounded } from '../runtime/deadline.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';
import { requireS3Uri } from './s3-client.ts';
import { readObject, type ObjectRead } from './s3-object.ts';
import { errorText } from '../runtime/error-text.ts';

/** Of one poll. All but the first two leave the last good version in force. */
export type ReloadResult =
  'loaded' | 'unchanged' | 'missing' | 'unavailable' | 'too_large' | 'unreadable' | 'invalid';

/** `hash`: of the bytes, see document-hash.ts. */
export type ParseDocument<T> = (
  text: string,
  hash: string,
) =>
  | { readonly ok: true; readonly value: T; readonly version: string }
  | { readonly ok: false; readonly problems: readonly DocumentProblem[] };

export interface DocumentStatus {
  readonly version: string | undefined;
  readonly etag: string | undefined;
  /** The first twelve hex digits of the SHA-256 of the bytes. */
  readonly hash: string | undefined;
  /** RFC 3339. When this version came into force in this pod. */
  readonly loadedAt: string | undefined;
  /** Why the newest poll brought no good version; undefined where it did. */
  readonly lastError: string | undefined;
}

export interface PolledDocument<T> {
  /** The last good version; undefined until there was one. */
  current(): T | undefined;
  status(): DocumentStatus;
  /** Resolves with the first good version; never rejects, and stays open where none comes. */
  readonly firstGood: Promise<T>;
  /** A poll that begins after this call (an upload was announced). Never rejects. */
  refresh(): Promise<void>;
  /** Ends polling, a request under way included. Resolves once nothing runs any more. */
  stop(): Promise<void>;
}

export interface PollOptions<T> {
  /** In the log: `rules`, `merchants`. */
  readonly name: string;
  readonly pollMs: number;
  readonly parse: ParseDocument<T>;
  readonly logger: Logger;
  readonly clock: Clock;
  /** After every poll. */
  readonly onReload: (result: ReloadResult) => void;
  /** A poll's own limit, ms; default 10 s. */
  readonly timeoutMs?: number;
}

export interface DocumentOptions<T> extends PollOptions<T> {
  readonly s3: S3Client;
  /** `s3://bucket/key`. */
  readonly uri: string;
  /** Default 32 MiB. */
  readonly maxBytes?: number;
}

const DEFAULT_MAX_BYTES = 32 * 1024 * 1024;
const DEFAULT_TIMEOUT_MS = 10_000;
const FIRST_RETRY_MS = 1000;
const JITTER: Jitter = { around: 0.1 };

/**
 * Polls from now on.
 * @throws Error where `uri` is no `s3://bucket/key`.
 */
export function createDocument<T>(options: DocumentOptions<T>): PolledDocument<T> {
  const { s3, maxBytes = DEFAULT_MAX_BYTES } = options;
  const location = requireS3Uri(options.uri);
  return pollDocument(options, (ifNoneMatch, signal) =>
    readObject(s3, location, { ifNoneMatch, maxBytes, signal }),
  );
}

/** @param read asks for the object unless it still has this ETag; never rejects, and heeds the signal. */
export function pollDocument<T>(
  options: PollOptions<T>,
  read: (ifNoneMatch: string | undefined, signal: AbortSignal) => Promise<ObjectRead>,
): PolledDocument<T> {
  const { name, logger, clock, timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  const stopping = new AbortController();
  const stopped = (): boolean => stopping.signal.aborted;
  const { promise: firstGood, resolve: settleFirst } = Promise.withResolvers<T>();
  let good:
    | {
        readonly value: T;
        readonly version: string;
        readonly etag: string;
        readonly hash: string;
        readonly atMs: number;
      }
    | undefined;
  /** The newest object read, and why it is of no use where it isn't. */
  let seen:
    | {
        readonly etag: string;
        readonly fault: { readonly result: ReloadResult; readonly error: string } | undefined;
      }
    | undefined;
  let lastError: string | undefined;

  function refuse(result: ReloadResult, error: string): ReloadResult {
    const message = `${result}: ${error}`;
    if (message !== lastError) {
      const goesOnWith = good?.version;
      logger.error({ document: name, result, error, goesOnWith }, `${name} not loaded`);
    }
    lastError = message;
    return result;
  }

  function accept(text: string, etag: string, hash: string): ReloadResult {
    const parsed = parseSafely(options.parse, text, hash);
    if (!parsed.ok) {
      const fault = { result: 'invalid' as const, error: summarize(parsed.problems) };
      seen = { etag, fault };
      return refuse(fault.result, fault.error);
    }
    const { value, version } = parsed;
    if (good?.version === version && good.etag !== etag) {
      logger.warn({ document: name, version, etag }, `${name} changed under the same version`);
    }
    seen = { etag, fault: undefined };
    good = { value, version, etag, hash, atMs: clock.now() };
    lastError = undefined;
    logger.info({ document: name, version, etag, hash }, `${name} loaded`);
    settleFirst(value);
    return 'loaded';
  }

  function take(answer: ObjectRead): ReloadResult {
    switch (answer.kind) {
      case 'found':
        return accept(answer.text, answer.etag, answer.hash);
      case 'unchanged':
        if (seen?.fault !== undefined) return refuse(seen.fault.result, seen.fault.error);
        if (lastError !== undefined)
          logger.info({ document: name, version: good?.version }, `${name} is back`);
        lastError = undefined;
        return 'unchanged';
      case 'missing':
      case 'unavailable':
        return refuse(answer.kind, answer.error);
      case 'too_large':
      case 'unreadable':
        seen = { etag: answer.etag, fault: { result: answer.kind, error: answer.error } };
        return refuse(answer.kind, answer.error);
    }
  }

  async function poll(): Promise<void> {
    if (stopped()) return;
    const bound = { limitMs: timeoutMs, signals: [stopping.signal] };
    const answer = await bounded((signal) => read(seen?.etag, signal), bound);
    if (!stopped()) options.onReload(take(answer));
  }

  let running: Promise<void> = Promise.resolve();
  let next: Promise<void> | undefined;
  /** One at a time; whoever asks while one runs gets the one after it. */
  function refresh(): Promise<void> {
    next ??= running.then(() => {
      next = undefined;
      running = poll();
      return running;
    });
    return next;
  }

  async function keepPolling(): Promise<void> {
    const { pollMs } = options;
    const retrying: Backoff = { firstMs: FIRST_RETRY_MS, longestMs: pollMs, jitter: JITTER };
    for (let polls = 1; !stopped(); polls += 1) {
      await refresh();
      const waitMs = good === undefined ? backoffMs(polls, retrying) : jitteredMs(pollMs, JITTER);
      await clock.sleep(waitMs, stopping.signal);
    }
  }
  const polling = keepPolling();

  return {
    current: () => good?.value,
    status: () => ({
      version: good?.version,
      etag: good?.etag,
      hash: good?.hash,
      loadedAt: good && new Date(good.atMs).toISOString(),
      lastError,
    }),
    firstGood,
    refresh,
    async stop() {
      stopping.abort();
      await polling;
      await next;
      await running;
    },
  };
}

function parseSafely<T>(parse: ParseDocument<T>, text: string, hash: string): ReturnType<ParseDocument<T>> {
  try {
    return parse(text, hash);
  } catch (error) {
    const message = errorText(error);
    return { ok: false, problems: [{ line: 1, column: 1, path: '', message }] };
  }
}

function summarize(problems: readonly DocumentProblem[]): string {
  const shown = problems.slice(0, 3).map(({ line, column, path, message }) => {
    const where = path === '' ? '' : ` ${path}`;
    return `${String(line)}:${String(column)}${where}: ${message.split('\n')[0] ?? ''}`;
  });
  const more = problems.length - shown.length;
  return more > 0 ? `${shown.join('; ')}; and ${String(more)} more` : shown.join('; ');
}
