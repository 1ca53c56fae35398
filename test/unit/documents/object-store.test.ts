/** S3 as it answers when it does not do what is asked: each time a sentence, in time, and no listing that lacks a part. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createObjectStore, type ObjectStore } from '../../../src/documents/object-store.ts';
import { createS3 } from '../../../src/documents/s3-client.ts';
import { startHttpStub, type HttpStub } from '../../support/partners/http-stub.ts';

const AWS = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' };
const before = { ...process.env };
let stub: HttpStub;
let s3: ReturnType<typeof createS3>;
let store: ObjectStore;
let hasty: ObjectStore;
beforeEach(async () => {
  Object.assign(process.env, AWS);
  stub = await startHttpStub();
  s3 = createS3({ endpoint: stub.url });
  store = createObjectStore(s3, 'bucket');
  hasty = createObjectStore(s3, 'bucket', { readMs: 300, writeMs: 300 });
});
afterEach(async () => {
  s3.destroy();
  await stub.close();
  process.env = { ...before };
});

const error = (status: number, code: string) => ({
  status,
  headers: { 'content-type': 'application/xml' },
  body: `<?xml version="1.0"?><Error><Code>${code}</Code><Message>No.</Message></Error>`,
});
const page = (keys: readonly string[], token?: string) => ({
  headers: { 'content-type': 'application/xml' },
  body: `<?xml version="1.0"?><ListBucketResult>${keys
    .map(
      (key) => `<Contents><Key>${key}</Key><LastModified>2026-11-27T10:00:00.000Z</LastModified></Contents>`,
    )
    .join('')}<IsTruncated>${String(token !== undefined)}</IsTruncated>${
    token === undefined ? '' : `<NextContinuationToken>${token}</NextContinuationToken>`
  }</ListBucketResult>`,
});

const calls: readonly (readonly [string, string, (of: ObjectStore) => Promise<unknown>])[] = [
  ['read', 's3:GetObject', (of) => of.read('rules.yaml')],
  ['write', 's3:PutObject', (of) => of.write('rules.yaml', Buffer.from('x'), { ifMatch: '"e"' })],
  ['list', 's3:ListBucket', (of) => of.list('rules.yaml')],
];

describe.each(calls)('%s', (_name, right, call) => {
  it('names the right that is missing', async () => {
    stub.script(error(403, 'AccessDenied'));
    await expect(call(store)).rejects.toMatchObject({
      message: expect.stringMatching(
        `S3 refuses: ${right} on s3://bucket/rules.yaml .*AccessDenied`,
      ) as string,
      wasRefused: true,
    });
  });

  it('ends in time where S3 is silent', async () => {
    stub.script({ silent: true });
    await expect(call(hasty)).rejects.toMatchObject({
      message: `S3 has not answered within 0.3 s: ${right} on s3://bucket/rules.yaml`,
      wasRefused: false,
    });
  });
});

it('says where S3 knows no conditions', async () => {
  stub.script(error(501, 'NotImplemented'));
  await expect(store.write('rules.yaml', Buffer.from('x'), { ifNoneMatch: '*' })).rejects.toThrow(
    /knows no conditional writes/,
  );
});

it('lists all pages', async () => {
  stub.script(page(['h/1', 'h/2'], 'more'), page(['h/3'], 'yet more'), page(['h/4']));
  expect((await store.list('h/')).map(({ key }) => key)).toEqual(['h/1', 'h/2', 'h/3', 'h/4']);
  expect(stub.requests[1]?.url).toContain('continuation-token=more');
});

it('fails rather than list a part', async () => {
  stub.script(page(['h/1'], 'more'), error(403, 'AccessDenied'));
  await expect(store.list('h/')).rejects.toThrow(/s3:ListBucket/);
});

it('does not read what is no document', async () => {
  stub.script({ headers: { 'content-length': String(9 * 1024 * 1024), etag: '"e"' }, body: '' });
  await expect(store.read('rules.yaml')).rejects.toThrow(/larger than 8 MiB/);
});
