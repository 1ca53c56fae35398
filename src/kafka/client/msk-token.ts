/** What Amazon MSK's brokers take in the place of an OAuth token: AWS's signature over the right to connect. */
import { systemClock, type Clock } from '../../runtime/clock.ts';
import { within } from '../../runtime/deadline.ts';
import type { AskForToken } from './kept-token.ts';

type Generate = (options: {
  readonly region: string;
}) => Promise<{ readonly token: string; readonly expiryTime: number }>;

/** AWS's chain may ask a service that never answers, and has no limit of its own. */
const LIMIT_MS = 5000;

/** @param generate rejects, or takes for ever, where there are no credentials. Default: AWS's own. */
export async function signForMsk(
  region: string,
  generate: Generate = byAws,
  clock: Clock = systemClock,
): ReturnType<AskForToken> {
  const { token, expiryTime } = await within(generate({ region }), { limitMs: LIMIT_MS, late, clock });
  return { value: token, lifetimeMs: expiryTime - clock.now() };
}

function late(): never {
  throw new Error(`AWS's chain has given no credentials in ${String(LIMIT_MS)} ms`);
}

/** Loaded only here, as AWS's clients come with it. */
const byAws: Generate = async (options) => {
  const { generateAuthToken } = await import('aws-msk-iam-sasl-signer-js');
  return generateAuthToken(options);
};
