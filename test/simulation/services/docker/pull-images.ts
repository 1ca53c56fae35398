/**
 * The images that services need, brought onto the engine before anything starts: each is named, its progress is said
 * at least every ten seconds, a pull that stands still is given up, and an image that can't be had is told with the
 * engine's own words, so that its service can come from elsewhere.
 *
 * One at a time: a layer that only waits for its turn behind another image's would look like one that stands still.
 */
import type { IncomingMessage } from 'node:http';
import type { Say } from '../service.ts';
import { askEngine, callEngine, EngineError, type EngineAddress } from './engine-api.ts';
import { createPullProgress } from './pull-progress.ts';
import { loginHeaders, registryOf } from './registry-auth.ts';

export interface PullLimits {
  /** A pull that comes no further for so long is given up. */
  readonly standstillMs: number;
  /** The longest that one image may take. */
  readonly totalMs: number;
  readonly sayEveryMs: number;
}

const MAX_LINE_LENGTH = 64 * 1024;
export interface Pulling {
  readonly say: Say;
  /** Where logins and mirrors are looked for. */
  readonly env: NodeJS.ProcessEnv;
  readonly limits?: PullLimits;
  readonly signal?: AbortSignal | undefined;
}

const LIMITS: PullLimits = { standstillMs: 60_000, totalMs: 30 * 60_000, sayEveryMs: 10_000 };

/** What concerns one image alone; any other fault is the registry's, or the way to it. */
const IMAGE_FAULT =
  /manifest unknown|not found|no matching manifest|does not match the specified platform|access denied|denied: requested/i;
/** Another image won't fit, whatever registry it comes from. */
const NO_SPACE = /no space left|disk quota/i;

/**
 * Pulls those of `images` that the engine does not have. Rejects only when the signal aborts.
 * @returns the images that can't be had, each with the reason, which names the image.
 */
export const pullImages = async (
  address: EngineAddress,
  images: readonly string[],
  how: Pulling,
): Promise<ReadonlyMap<string, string>> => {
  const failed = new Map<string, string>();
  /** By registry: why nothing more is asked of it. */
  const given = new Map<string | undefined, string>();
  for (const image of new Set(images)) {
    const earlier = given.get(registryOf(image)) ?? given.get('*');
    try {
      if (await hasImage(address, image)) continue;
      if (earlier !== undefined) throw new Error(earlier);
      await pull(address, image, how);
    } catch (error) {
      how.signal?.throwIfAborted();
      const words = error instanceof Error ? error.message : String(error);
      if (NO_SPACE.test(words)) given.set('*', words);
      else if (!IMAGE_FAULT.test(words)) given.set(registryOf(image), words);
      failed.set(image, `the image ${image} can't be had by the engine at ${address.host} (${words})`);
      how.say(`${image}: could not be pulled: ${words}`);
    }
  }
  return failed;
};

const hasImage = async (address: EngineAddress, image: string): Promise<boolean> => {
  try {
    await askEngine(address, `/images/${image}/json`);
    return true;
  } catch (error) {
    if (error instanceof EngineError && error.status === 404) return false;
    throw error;
  }
};

const pull = async (
  address: EngineAddress,
  image: string,
  { say, env, limits = LIMITS, signal }: Pulling,
): Promise<void> => {
  const startedAt = performance.now();
  const elapsed = (): string => `${((performance.now() - startedAt) / 1000).toFixed(0)} s`;
  const progress = createPullProgress();
  const end = new AbortController();
  const giveUp = (why: string) => (): void => {
    end.abort(new Error(`${why}, at ${progress.describe()}`));
  };
  say(`${image}: pulling, as the engine does not have it yet`);
  const standstill = setTimeout(
    giveUp(`no progress for ${String(limits.standstillMs / 1000)} s`),
    limits.standstillMs,
  );
  const total = setTimeout(giveUp(`not done in ${String(limits.totalMs / 60_000)} min`), limits.totalMs);
  const talk = setInterval(() => {
    say(`${image}: ${progress.describe()}, ${elapsed()}`);
  }, limits.sayEveryMs);
  try {
    const answer = await callEngine(address, {
      method: 'POST',
      path: `/images/create?${readReference(image)}`,
      headers: await loginHeaders(image, env),
      signal: signal === undefined ? end.signal : AbortSignal.any([end.signal, signal]),
    });
    for await (const line of readLines(answer)) {
      if (progress.take(line)) standstill.refresh();
    }
    end.signal.throwIfAborted();
    const error = progress.error();
    if (error !== undefined) throw new Error(error);
    // An engine that dies in the middle ends the stream as one that is done does.
    if (!(await hasImage(address, image))) throw new Error(`the engine broke off, at ${progress.describe()}`);
    say(`${image}: here, ${progress.describe()}, ${elapsed()}`);
  } catch (error) {
    throw end.signal.aborted ? end.signal.reason : error;
  } finally {
    clearTimeout(standstill);
    clearTimeout(total);
    clearInterval(talk);
  }
};

/** Of a line that is longer than any of the engine's, the end. Rejects when the connection breaks. */
async function* readLines(answer: IncomingMessage): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    const lines = `${rest}${chunk.toString('utf8')}`.split('\n');
    rest = lines.pop()?.slice(-MAX_LINE_LENGTH) ?? '';
    yield* lines;
  }
  if (rest.trim() !== '') yield rest;
}

/** `redis:7.4-alpine` as the engine's API takes it. Without a tag it would pull all of them. */
const readReference = (image: string): string => {
  const colon = image.indexOf(':', image.lastIndexOf('/') + 1);
  const name = colon === -1 ? image : image.slice(0, colon);
  const tag = colon === -1 ? 'latest' : image.slice(colon + 1);
  return `fromImage=${encodeURIComponent(name)}&tag=${encodeURIComponent(tag)}`;
};
