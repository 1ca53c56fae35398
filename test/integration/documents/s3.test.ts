/** Documents on a real S3: conditional reads and writes, and every way in which S3 fails to answer. */
import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, afterEach, describe, expect, inject, it } from 'vitest';
import { createDocument, type PolledDocument, type ReloadResult } from '../../../src/documents/document.ts';
import { createS3, parseS3Uri } from '../../../src/documents/s3-client.ts';
import { DocumentConflictError, putDocument, readObject } from '../../../src/documents/s3-object.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { silentLogger } from '../../support/silent-logger.ts';

const bucket = inject('bucket');
const s3 = createS3({ endpoint: process.env['S3_ENDPOINT'] });
afterAll(() => s3.destroy());

const documents: PolledDocument<string>[] = [];
const servers: { server: Server; sockets: Set<Socket> }[] = [];
afterEach(async () => {
  await Promise.all(documents.splice(0).map((document) => document.stop()));
  for (const { server, sockets } of servers.splice(0)) {
    for (const socket of sockets) socket.destroy();
    server.close();
  }
});

function newKey(): { readonly key: string; readonly uri: string } {
  const key = `documents/${randomUUID()}.yaml`;
  return { key, uri: `s3://${bucket}/${key}` };
}

const signal = (): AbortSignal => AbortSignal.timeout(10_000);

function open(
  uri: string,
  options: { client?: ReturnType<typeof createS3>; maxBytes?: number; timeoutMs?: number } = {},
) {
  const results: ReloadResult[] = [];
  const document = createDocument<string>({
    s3: options.client ?? s3,
    uri,
    name: 'rules',
    pollMs: 3_600_000,
    timeoutMs: options.timeoutMs ?? 1000,
    maxBytes: options.maxBytes ?? 1000,
    parse: (text) =>
      text.startsWith('v')
        ? { ok: true, value: text, version: text }
        : { ok: false, problems: [{ line: 1, column: 1, path: '', message: 'no version' }] },
    logger: silentLogger,
    clock: systemClock,
    onReload: (result) => void results.push(result),
  });
  documents.push(document);
  return { document, results };
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 12);

describe('polling', () => {
  it('names the very bytes, a byte order mark included', async () => {
    const { uri } = newKey();
    await putDocument(s3, uri, '\uFEFFv1', { ifNoneMatch: '*' });
    const { document } = open(uri);
    expect(await document.firstGood).toBe('v1');
    expect(document.status().hash).toBe(sha256('\uFEFFv1'));
  });

  it('takes up a new version, and knows an unchanged one without reading it', async () => {
    const { uri } = newKey();
    const { etag } = await putDocument(s3, uri, 'v1', { ifNoneMatch: '*' });
    const { document, results } = open(uri);
    expect(await document.firstGood).toBe('v1');
    expect(document.status()).toMatchObject({ version: 'v1', etag, hash: sha256('v1') });
    await document.refresh();
    await putDocument(s3, uri, 'v2', { ifMatch: etag });
    await document.refresh();
    expect(document.current()).toBe('v2');
    expect(results).toEqual(['loaded', 'unchanged', 'loaded']);
  });

  it.each([
    ['invalid', 'nonsense'],
    ['too_large', 'v'.repeat(1001)],
    ['unreadable', Buffer.from([0x76, 0xff, 0xfe])],
    ['invalid', ''],
  ])('keeps the last good version over one that is %s', async (result, body) => {
    const { uri, key } = newKey();
    await putDocument(s3, uri, 'v1', { ifNoneMatch: '*' });
    const { document, results } = open(uri);
    await document.firstGood;
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body }));
    await document.refresh();
    await document.refresh();
    expect(document.current()).toBe('v1');
    expect(results.slice(1)).toEqual([result, result]);
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: 'v1' }));
    await document.refresh();
    expect(document.status().lastError).toBeUndefined();
  });

  it('keeps the last good version over one that was deleted, and recovers', async () => {
    const { uri, key } = newKey();
    await putDocument(s3, uri, 'v1', { ifNoneMatch: '*' });
    const { document, results } = open(uri);
    await document.firstGood;
    await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
    await document.refresh();
    expect(document.current()).toBe('v1');
    expect(document.status().lastError).toMatch(/^missing: /);
    await putDocument(s3, uri, 'v1', { ifNoneMatch: '*' });
    await document.refresh();
    expect(document.status().lastError).toBeUndefined();
    expect(results[1]).toBe('missing');
  });

  it('a bucket that is not there is missing, not a crash', async () => {
    const { document } = open(`s3://no-such-bucket-${randomUUID()}/rules.yaml`);
    await document.refresh();
    expect(document.status().lastError).toMatch(/^missing: /);
  });
});

/** A server that takes connections and says what it is told, then nothing. */
async function silentServer(greeting: string): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    if (greeting !== '') socket.once('data', () => socket.write(greeting));
  });
  servers.push({ server, sockets });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
}

describe('an S3 that', () => {
  const neverEnds = 'HTTP/1.1 200 OK\r\nETag: "e"\r\nContent-Length: 500\r\n\r\nv1';

  it.each([
    ['takes the request and never answers', ''],
    ['answers and never ends its body', neverEnds],
  ])('%s is given up in time', async (_, greeting) => {
    const client = createS3({ endpoint: await silentServer(greeting) });
    const { document } = open('s3://bucket/key', { client });
    await document.refresh();
    expect(document.status().lastError).toBe('unavailable: no answer in time');
    client.destroy();
  });

  it('refuses connections is unavailable', async () => {
    const client = createS3({ endpoint: 'http://127.0.0.1:1' });
    const { document } = open('s3://bucket/key', { client });
    await document.refresh();
    expect(document.status().lastError).toMatch(/^unavailable: /);
    client.destroy();
  });

  it('is silent does not hold up a stop', async () => {
    const client = createS3({ endpoint: await silentServer('') });
    // Nothing but the stop ends this request while the test runs.
    const { document, results } = open('s3://bucket/key', { client, timeoutMs: 3_600_000 });
    await document.stop();
    expect(results).toEqual([]);
    client.destroy();
  });
});

// Two writes in the very same moment are S3's own affair (AWS lets one win; S3Mock lets both, one time in seven).
describe('writing', () => {
  it('over a version that is no longer live is a conflict, and writes nothing', async () => {
    const { uri } = newKey();
    const first = await putDocument(s3, uri, 'v1', { ifNoneMatch: '*' });
    await putDocument(s3, uri, 'v2', { ifMatch: first.etag });
    await expect(putDocument(s3, uri, 'v3', { ifMatch: first.etag })).rejects.toThrow(DocumentConflictError);
    const live = await readObject(s3, parseS3Uri(uri)!, { maxBytes: 100, signal: signal() });
    expect(live).toMatchObject({ kind: 'found', text: 'v2' });
  });

  it('a first version where there is one already is a conflict', async () => {
    const { uri } = newKey();
    await putDocument(s3, uri, 'v1', { ifNoneMatch: '*' });
    await expect(putDocument(s3, uri, 'v2', { ifNoneMatch: '*' })).rejects.toThrow(DocumentConflictError);
  });

  it('over a version that was deleted is a conflict', async () => {
    const { uri } = newKey();
    await expect(putDocument(s3, uri, 'v2', { ifMatch: '"gone"' })).rejects.toThrow(DocumentConflictError);
  });

  it('repeating a write that has already arrived is none', async () => {
    const { uri } = newKey();
    const first = await putDocument(s3, uri, 'v1', { ifNoneMatch: '*' });
    expect(await putDocument(s3, uri, 'v1', { ifNoneMatch: '*' })).toEqual(first);
  });
});

it.each(['', 's3://', 's3://bucket', 's3://bucket/', 'bucket/key', 'https://bucket/key', 's3://B/key'])(
  '%j is no address of a document',
  (uri) => {
    expect(parseS3Uri(uri)).toBeUndefined();
    expect(() => open(uri)).toThrow(/s3:\/\/bucket\/key/);
  },
);

it('a key may have slashes', () => {
  expect(parseS3Uri('s3://my-bucket/a/b c.yaml')).toEqual({ bucket: 'my-bucket', key: 'a/b c.yaml' });
});
