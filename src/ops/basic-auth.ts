/**
 * One user and one password for what is not for everybody (HTTP basic). Neither how far a guess is right nor its length
 * shows in the time that it takes. An address that guesses too often is not listened to for a while; others are.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { createRateLimit, type Rate, type RateLimit } from './rate-limit.ts';

export interface Login {
  /** Without a colon. */
  readonly user: string;
  readonly password: string;
}

export type Verdict = 'allowed' | 'refused' | 'too_many';

/** Wrong guesses of one address. */
const WRONG_GUESSES: Rate = { burst: 10, perSecond: 0.5 };
/** Addresses whose guesses are kept; the oldest is forgotten for another. */
const MAX_ADDRESSES = 1000;

/** @returns a function that judges the `Authorization` header of a request from an address. */
export function createBasicAuth(
  login: Login,
  nowMs?: () => number,
): (authorization: string | undefined, address: string) => Verdict {
  const key = randomBytes(32);
  const digest = (text: string): Buffer => createHmac('sha256', key).update(text).digest();
  const user = digest(login.user);
  const password = digest(login.password);
  const guesses = new Map<string, RateLimit>();

  function noteWrong(address: string): void {
    const limit = guesses.get(address) ?? createRateLimit(WRONG_GUESSES, nowMs);
    guesses.delete(address);
    guesses.set(address, limit);
    limit.take();
    const [oldest] = guesses.keys();
    if (guesses.size > MAX_ADDRESSES && oldest !== undefined) guesses.delete(oldest);
  }

  return (authorization, address) => {
    if (guesses.get(address)?.hasAny() === false) return 'too_many';
    const given = parseBasic(authorization);
    // A browser's first request comes without: no guess.
    if (given === undefined) return 'refused';
    const isUser = timingSafeEqual(digest(given.user), user);
    const isPassword = timingSafeEqual(digest(given.password), password);
    if (isUser && isPassword) return 'allowed';
    noteWrong(address);
    return 'refused';
  };
}

function parseBasic(authorization = ''): Login | undefined {
  const [, encoded] = /^basic +([A-Za-z0-9+/_-]+=*) *$/i.exec(authorization) ?? [];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString();
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : { user: text.slice(0, colon), password: text.slice(colon + 1) };
}
