/**
 * The login by token (SASL OAUTHBEARER, RFC 7628). kafkajs's own does not read what brokers answer: to a token that they
 * refuse they answer without an error code, in JSON, and wait for a last word of the client's.
 */
import kafkajs, { type Authenticator, type AuthenticationProviderArgs, type Mechanism } from 'kafkajs';
import { shortError } from '../../runtime/error-text.ts';

const LENGTH_BYTES = 4;
/** What a refused client says: then the broker ends the login, and closes the connection. */
const LAST_WORD = '\x01';

// Its type tells of no message.
const LoginError: new (message: string) => Error = kafkajs.KafkaJSSASLAuthenticationError;

/** @param token one that is valid for a while. Rejects where there is none now. */
export function loginByToken(token: () => Promise<string>): Mechanism {
  return {
    mechanism: 'oauthbearer',
    authenticationProvider: (connection) => ({ authenticate: () => authenticate(token, connection) }),
  };
}

async function authenticate(
  token: () => Promise<string>,
  { host, port, logger, saslAuthenticate }: AuthenticationProviderArgs,
): ReturnType<Authenticator['authenticate']> {
  const request = await requestWith(token);
  try {
    const said = await saslAuthenticate({ request, response });
    if (said !== undefined && said !== '') {
      await saslAuthenticate({ request: requestOf(LAST_WORD), response }).catch(() => undefined);
      throw new LoginError(refusal(said));
    }
  } catch (fault) {
    const error = fault instanceof LoginError ? fault : new LoginError(meaningOf(fault));
    logger.error(error.message, { broker: `${host}:${String(port)}` });
    throw error;
  }
}

async function requestWith(token: () => Promise<string>) {
  try {
    return requestOf(`n,,\x01auth=Bearer ${await token()}\x01\x01`);
  } catch (error) {
    throw new kafkajs.KafkaJSConnectionError(`no token to log in with: ${shortError(error)}`);
  }
}

function requestOf(text: string) {
  const message = Buffer.from(text);
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeInt32BE(message.length);
  return { encode: () => Buffer.concat([length, message]) };
}

/** Behind their length, which is below 0 for none. Nothing is said to a token that is taken. */
const response = {
  // kafkajs calls `then` on what it answers.
  decode: (raw: Buffer): Promise<Buffer> => Promise.resolve(raw.subarray(LENGTH_BYTES)),
  parse: (said: Buffer): string => said.toString(),
};

/** A broker's own word, or that of a connection that ended. */
function meaningOf(fault: unknown): string {
  return fault instanceof kafkajs.KafkaJSProtocolError
    ? refusal(fault)
    : `the login by token failed: ${shortError(fault)}`;
}

function refusal(said: unknown): string {
  return `the brokers refuse the token: ${shortError(said)}`;
}
