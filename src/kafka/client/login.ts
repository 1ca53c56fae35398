/**
 * How a client logs in at the brokers. A token that can't be had now is a connection that can't be made now: it is tried
 * again like one. A token that the brokers refuse is a login that fails.
 */
import type { KafkaConfig } from 'kafkajs';
import { systemClock } from '../../runtime/clock.ts';
import { keepToken } from './kept-token.ts';
import { signForMsk } from './msk-token.ts';
import { loginByToken } from './token-login.ts';

export type KafkaLogin =
  | {
      readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
      readonly username: string;
      readonly password: string;
    }
  | {
      readonly mechanism: 'oauthbearer';
      /** A token that is valid for a while. Rejects where there is none now. */
      readonly token: () => Promise<string>;
    }
  | {
      /** With the credentials that AWS's own chain finds (environment, profile, pod identity). */
      readonly mechanism: 'aws-msk-iam';
      readonly region: string;
    };

export function saslOptions(login: KafkaLogin): NonNullable<KafkaConfig['sasl']> {
  switch (login.mechanism) {
    case 'plain':
      return { mechanism: 'plain', username: login.username, password: login.password };
    case 'scram-sha-256':
      return { mechanism: 'scram-sha-256', username: login.username, password: login.password };
    case 'scram-sha-512':
      return { mechanism: 'scram-sha-512', username: login.username, password: login.password };
    case 'oauthbearer':
      return loginByToken(login.token);
    case 'aws-msk-iam':
      return loginByToken(keepToken(() => signForMsk(login.region), systemClock));
  }
}
