/**
 * In front of an S3 that lets everybody do everything: lets through what a policy in AWS's form allows, and refuses the
 * rest as S3 does. It knows `Allow`, the actions on objects and `ListBucket` with a condition on `s3:prefix`.
 */
import type { IncomingMessage } from 'node:http';
import { startS3Front } from './s3-front.ts';

interface Statement {
  readonly Effect: 'Allow';
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, readonly string[] | string>>>>;
}

export interface Policy {
  readonly Statement: readonly Statement[];
}

export interface S3Guard {
  readonly url: string;
  /** From now on. */
  policy: Policy;
  /** What was refused, such as `s3:GetObject bucket/key`; oldest first. */
  readonly refused: readonly string[];
  stop(): Promise<void>;
}

const REFUSAL = '<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>';
const list = (value: string | readonly string[]): readonly string[] =>
  typeof value === 'string' ? [value] : value;

/** `*` stands for any text. */
function matches(pattern: string, text: string): boolean {
  const escaped = pattern.split('*').map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${escaped.join('.*')}$`).test(text);
}

interface Wanted {
  readonly action: string;
  /** Bucket, or bucket and key. */
  readonly path: string;
  readonly prefix: string;
}

function wantedBy({ method, url = '/' }: IncomingMessage): Wanted {
  const { pathname, searchParams } = new URL(url, 'http://s3');
  const path = decodeURIComponent(pathname).replace(/^\/|\/$/g, '');
  const prefix = searchParams.get('prefix') ?? '';
  if (!path.includes('/')) return { action: 's3:ListBucket', path, prefix };
  const actions: Readonly<Record<string, string>> = {
    ...{ GET: 's3:GetObject', HEAD: 's3:GetObject' },
    ...{ PUT: 's3:PutObject', DELETE: 's3:DeleteObject' },
  };
  return { action: actions[method ?? ''] ?? `s3:${method ?? ''}`, path, prefix };
}

function isAllowed({ Statement: statements }: Policy, { action, path, prefix }: Wanted): boolean {
  return statements.some(({ Action: actions, Resource: resources, Condition: condition = {} }) => {
    if (!list(actions).includes(action)) return false;
    if (!list(resources).some((resource) => matches(resource, `arn:aws:s3:::${path}`))) return false;
    return Object.values(condition).every((values) =>
      list(values['s3:prefix'] ?? []).some((pattern) => matches(pattern, prefix)),
    );
  });
}

/** @param target URL of the S3 behind it. */
export async function startS3Guard(target: string, policy: Policy): Promise<S3Guard> {
  const refused: string[] = [];
  const guard = { policy };
  const front = await startS3Front(target, (incoming, outgoing, pass) => {
    const wanted = wantedBy(incoming);
    if (isAllowed(guard.policy, wanted)) {
      pass();
      return;
    }
    refused.push(`${wanted.action} ${wanted.path}`);
    incoming.resume();
    outgoing.writeHead(403, { 'content-type': 'application/xml' }).end(REFUSAL);
  });
  return Object.assign(guard, { ...front, refused });
}
