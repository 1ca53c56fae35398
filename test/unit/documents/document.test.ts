/** The last good version stays in force whatever S3 answers; what failed is counted, said once, and shown. */
import { afterEach, describe, expect, it } from 'vitest';
import { pollDocument, type PolledDocument, type ReloadResult } from '../../../src/documents/document.ts';
import type { ObjectRead } from '../../../src/documents/s3-object.ts';

/** Waits as long as a busy machine needs. */
const eventually = <T>(ask: () => T) => expect.poll(ask, { timeout: 30_000 });

const opened: PolledDocument<string>[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((document) => document.stop()));
});

function good(version: string, etag: string): ObjectRead {
  return { kind: 'found', text: version, etag, hash: `hash of ${version}` };
}

/** A document whose polls happen when the test asks for them. */
function open(
  answer: (ifNoneMatch: string | undefined, signal: AbortSignal) => ObjectRead | Promise<ObjectRead>,
) {
  const results: ReloadResult[] = [];
  const log: string[] = [];
  const asked: (string | undefined)[] = [];
  const slept: number[] = [];
  const parsed: string[] = [];
  let nowMs = 1_000_000;
  const say = (level: string) => (_: unknown, message: string) => void log.push(`${level} ${message}`);
  const document = pollDocument<string>(
    {
      name: 'rules',
      pollMs: 30_000,
      timeoutMs: 100,
      logger: { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') },
      clock: {
        now: () => nowMs,
        sleep: (ms, signal) => {
          slept.push(ms);
          return new Promise((resolve) => {
            if (signal?.aborted) resolve();
            signal?.addEventListener('abort', () => resolve());
          });
        },
      },
      onReload: (result) => void results.push(result),
      parse: (text) => {
        parsed.push(text);
        if (text === 'throws') throw new Error('defect');
        if (text.startsWith('bad')) {
          return {
            ok: false,
            problems: [{ line: 3, column: 7, path: 'caps', message: 'is missing\n  more' }],
          };
        }
        return { ok: true, value: text, version: text };
      },
    },
    async (ifNoneMatch, signal) => {
      asked.push(ifNoneMatch);
      return answer(ifNoneMatch, signal);
    },
  );
  opened.push(document);
  return { document, results, log, asked, slept, parsed, pass: (ms: number) => void (nowMs += ms) };
}

/** Answers one after the other; the last for ever. */
function inTurn(...answers: ObjectRead[]) {
  return (): ObjectRead => (answers.length > 1 ? answers.shift()! : answers[0]!);
}

const away: ObjectRead = { kind: 'unavailable', error: 'ECONNREFUSED' };
const failures: [string, ObjectRead][] = [
  ['missing', { kind: 'missing', error: 'NoSuchKey' }],
  ['unavailable', away],
  ['too_large', { kind: 'too_large', error: 'large', etag: 'e2' }],
  ['unreadable', { kind: 'unreadable', error: 'bytes', etag: 'e2' }],
  ['invalid', good('bad', 'e2')],
  ['invalid', good('throws', 'e2')],
];

describe.each(failures)('%s', (result, failure) => {
  it('leaves the last good version in force, is counted, and is shown until a good one comes', async () => {
    const { document, results } = open(inTurn(good('v1', 'e1'), failure, good('v3', 'e3')));
    await document.firstGood;
    await document.refresh();
    expect(document.current()).toBe('v1');
    expect(document.status()).toMatchObject({ version: 'v1', etag: 'e1', hash: 'hash of v1' });
    expect(document.status().lastError).toContain(result);
    await document.refresh();
    expect(document.status()).toMatchObject({ version: 'v3', etag: 'e3', lastError: undefined });
    expect(results).toEqual(['loaded', result, 'loaded']);
  });

  it('before any good version leaves none', async () => {
    const { document } = open(inTurn(failure));
    await document.refresh();
    expect(document.current()).toBeUndefined();
    expect(document.status()).toMatchObject({ version: undefined, loadedAt: undefined });
    expect(document.status().lastError).toContain(result);
  });

  it('is logged once, not at every poll', async () => {
    const { document, log } = open(inTurn(failure));
    for (let poll = 0; poll < 5; poll += 1) await document.refresh();
    expect(log).toEqual(['error rules not loaded']);
  });
});

describe('one ETag', () => {
  it('that is bad is parsed once, and stays an error', async () => {
    const { document, parsed, results, asked } = open((ifNoneMatch) =>
      ifNoneMatch === 'e2'
        ? { kind: 'unchanged' }
        : good(ifNoneMatch === undefined ? 'v1' : 'bad', ifNoneMatch === undefined ? 'e1' : 'e2'),
    );
    await document.firstGood;
    for (let poll = 0; poll < 3; poll += 1) await document.refresh();
    expect(parsed).toEqual(['v1', 'bad']);
    expect(asked).toEqual([undefined, 'e1', 'e2', 'e2']);
    expect(results).toEqual(['loaded', 'invalid', 'invalid', 'invalid']);
    expect(document.status().lastError).toBe('invalid: 3:7 caps: is missing');
  });

  it('that is good ends the error of an outage', async () => {
    const { document, log } = open(inTurn(good('v1', 'e1'), away, { kind: 'unchanged' }));
    await document.firstGood;
    await document.refresh();
    expect(document.status().lastError).toContain('ECONNREFUSED');
    await document.refresh();
    expect(document.status().lastError).toBeUndefined();
    expect(log).toEqual(['info rules loaded', 'error rules not loaded', 'info rules is back']);
  });

  it('keeps the moment at which its version came into force', async () => {
    const { document, pass } = open(inTurn(good('v1', 'e1'), { kind: 'unchanged' }));
    await document.firstGood;
    const { loadedAt } = document.status();
    pass(60_000);
    await document.refresh();
    expect(document.status().loadedAt).toBe(loadedAt);
  });
});

describe('polling', () => {
  it('comes faster while there is no good version, and is jittered', async () => {
    const { document, slept } = open(inTurn(away));
    await document.refresh();
    await eventually(() => slept.length).toBe(1);
    expect(slept[0]).toBeGreaterThanOrEqual(900);
    expect(slept[0]).toBeLessThanOrEqual(1100);
    const loaded = open(inTurn(good('v1', 'e1')));
    await loaded.document.firstGood;
    await eventually(() => loaded.slept.length).toBe(1);
    expect(loaded.slept[0]).toBeGreaterThanOrEqual(27_000);
    expect(loaded.slept[0]).toBeLessThanOrEqual(33_000);
  });

  it('a request that is never answered ends by its own limit, and the next one is made', async () => {
    let calls = 0;
    const { document } = open((_, signal) => {
      calls += 1;
      if (calls > 1) return good('v1', 'e1');
      return new Promise((resolve) => {
        signal.addEventListener('abort', () => resolve({ kind: 'unavailable', error: 'no answer in time' }));
      });
    });
    await document.refresh();
    await document.refresh();
    expect(document.current()).toBe('v1');
  });

  it('a refresh during a poll is another poll after it', async () => {
    const gates: (() => void)[] = [];
    let version = 0;
    const { document, asked } = open(async () => {
      version += 1;
      const mine = version;
      await new Promise<void>((resolve) => gates.push(resolve));
      return good(`v${String(mine)}`, `e${String(mine)}`);
    });
    await eventually(() => gates.length).toBe(1);
    const refreshed = [document.refresh(), document.refresh()];
    expect(asked).toHaveLength(1);
    gates[0]?.();
    await eventually(() => gates.length).toBe(2);
    gates[1]?.();
    await Promise.all(refreshed);
    expect(document.current()).toBe('v2');
    expect(asked).toHaveLength(2);
  });

  it('ends with stop, a request under way included, and says nothing more', async () => {
    const { document, results, log, asked } = open(
      (_, signal) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => resolve(away));
        }),
    );
    await eventually(() => asked.length).toBe(1);
    await document.stop();
    await document.refresh();
    expect([results, log]).toEqual([[], []]);
  });
});

it('a change under the same version is warned of', async () => {
  const { document, log } = open(inTurn(good('v1', 'e1'), good('v1', 'e2')));
  await document.firstGood;
  await document.refresh();
  expect(log).toContain('warn rules changed under the same version');
});
