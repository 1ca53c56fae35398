/** What Amazon MSK's brokers take in the place of an OAuth token: AWS's signature over the right to connect. */
import { systemClock, type Clock } from '../../runtime/clock.ts';
import type { AskForToken } from './kept-token.ts';

type Generate = (options: {
  readonly region: string;
}) => Promise<{ readonly token: string; readonly expiryTime: number }>;

/** @param generate rejects where there are no credentials. Default: AWS's own. */
export async function signForMsk(
  region: string,
  generate: Generate = byAws,
  clock: Clock = systemClock,
): ReturnType<AskForToken> {
  const { token, expiryTime } = await generate({ region });
  return { value: token, lifetimeMs: expiryTime - clock.now() };
}

/** Loaded only here, as AWS's clients come with it. */
const byAws: Generate = async (options) => {
  const { generateAuthToken } = await import('aws-msk-iam-sasl-signer-js');
  return generateAuthToken(options);
};
