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

const answerShape = z.object({
  // RFC 6750's characters; anything else couldn't be sent in a header.
  access_token: z
    .string()
    .max(16_384)
    .regex(/^[\x21-\x7e]+$/),
  token_type: z
    .string()
    .regex(/^bearer$/i)
    .nullish(),
  expires_in: z.unknown().optional(),
});

/** Undefined where the body is no token answer. Never throws; nothing of the body gets out but the token. */
export function parseTokenAnswer(body: string): GrantedToken | undefined {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return undefined;
  }
  const { success, data } = answerShape.safeParse(json);
  if (!success) return undefined;
  return { value: data.access_token, lifetimeMs: lifetimeMs(data.expires_in) };
}

function lifetimeMs(expiresIn: unknown): number {
  const seconds = typeof expiresIn === 'string' && expiresIn.trim() !== '' ? Number(expiresIn) : expiresIn;
  if (typeof seconds !== 'number' || !(seconds > 0)) return ASSUMED_LIFETIME_MS;
  return Math.min(seconds * 1000, LONGEST_LIFETIME_MS);
}

/**
 * HTTP basic credentials as RFC 6749 §2.3.1 wants them: both parts form-encoded first, so that a colon or an
 * umlaut in an id or secret stays what it is.
 */
export function basicCredentials(clientId: string, clientSecret: string): string {
  const pair = `${formEncoded(clientId)}:${formEncoded(clientSecret)}`;
  return `Basic ${Buffer.from(pair).toString('base64')}`;
}

function formEncoded(text: string): string {
  return new URLSearchParams({ '': text }).toString().slice(1);
}
