/** What the auth server answered, made usable: a token that fits a header, and a lifetime that a timer can hold. */
import { z } from 'zod';

export interface GrantedToken {
  readonly value: string;
  /** From the moment it was asked for, ms; more than 0. */
  readonly lifetimeMs: number;
}

/** Where `expires_in` is missing, zero, negative or no number: assumed short, the API's 401 corrects the rest. */
const ASSUMED_LIFETIME_MS = 60_000;
/** Longer is renewed daily all the same; also keeps far from what a timer can count (2³¹ ms). */
const LONGEST_LIFETIME_MS = 24 * 60 * 60 * 1000;

export type TokenAnswer =
  | ({ readonly ok: true } & GrantedToken)
  /** Which field is wrong, or what else, in one short line with nothing of the answer. */
  | { readonly ok: false; readonly error: string };

const LONGEST_TOKEN = 16_384;

const fields = {
  // RFC 6750's characters; anything else couldn't be sent in a header.
  access_token: z
    .string('is missing or no text')
    .min(1, 'is empty')
    .max(LONGEST_TOKEN, `is longer than ${String(LONGEST_TOKEN)} characters`)
    .regex(/^[\x21-\x7e]+$/, 'holds characters that fit no header'),
  // `Bearer`, `bearer`, and `BearerToken` as Apigee writes it.
  token_type: z
    .string('is no text')
    .regex(/bearer/i, 'says nothing of bearer')
    .nullish(),
  expires_in: z.unknown().optional(),
};
const answerShape = z.object(fields, 'the body is no JSON object');

/** Never throws; nothing of the body gets out but the token. */
export function parseTokenAnswer(body: string): TokenAnswer {
  let json: unknown;
  try {
    // RFC 8259 lets a reader ignore a byte order mark.
    json = JSON.parse(body.replace(/^\ufeff/, ''));
  } catch {
    return { ok: false, error: 'the body is not JSON' };
  }
  const { success, data, error } = answerShape.safeParse(json);
  if (!success) {
    const [issue] = error.issues;
    const path = issue?.path.map(String) ?? [];
    return { ok: false, error: [...path, issue?.message ?? 'the body is no token'].join(' ') };
  }
  return { ok: true, value: data.access_token, lifetimeMs: lifetimeMs(data.expires_in) };
}

/** OAuth's own word for a refusal (RFC 6749 section 5.2: `invalid_client` and the like); undefined where there is none. */
export function refusalCode(body: string): string | undefined {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return undefined;
  }
  const code: unknown = typeof json === 'object' && json !== null ? Reflect.get(json, 'error') : undefined;
  return REFUSALS.find((known) => known === code);
}

const REFUSALS = [
  'invalid_request',
  'invalid_client',
  'invalid_grant',
  'unauthorized_client',
  'unsupported_grant_type',
  'invalid_scope',
];

function lifetimeMs(expiresIn: unknown): number {
  const seconds = typeof expiresIn === 'string' && expiresIn.trim() !== '' ? Number(expiresIn) : expiresIn;
  if (typeof seconds !== 'number' || !(seconds > 0)) return ASSUMED_LIFETIME_MS;
  return Math.min(seconds * 1000, LONGEST_LIFETIME_MS);
}

/**
 * HTTP basic credentials as RFC 6749 §2.3.1 wants them. Both parts are form-encoded first, so a colon or an umlaut in
 * an id or secret arrives as it is.
 */
export function basicCredentials(clientId: string, clientSecret: string): string {
  const pair = `${formEncoded(clientId)}:${formEncoded(clientSecret)}`;
  return `Basic ${Buffer.from(pair).toString('base64')}`;
}

function formEncoded(text: string): string {
  return new URLSearchParams({ '': text }).toString().slice(1);
}
